// The screens that are answered by one tap on a choice: build, fit; and those that choose what to
// tell: which measure to take, and what to give in place of a weight.

import { button, choice, h } from '../dom.js';
import { build as drawBuild, tape as drawTape } from '../drawings/bodies.js';
import * as flow from '../flow.js';
import { currentUnits } from '../settings.js';
import { get } from '../state.js';
import { t } from '../texts.js';
import { entered } from '../units.js';
import { frame, skipButton } from './frame.js';

const group = (label, className, ...buttons) =>
  h('div', { class: className, role: 'group', 'aria-label': label }, ...buttons);

const BUILDS = { chest: ['narrower', 'average', 'broader'], stomach: ['flatter', 'average', 'rounder'] };

const build = (part) => () => {
  const field = `build.${part}`;
  const chosen = get().answers[field];
  const cards = BUILDS[part].map((value) => {
    const label = [drawBuild(part, value), h('span', {}, t(`build.${part}.${value}`))];
    return choice('choose', value, label, () => flow.answer(field, value), chosen);
  });
  const title = t(`build.${part}.title`);
  return frame({
    title,
    hint: t('build.hint'),
    controls: group(title, 'pictures', cards),
    actions: skipButton(t('skip.unsure'), field),
  });
};

export const buildChest = build('chest');
export const buildStomach = build('stomach');

export function fit() {
  const chosen = get().answers.fitPreference;
  const cards = ['slim', 'regular', 'relaxed'].map((value) => {
    const label = [h('strong', {}, t(`fit.${value}.name`)), h('span', {}, t(`fit.${value}.how`))];
    return choice('choose', value, label, () => flow.answer('fitPreference', value), chosen);
  });
  return frame({
    title: t('fit.title'),
    hint: t('fit.hint'),
    controls: group(t('fit.title'), 'rows', cards),
    actions: skipButton(t('skip.unsure'), 'fitPreference'),
  });
}

/** Which measure to take: each leads back here, so that several can be taken in a row. */
export function tape() {
  const { answers } = get();
  const cards = ['chest', 'waist', 'shoulder', 'sleeve'].map((field) => {
    const value = field in answers ? entered(field, answers[field], currentUnits()) : null;
    const label = [drawTape(field), h('span', {}, t(`tape.${field}.name`)), value && h('strong', {}, value)];
    return button('tape', label, () => flow.change(field, 'tape'), { class: 'choice', 'data-value': field });
  });
  return frame({
    title: t('tape.title'),
    hint: t('tape.hint'),
    controls: group(t('tape.title'), 'pictures four', cards),
    actions: button('done', t('tape.done'), () => flow.home('answer'), { class: 'primary' }),
  });
}

/** Neither a weight nor a jacket: one of these is needed, or a member of staff. */
export function choices() {
  const offers = [
    ['weight', t('choices.weight')],
    ['knownSize', t('choices.jacket')],
    ['chest', t('choices.chest')],
  ];
  const buttons = offers.map(([field, label]) =>
    button('offer', label, () => flow.offer(field), { class: 'choice', 'data-value': field }),
  );
  return frame({
    title: t('choices.title'),
    hint: t('choices.hint'),
    controls: group(t('choices.title'), 'rows', buttons),
    actions: h('p', { class: 'hint' }, t('choices.staff')),
  });
}
