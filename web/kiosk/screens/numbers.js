// The screens that ask for a number: height, weight, age, and the four tape measures.

import { button } from '../dom.js';
import { tape } from '../drawings/bodies.js';
import { Entry } from '../entry.js';
import * as flow from '../flow.js';
import { mistakeText } from '../mistake.js';
import { currentUnits } from '../settings.js';
import { get, set } from '../state.js';
import { t } from '../texts.js';
import { range } from '../units.js';
import { frame, nextButton, skipButton } from './frame.js';

function screen({ field, title, hint, picture, second, shown = true }) {
  const units = currentUnits();
  const given = get().answers[field] ?? null;
  const done = () => take(entry, field, units, given);
  const entry = new Entry({ field, units, value: shown ? given : null, done });
  entry.mark(get().mistake?.field === field);
  return frame({ title, hint, picture, controls: entry.element, actions: [second, nextButton(done)] });
}

/** Checks what was entered by the API's own limits, and hands it on. */
function take(entry, field, units, given) {
  const { value } = entry;
  const { min, max } = range(field, units);
  if (value === null && given !== null) return flow.answer(field, given, get().told[field]);
  if (value === null) return wrong(entry, { field, code: 'empty' });
  if (Number.isNaN(value)) return wrong(entry, { field, code: 'inches' });
  if (value < min || value > max) return wrong(entry, { field, code: 'out_of_range', min, max });
  return flow.answer(field, value, entry.told ?? get().told[field]);
}

function wrong(entry, mistake) {
  set({ mistake });
  document.querySelector('#mistake').textContent = mistakeText(mistake);
  entry.mark(true);
}

export const height = () =>
  screen({ field: 'height', title: t('height.title'), hint: t('height.hint') });

/** A weight is seen while it is typed, and never again. */
export function weight() {
  const { answers, mistake } = get();
  const checkHeight =
    mistake?.code === 'contradictory' &&
    button('change-height', t('weight.checkHeight'), () => flow.go('height'), { class: 'secondary' });
  const withhold = button('rather-not-say', t('weight.withhold'), flow.withholdWeight, { class: 'secondary' });
  return screen({
    field: 'weight',
    title: t('weight.title'),
    hint: t('weight' in answers ? 'weight.given' : 'weight.hint'),
    second: [checkHeight, withhold],
    shown: false,
  });
}

export const age = () =>
  screen({ field: 'age', title: t('age.title'), hint: t('age.hint'), second: skipButton(t('skip.age'), 'age') });

const TAPES = ['chest', 'waist', 'shoulder', 'sleeve'];

/** Who has no tape for one measure has none for the others. */
const taped = (field) => () => {
  const { answers, after } = get();
  const unmeasured = TAPES.filter((other) => !(other in answers) || other === field);
  const skipped = after === 'sharpen' ? unmeasured : [field];
  return screen({
    field,
    title: t(`tape.${field}.title`),
    hint: t(`tape.${field}.how`),
    picture: tape(field),
    second: skipButton(t('skip.tape'), ...skipped),
  });
};

export const tapes = Object.fromEntries(TAPES.map((field) => [`tape-${field}`, taped(field)]));
