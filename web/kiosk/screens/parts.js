// Pieces of an answer that the first answer and the result share: the sizes, and how sure.

import { groups } from '../counts.js';
import { h } from '../dom.js';
import { one, look, ten } from '../drawings/people.js';
import { lengthCode, numberOf } from '../labels.js';
import { told } from '../question.js';
import { get } from '../state.js';
import { warnings } from '../tell.js';
import { has, list, t } from '../texts.js';
import { lengthWord, runnerUp, verdictTitle } from '../verdict.js';

const label = (size) => [
  h('span', { class: 'number' }, numberOf(size)),
  lengthCode(size) && h('span', { class: 'length' }, lengthCode(size)),
];

/** Length and cut in words; an ordinary cut needs none. */
const making = (recommendation) =>
  [lengthWord(recommendation), cutWord(recommendation.cut)].filter(Boolean).join(' · ');

export const cutWord = (cut) => (has(`cut.${cut}`) ? t(`cut.${cut}`) : '');

/** What stands above everything else that is said of a size. */
export const intro = (recommendation) =>
  h(
    'div',
    { class: 'intro sized' },
    h('h1', { tabindex: '-1' }, verdictTitle(recommendation)),
    sizeCards(recommendation),
    notes(recommendation),
  );

/** The recommended size and the runner-up as its peer: a tap says what speaks for either. */
function sizeCards(recommendation) {
  const other = runnerUp(recommendation);
  const equal = recommendation.verdict === 'between_two';
  const said = h('p', { class: 'size-said', role: 'status' });
  const system = t(`system.${recommendation.system}`);
  const first = card(recommendation.size, [system, making(recommendation)], 'size-card first');
  const second = other && card(other.size, [other.why], equal ? 'size-card first' : 'size-card');
  const press = (pressed, text) => {
    for (const button of [first, second]) button?.setAttribute('aria-pressed', String(button === pressed));
    said.textContent = text;
  };
  first.addEventListener('click', () => press(first, sayOf(recommendation)));
  second?.addEventListener('click', () => press(second, `${other.size}: ${other.why}. ${sayOf(other)}`));
  press(null, '');
  return h(
    'div',
    { class: equal ? 'sizes equal' : 'sizes' },
    h('div', { class: 'size-cards', role: 'group', 'aria-label': t('sizes.both') }, first, second),
    said,
  );
}

const card = (size, lines, className) =>
  h(
    'button',
    { type: 'button', class: className, 'data-action': 'choose-size', 'data-value': size },
    h('span', { class: 'size', 'data-size': size }, label(size)),
    lines.filter(Boolean).map((line) => h('span', { class: 'size-line' }, line)),
  );

const sayOf = ({ size, confidence }) => t('sizes.fits', { size, n: Math.max(1, Math.round(confidence * 10)) });

/** How sure, as ten people, drawn and in a sentence. */
export function counts(recommendation) {
  const people = groups(recommendation);
  return h(
    'section',
    { class: 'counts', 'aria-labelledby': 'counts-sentence' },
    ten(people),
    h('p', { id: 'counts-sentence' }, countsSentence(people)),
    h('ul', { class: 'key' }, people.map((group, index) =>
      h('li', {}, one(look(group, index)), h('span', {}, keyOf(group))),
    )),
  );
}

const keyOf = ({ size, n }) => (size === null ? t('counts.keyRest', { n }) : t('counts.key', { n, size }));

function countsSentence(people) {
  const parts = people.map(({ size, n }, index) => {
    if (size === null) return t('counts.rest', { n });
    return t(index === 0 ? 'counts.take' : 'counts.also', { n, size });
  });
  const { sex } = get();
  return t(`counts.${told(get())}`, { people: t(`counts.${sex}`), list: list(parts) });
}

/** When to trust the answer less. */
function notes({ warnings: found }) {
  const texts = warnings(found);
  if (texts.length === 0) return null;
  return h('ul', { class: 'notes' }, texts.map(([code, text]) => h('li', { 'data-code': code }, text)));
}
