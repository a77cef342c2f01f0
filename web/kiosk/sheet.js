// What is printed: one sheet, also as narrow as a receipt. It stands unseen under the result, so
// that the browser's own Print gives the same, and is emptied with the screen.

import { h } from './dom.js';
import { qrCode } from './qr.js';
import * as tell from './tell.js';
import { t } from './texts.js';
import { lengthWord, runnerUp, verdictTitle } from './verdict.js';

export function showSheet(recommendation) {
  const other = runnerUp(recommendation);
  const { can, cannot } = tell.alterations(recommendation.alterationDetails);
  const listed = (title, items) =>
    items.length > 0 && [h('h2', {}, title), h('ul', {}, items.map(({ text }) => h('li', {}, text)))];
  const lines = [
    h('p', { class: 'brand' }, 'SuitSize'),
    h('p', {}, verdictTitle(recommendation)),
    h('p', { class: 'sheet-size' }, recommendation.size),
    h('p', {}, lengthWord(recommendation)),
    other && h('p', {}, `${t('plain.or', { size: other.size })} (${other.why})`),
    recommendation.trousers && h('p', {}, t('plain.trousers', { size: tell.trousers(recommendation) })),
    listed(t('alter.can'), can),
    listed(t('alter.cannot'), cannot),
    h('h2', {}, t('result.conversion')),
    h('p', {}, tell.conversion(recommendation.sizes).map(([system, , size]) => `${system}\u00a0${size}`).join(' · ')),
    qrCode(recommendation),
    h('p', { class: 'fine' }, t('sheet.fine')),
  ];
  document.querySelector('#sheet').replaceChildren(...lines.flat().filter(Boolean));
}
