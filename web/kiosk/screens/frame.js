// What question screens share: the answer so far, the question, what was wrong, the controls, and
// under them what leads on.

import { icon } from '../drawings/icons.js';
import { button, h } from '../dom.js';
import * as flow from '../flow.js';
import { mistakeText } from '../mistake.js';
import { get } from '../state.js';
import { t } from '../texts.js';
import { groups } from '../counts.js';
import { runnerUp, verdictTitle } from '../verdict.js';

export function frame({ title, hint, picture, controls, actions }) {
  const { mistake } = get();
  return [
    strip(),
    h(
      'div',
      { class: 'intro' },
      h('h1', { tabindex: '-1' }, title),
      hint && h('p', { class: 'hint' }, hint),
      picture && h('div', { class: 'picture' }, picture),
    ),
    h(
      'div',
      { class: 'controls' },
      h('p', { id: 'mistake', class: 'mistake', role: 'alert' }, mistake ? mistakeText(mistake) : ''),
      controls,
    ),
    h('div', { class: 'actions' }, actions),
  ].filter(Boolean);
}

/** The answer so far, small: what the next answer may change. */
function strip() {
  const { recommendation, before } = get();
  if (!recommendation) return null;
  const changed = before !== null;
  const { size } = recommendation;
  return h(
    'aside',
    { class: changed ? 'strip changed' : 'strip', 'aria-label': t('strip.name') },
    h(
      'div',
      { class: 'strip-words' },
      h('p', {}, size ? verdictTitle(recommendation) : t('strip.none')),
      size && h('p', {}, t('strip.count', { n: groups(recommendation)[0].n })),
    ),
    size && h('p', { class: 'strip-size', 'data-size': size }, ...sizes(recommendation, before)),
    size && button('result', [t('strip.result'), icon('next')], flow.result, { class: 'plain' }),
  );
}

function sizes(recommendation, before) {
  const { size, verdict } = recommendation;
  const other = verdict === 'between_two' && runnerUp(recommendation);
  const now = h('strong', {}, other ? t('verdict.or', { a: size, b: other.size }) : size);
  if (before === null) return [now];
  return [h('s', {}, before), h('span', { 'aria-hidden': 'true' }, ' → '), now];
}

/** "Not sure, skip", as large as what it stands beside. */
export const skipButton = (label, ...fields) =>
  button('skip', label, () => flow.skip(...fields), { class: skippingHelps() ? 'primary' : 'secondary' });

export const nextButton = (onclick) =>
  button('next', [t('next'), icon('next')], onclick, { class: skippingHelps() ? 'secondary' : 'primary' });

/** A size that the chart does not know is nothing that a shopper can put right. */
const skippingHelps = () => get().mistake?.code === 'unknown_size';
