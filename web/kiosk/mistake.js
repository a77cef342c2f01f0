// What was wrong with an answer, in kind words: by field and code, never by the value given.

import { chart, currentUnits } from './settings.js';
import { number, t } from './texts.js';
import { feetAndInches, range, unitOf } from './units.js';

/** The words of a mistake: the API's own or one found on the page. */
export function mistakeText({ field, code, min, max }) {
  if (code === 'out_of_range') return rangeText(field, min, max);
  if (code === 'contradictory') return t(`mistake.together.${togetherWith(field)}`);
  if (code === 'unknown_size') return t(isOwnChart() ? 'mistake.skipSize' : 'mistake.unknownSize');
  if (code === 'empty') return t('mistake.empty');
  if (code === 'inches') return t('mistake.inches');
  return t('error.unknown');
}

/** The sizes offered are the shipped chart's: another chart may know none of them. */
const isOwnChart = () => Boolean(chart());

const togetherWith = (field) => {
  if (field === 'weight' || field === 'height') return 'heightWeight';
  return field.startsWith('known') ? 'size' : 'measure';
};

function rangeText(field, min, max) {
  const units = currentUnits();
  const own = range(field, units);
  const [from, to] = [Math.ceil(min ?? own.min), Math.floor(max ?? own.max)];
  if (field === 'height' && units === 'imperial') {
    return t('mistake.range', { min: feetAndInches(from), max: feetAndInches(to) });
  }
  return t('mistake.range', { min: number(from), max: `${number(to)} ${unitOf(field, units)}` });
}
