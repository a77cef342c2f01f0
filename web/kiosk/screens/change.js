// Every answer that was given, to be changed: by its question, with what was answered, but for the
// weight, which is not shown again.

import { button, h } from '../dom.js';
import { icon } from '../drawings/icons.js';
import * as flow from '../flow.js';
import { currentUnits } from '../settings.js';
import { t } from '../texts.js';
import { entered } from '../units.js';
import { frame } from './frame.js';

const ORDER = [
  'height', 'weight', 'age', 'build.chest', 'build.stomach', 'knownSize', 'knownTrousers',
  'chest', 'waist', 'shoulder', 'sleeve', 'fitPreference',
];

function valueText(field, value) {
  if (value === undefined) return t('change.none');
  if (field === 'weight') return t('change.given');
  if (field.startsWith('build')) return t(`${field}.${value}`);
  if (field.startsWith('known')) return `${value.size} (${t(`system.${value.system}`)})`;
  if (field === 'fitPreference') return t(`fit.${value}.name`);
  return entered(field, value, currentUnits());
}

export function change({ answers, skipped }) {
  const rows = ORDER.filter((field) => field in answers || skipped.includes(field)).map((field) =>
    button(
      'change-answer',
      [
        h('span', { class: 'asked' }, t(`change.question.${field.replace('.', '-')}`)),
        h('span', { class: 'answered' }, valueText(field, answers[field])),
        icon('edit'),
      ],
      () => flow.change(field, 'result'),
      { class: 'choice', 'data-value': field },
    ),
  );
  return frame({
    title: t('change.title'),
    hint: t('change.hint'),
    controls: h('div', { class: 'rows answers', role: 'group', 'aria-label': t('change.title') }, rows),
    actions: button('result', t('strip.result'), () => flow.home('result'), { class: 'primary' }),
  });
}
