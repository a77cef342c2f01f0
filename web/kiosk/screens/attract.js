// The first screen: what this is, in one breath, and two ways to begin. Whose suit it is decides the
// chart, and is never guessed.

import { languageChoice, unitsChoice } from '../bar.js';
import { button, h } from '../dom.js';
import { jacket } from '../drawings/jacket.js';
import * as flow from '../flow.js';
import { troubleNow } from '../standing.js';
import { t } from '../texts.js';

export const attract = () => [
  h(
    'div',
    { class: 'intro' },
    h('div', { class: 'picture' }, jacket()),
    h('h1', { tabindex: '-1' }, t('attract.title')),
    h('p', { class: 'promise' }, t('attract.promise')),
  ),
  h('div', { class: 'controls' }, troubleNow() ? trouble() : [start(), h('p', { class: 'privacy' }, t('attract.privacy'))]),
  h('div', { class: 'settings' }, languageChoice(), unitsChoice()),
];

const start = () =>
  h(
    'div',
    { class: 'start', role: 'group', 'aria-label': t('attract.start') },
    button('start-male', t('attract.men'), () => flow.start('male'), { class: 'primary' }),
    button('start-female', t('attract.women'), () => flow.start('female'), { class: 'primary' }),
  );

/** Said before anybody has typed a number in vain. */
const trouble = () =>
  h(
    'div',
    { class: 'trouble', role: 'status', 'data-trouble': troubleNow() },
    troubleNow() === 'away' && h('h2', {}, t('away.title')),
    troubleNow() === 'away' && h('div', { class: 'thread', 'aria-hidden': 'true' }),
    h('p', {}, t(`attract.${troubleNow()}`)),
  );
