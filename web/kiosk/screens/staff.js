// No size to name: kindly so, with the nearest there is, a person who helps, and what could still be
// told. No measure is shown: there is nothing here that a shopper would want to read about themselves.

import { button, h } from '../dom.js';
import { icon } from '../drawings/icons.js';
import * as flow from '../flow.js';
import { t } from '../texts.js';

export function staff({ recommendation }) {
  const nearest = recommendation.alternatives[0];
  return [
    h('div', { class: 'intro' }, h('h1', { tabindex: '-1' }, t('verdict.ask_staff'))),
    h(
      'div',
      { class: 'controls' },
      h(
        'div',
        { class: 'staff' },
        h('p', {}, t('staff.text')),
        nearest && h('p', { class: 'nearest' }, t('staff.nearest'), ' ', h('strong', { 'data-size': nearest.size }, nearest.size)),
      ),
    ),
    h(
      'div',
      { class: 'actions' },
      button('add-tape', [icon('tape'), t('answer.tape')], () => flow.go('tape'), { class: 'secondary' }),
      button('change', [icon('edit'), t('result.change')], () => flow.go('change'), { class: 'secondary' }),
      button('finish', [icon('check'), t('result.finish')], flow.startOver, { class: 'primary' }),
    ),
  ];
}
