// "Of 10 men with your height and weight, about 4 take a 50": probabilities as whole people.
//
// Largest remainder: each gets the whole people in their share, and those left over go to the
// largest fractions, so that the ten add up to ten.

import { numberOf } from './labels.js';

export function outOfTen(shares) {
  const exact = shares.map((share) => share * 10);
  const counts = exact.map(Math.floor);
  const missing = 10 - counts.reduce((a, b) => a + b, 0);
  const byFraction = exact
    .map((value, index) => ({ index, fraction: value - Math.floor(value) }))
    .sort((a, b) => b.fraction - a.fraction);
  for (const { index } of byFraction.slice(0, missing)) counts[index] += 1;
  return counts;
}

/** Groups of people by the number they take, the recommended one first; `size` is null for the rest. */
export function groups(recommendation) {
  const numbers = recommendation.alternatives.filter(({ kind }) => kind === 'number');
  const named = [
    { size: recommendation.size, share: recommendation.probability },
    ...numbers.map(({ size, probability }) => ({ size, share: probability })),
  ];
  const rest = Math.max(0, 1 - named.reduce((sum, { share }) => sum + share, 0));
  const total = named.reduce((sum, { share }) => sum + share, rest);
  const counts = outOfTen([...named.map(({ share }) => share / total), rest / total]);
  return [...named, { size: null }]
    .map(({ size }, index) => ({ size: size && numberOf(size), n: counts[index] }))
    .filter(({ n }) => n > 0);
}
