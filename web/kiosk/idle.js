// Nobody there any more: after 30 s without a touch, a key or a scroll the page asks, and 15 s later
// it wipes everything. Not on the attract screen, where there is nothing to wipe.

import { every, later } from './clock.js';
import * as dialog from './dialog.js';
import { button, h } from './dom.js';
import { t } from './texts.js';

const QUIET_MS = 30000;
const COUNT_SECONDS = 15;
const SIGNS = ['pointerdown', 'click', 'keydown', 'wheel', 'scroll', 'touchmove', 'input'];
/** What answers "still there?": whole taps, so that none falls through to what lies beneath. */
const ANSWERS = ['click', 'keydown'];

let watching = false;
let stop = () => {};
let wipe = () => {};
let question = null;

/** Begins to listen; `whenGone` wipes. */
export function listen(whenGone) {
  wipe = whenGone;
  for (const sign of SIGNS) addEventListener(sign, alive, { capture: true, passive: true });
}

/** Watches from now on, or rests. */
export function watch(on) {
  watching = on;
  alive();
}

function alive(event) {
  if (question && event && !ANSWERS.includes(event.type)) return;
  stop();
  const answered = question;
  question = null;
  answered?.close();
  if (watching) stop = later(QUIET_MS, askWhether);
}

function askWhether() {
  const text = h('p', { id: 'idle-text' }, t('idle.text', { n: COUNT_SECONDS }));
  const count = h('p', { class: 'countdown', 'aria-hidden': 'true' }, String(COUNT_SECONDS));
  const asked = dialog.open({
    name: 'idle',
    title: t('idle.title'),
    role: 'alertdialog',
    describedby: text.id,
    // A browser's own gesture closes a dialog without a tap or a key.
    onclose: () => question === asked && alive(),
    children: [text, count, button('stay', t('idle.stay'), alive, { class: 'primary', autofocus: true })],
  });
  question = asked;
  countDown(count);
}

function countDown(shown) {
  let left = COUNT_SECONDS;
  stop = every(1000, () => {
    left -= 1;
    shown.textContent = String(left);
    if (left > 0) return;
    stop();
    question = null;
    wipe();
  });
}
