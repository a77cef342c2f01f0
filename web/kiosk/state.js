// What a shopper told and where they are: one object, replaced as a whole, so that wiping is
// replacing it by an empty one and nothing can be forgotten in a corner.
//
// Lengths and weights in `answers` are in the unit that is spoken now; `told` has each with the unit it was
// entered in, so that a switch of units and back gives what was told.

const empty = () => ({
  screen: 'attract',
  /** Screens to go back to, oldest first. */
  trail: [],
  /** Where an answer leads: 'first' to the first answer, 'sharpen' to the next question, or a screen. */
  after: 'first',
  sex: null,
  answers: {},
  told: {},
  skipped: [],
  /** The service's answer, with the `system` of labels that it was asked for. */
  recommendation: null,
  /** The size before the last answer, where that changed it. */
  before: null,
  /** What is typed and not yet given. */
  draft: null,
  /** What was wrong with the last answer: field, code, min, max. */
  mistake: null,
});

let state = empty();

export const get = () => state;

export function set(change) {
  state = { ...state, ...change };
}

export function wipe() {
  state = empty();
}

/** Sets or, with null, forgets one answer; `told` is a measure as it was entered. */
export function setAnswer(field, value, told = null) {
  const answers = { ...state.answers };
  if (value === null) delete answers[field];
  else answers[field] = value;
  set({ answers, told: { ...state.told, [field]: told }, skipped: state.skipped.filter((skipped) => skipped !== field) });
}

export function setSkipped(...fields) {
  const answers = { ...state.answers };
  const told = { ...state.told };
  for (const field of fields) {
    delete answers[field];
    delete told[field];
  }
  set({ answers, told, skipped: [...new Set([...state.skipped, ...fields])] });
}
