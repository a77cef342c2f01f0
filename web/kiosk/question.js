// From what a shopper told to the question that the API understands.

import { chart, currentLanguage, currentUnits, sizeSystem } from './settings.js';
import { isTape } from './units.js';

/** Enough for an answer: a height, and a weight or what stands in its place. */
export const isEnough = ({ answers }) =>
  'height' in answers && ['weight', 'knownSize', 'chest'].some((field) => field in answers);

export function question({ sex, answers }) {
  const asked = {
    sex,
    lang: currentLanguage(),
    unit: currentUnits(),
    sizeSystem: sizeSystem(sex),
  };
  if (chart()) asked.chart = chart();
  for (const [field, value] of Object.entries(answers)) {
    const [group, part] = field.split('.');
    if (part) asked[group] = { ...asked[group], [part]: value };
    else asked[field] = value;
  }
  return asked;
}

/** What the counts are counted among: "your height and weight", or all that was told. */
export function told({ answers }) {
  const more = Object.keys(answers).some(
    (field) => isTape(field) || field.startsWith('build') || field.startsWith('known'),
  );
  if (more || !('weight' in answers)) return 'answers';
  return 'age' in answers ? 'heightWeightAge' : 'heightWeight';
}
