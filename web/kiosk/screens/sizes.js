// A size that a shopper knows: of a jacket, with its length if the label has one, or of trousers.
// Numbers of the shopper's own country come first; no number is chosen beforehand.

import { choice, h } from '../dom.js';
import * as flow from '../flow.js';
import { jackets, lengthCode, lengths, numberOf, trousers as trouserSizes } from '../labels.js';
import { mistakeText } from '../mistake.js';
import { sizeSystem } from '../settings.js';
import { get, set } from '../state.js';
import { t } from '../texts.js';
import { show } from '../view.js';
import { frame, nextButton, skipButton } from './frame.js';

const group = (label, className, buttons) =>
  h('div', { class: className, role: 'group', 'aria-label': label }, buttons);

/** What is chosen so far: the answer given before, or nothing but the system whose numbers are shown. */
function drafted(answer, systems) {
  const { draft } = get();
  if (draft?.system) return draft;
  if (!answer) return { system: Object.keys(systems)[0], number: null, length: null };
  return { system: answer.system, number: numberOf(answer.size), length: lengthCode(answer.size) };
}

const choose = (draft, change) => {
  set({ draft: { ...draft, ...change }, mistake: null });
  show({ keepFocus: true });
};

const systemsOf = (systems, draft, labelOf) =>
  group(t('sizes.system'), 'tabs', Object.keys(systems).map((system) =>
    choice('system', system, labelOf(system), () => choose(draft, { system, number: null }), draft.system, {
      class: 'tab',
    }),
  ));

export function jacket() {
  const { sex, answers } = get();
  const systems = jackets(sex, sizeSystem(sex));
  const draft = drafted(answers.knownSize, systems);
  const { system, number, length } = draft;
  const numbers = systems[system].map((value) =>
    choice('size', value, value, () => choose(draft, { number: value }), number),
  );
  const codes = lengths(system).map((code) =>
    choice('length', code, [h('strong', {}, code), ' ', t(`length.${code}`)], () => choose(draft, { length: length === code ? null : code }), length),
  );
  return frame({
    title: t('jacket.title'),
    hint: t('jacket.hint'),
    controls: [
      systemsOf(systems, draft, (name) => t(`system.${name}`)),
      group(t('sizes.number'), 'numbers', numbers),
      codes.length > 0 && h('p', { class: 'hint' }, t('jacket.length')),
      codes.length > 0 && group(t('sizes.length'), 'lengths', codes),
    ],
    actions: [skipButton(t('skip.size'), 'knownSize'), nextButton(() => takeJacket(draft))],
  });
}

function takeJacket({ system, number, length }) {
  if (number) return flow.answer('knownSize', { size: `${number}${lengths(system).includes(length) ? length : ''}`, system });
  const mistake = { field: 'knownSize', code: 'empty' };
  set({ mistake });
  document.querySelector('#mistake').textContent = mistakeText(mistake);
  return undefined;
}

export function trousers() {
  const { sex, answers } = get();
  const systems = trouserSizes(sex, sizeSystem(sex));
  const draft = drafted(answers.knownTrousers, systems);
  const { system, number } = draft;
  const numbers = systems[system].map((size) =>
    choice('size', size, size, () => flow.answer('knownTrousers', { size, system }), number),
  );
  const nameOf = (name) =>
    t(sex === 'male' && name === 'US' ? 'trousers.inches' : `system.${name}`);
  return frame({
    title: t('trousers.title'),
    hint: t('trousers.hint'),
    controls: [
      systemsOf(systems, draft, nameOf),
      group(t('sizes.number'), 'numbers', numbers),
    ],
    actions: skipButton(t('skip.size'), 'knownTrousers'),
  });
}
