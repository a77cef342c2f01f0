// A label's number and length, and the labels that a shopper can choose from.
//
// The lists are those of the default chart. A shop's own chart may lack one: the API then says so,
// and skipping becomes the way on.

/** 50R, 102XL and 8R, but not 3XL, which is one size and no length. */
const LENGTH = /^(\d{2,}(?=XL|S|R|L)|\d(?=S|R|L))(XL|S|R|L)$/;

/** The number of a label: 50 of 50R; a label that is not number and length stays whole. */
export const numberOf = (label) => LENGTH.exec(label)?.[1] ?? label;

/** S, R, L or XL of a recommendation, whatever its system writes; null where none does. */
export const lengthOf = ({ size, sizes }) =>
  LENGTH.exec(size ?? '')?.[2] ?? LENGTH.exec(sizes?.EU ?? '')?.[2] ?? null;

export const lengthCode = (label) => LENGTH.exec(label)?.[2] ?? null;

const every = (from, to, step = 2) =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => String(from + index * step));

const JACKETS = {
  male: { EU: every(42, 70), UK: every(32, 60), US: every(32, 60), IT: every(42, 70), FR: every(42, 70) },
  female: { DE: every(32, 54), UK: every(6, 28), US: every(2, 24), IT: every(38, 60), FR: every(34, 56) },
};

/** Men's trousers are numbered by the waist, women's as their jackets are. */
const inches = [...every(28, 36, 1), ...every(38, 48)];
const TROUSERS = {
  male: { EU: every(42, 70), US: inches, IT: every(42, 70), FR: every(36, 64) },
  female: JACKETS.female,
};

/** Systems of labels for a sex, the shopper's own first, each with its numbers. */
export const jackets = (sex, own) => ownFirst(JACKETS[sex], own);
export const trousers = (sex, own) =>
  ownFirst(TROUSERS[sex], own === 'UK' && sex === 'male' ? 'US' : own);

const ownFirst = (systems, own) =>
  Object.fromEntries(Object.entries(systems).sort(([a], [b]) => (b === own) - (a === own)));

/** Lengths that are written behind a number; German labels have numbers of their own for them. */
export const lengths = (system) => (system === 'DE' ? [] : ['S', 'R', 'L']);
