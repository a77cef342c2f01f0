// The first answer, and what could make it surer. It is an answer already: every further question
// is an offer.

import { button, h } from '../dom.js';
import { icon } from '../drawings/icons.js';
import * as flow from '../flow.js';
import { get } from '../state.js';
import { t } from '../texts.js';
import { counts, intro } from './parts.js';
import { staff } from './staff.js';

export function answer({ recommendation }) {
  if (!recommendation.size) return staff({ recommendation });
  const isSure = flow.worthAsking().length === 0;
  const sharpen =
    !isSure && button('sharpen', [t('answer.sharpen'), icon('next')], flow.sharpen, { class: 'primary' });
  const result = button('result', t('answer.result'), flow.result, { class: isSure ? 'primary' : 'secondary' });
  return [
    intro(recommendation),
    h('div', { class: 'controls' }, counts(recommendation)),
    h('div', { class: 'actions' }, result, sharpen),
    refinements(),
  ];
}

/** What a shopper may add of their own accord. */
function refinements() {
  const { answers } = get();
  const offers = [
    ['age', 'age', () => flow.change('age', 'answer'), 'plus'],
    ['fit', 'fitPreference', () => flow.change('fitPreference', 'answer'), 'plusMinus'],
    ['tape', 'chest', () => flow.go('tape'), 'tape'],
  ];
  const buttons = offers.map(([name, field, onclick, sign]) =>
    button(`add-${name}`, [icon(field in answers ? 'check' : sign), h('span', {}, t(`answer.${name}`))], onclick),
  );
  return h('div', { class: 'refinements', role: 'group', 'aria-label': t('answer.more') }, buttons);
}
