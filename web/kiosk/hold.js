// A button that goes on while it is held. There is one hold at a time, however many fingers there are,
// and whatever takes the finger away ends it: so no timer can go on by itself.

import { every, later } from './clock.js';

const HOLD_MS = 450;
const REPEAT_MS = 70;

let stop = () => {};

/** Acts at once, and again and again until released. */
export function hold(act) {
  release();
  act();
  stop = later(HOLD_MS, () => {
    stop = every(REPEAT_MS, act);
  });
}

export function release() {
  stop();
  stop = () => {};
}

/** Ends a hold by whatever can end one, until `signal`, which ends it too. */
export function releaseUntil(signal) {
  for (const end of ['pointerup', 'pointercancel', 'blur']) {
    addEventListener(end, release, { capture: true, signal });
  }
  signal.addEventListener('abort', release);
}
