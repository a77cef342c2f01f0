// How sure the answer is, in words: by the verdict, never by a percentage.

import { lengthOf } from './labels.js';
import { t } from './texts.js';

/** The number, or failing that the first, of what comes after the recommended size. */
export const runnerUp = ({ alternatives }) =>
  alternatives.find(({ kind }) => kind === 'number') ?? alternatives[0] ?? null;

export const verdictTitle = ({ verdict }) => t(`verdict.${verdict}`);

/** The answer in one sentence, for who listens. */
export function verdictText(recommendation) {
  const { size, verdict } = recommendation;
  if (verdict === 'ask_staff') return t('verdict.ask_staff');
  const other = verdict === 'between_two' && runnerUp(recommendation);
  const sizes = other ? t('verdict.or', { a: size, b: other.size }) : size;
  return `${verdictTitle(recommendation)}: ${sizes}`;
}

export function lengthWord(recommendation) {
  const length = lengthOf(recommendation);
  return length ? t(`length.${length}`) : '';
}
