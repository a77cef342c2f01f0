// The result: the size, what else could fit, how sure, how it sits, trousers, alterations, why, other
// systems; then what to do with it.

import { button, h } from '../dom.js';
import { icon } from '../drawings/icons.js';
import { ZONES, zones } from '../drawings/jacket.js';
import * as flow from '../flow.js';
import { openQr } from '../qr.js';
import { told } from '../question.js';
import { currentUnits } from '../settings.js';
import { showSheet } from '../sheet.js';
import { get } from '../state.js';
import * as tell from '../tell.js';
import { t } from '../texts.js';
import { counts, intro } from './parts.js';
import { staff } from './staff.js';

export function result({ recommendation }) {
  if (!recommendation.size) return staff({ recommendation });
  showSheet(recommendation);
  return [
    intro(recommendation),
    h(
      'div',
      { class: 'cards' },
      counts(recommendation),
      sits(recommendation),
      others(recommendation),
      trousers(recommendation),
      alterations(recommendation),
      why(recommendation),
      conversion(recommendation),
    ),
    actions(recommendation),
  ];
}

const card = (name, title, ...children) =>
  h('section', { class: `card ${name}`, 'aria-labelledby': `card-${name}` }, h('h2', { id: `card-${name}` }, title), ...children);

function sits(recommendation) {
  const found = recommendation.zones;
  const notable = ZONES.filter((zone) => found[zone] && found[zone] !== 'as_designed');
  const rows = ZONES.filter((zone) => found[zone]).map((zone) => {
    const isNotable = notable.includes(zone);
    return h(
      'li',
      { class: isNotable ? 'notable' : '', 'data-zone': zone, 'data-value': found[zone] },
      h('span', { class: 'place-number', 'aria-hidden': 'true' }, String(ZONES.indexOf(zone) + 1)),
      h('span', { class: 'zone' }, t(`zone.${zone}`)),
      h('strong', {}, !isNotable && icon('check'), t(`sits.${found[zone]}`)),
    );
  });
  return card('sits', t('sits.title', { size: recommendation.size }), zones(notable), h('ul', {}, rows));
}

/** What else could be tried, beside the runner-up. */
function others({ alternatives }) {
  const rest = alternatives.slice(1);
  if (rest.length === 0) return null;
  return card('others', t('others.title'), h('ul', {}, rest.map(({ size, why: reason }) =>
    h('li', {}, h('strong', {}, size), ' ', reason),
  )));
}

function trousers(recommendation) {
  if (!recommendation.trousers) return null;
  return card('trousers', t('result.trousers'), h('p', {}, h('strong', {}, tell.trousers(recommendation))),
    h('p', {}, tell.inseam(recommendation)));
}

function alterations({ alterationDetails }) {
  const { can, cannot } = tell.alterations(alterationDetails);
  const items = (list) => h('ul', {}, list.map(({ code, text, note }) =>
    h('li', { 'data-code': code }, h('strong', {}, text), h('span', { class: 'note' }, note)),
  ));
  return card(
    'alterations',
    t('alter.title'),
    can.length > 0 ? [h('h3', {}, t('alter.can')), items(can)] : h('p', {}, t('alter.none')),
    cannot.length > 0 && [h('h3', {}, t('alter.cannot')), items(cannot)],
    h('p', { class: 'note' }, t('alter.fixed')),
  );
}

function why({ measurements }) {
  const text = tell.why(measurements, told(get()), currentUnits());
  return card('why', t('why.title'), h('p', {}, text));
}

function conversion({ sizes }) {
  const rows = tell.conversion(sizes).map(([system, name, size]) =>
    h('div', { 'data-system': system }, h('dt', {}, name), h('dd', {}, size)),
  );
  return card('conversion', t('result.conversion'), h('dl', {}, rows));
}

function actions(recommendation) {
  const labelled = (name, text) => [icon(name), h('span', {}, text)];
  const more = flow.worthAsking().length > 0;
  return h(
    'div',
    { class: 'actions many' },
    more && button('sharpen', labelled('next', t('answer.sharpen')), flow.sharpen, { class: 'secondary' }),
    button('change', labelled('edit', t('result.change')), () => flow.go('change'), { class: 'secondary' }),
    button('qr', labelled('qr', t('result.qr')), () => openQr(recommendation), { class: 'secondary' }),
    button('print', labelled('print', t('result.print')), () => print(), { class: 'secondary' }),
    button('finish', labelled('check', t('result.finish')), flow.startOver, { class: 'primary' }),
  );
}
