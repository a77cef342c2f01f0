// Second taps. A finger that taps twice gives its second tap to whatever came up under the first: a
// question would be answered that nobody has read. So for a moment after something was put on the page it
// takes no taps: none of a finger's, and of a mouse's those that the browser counts as a double click.
//
// The moment is measured by the events' own stamps, which no test's clock moves. A key's click, or a
// screen reader's, has no count, and is never late.

import { stamp } from './clock.js';

const UNREAD_MS = 350;
/** Two presses this near in time and place are one hand's double click. */
const DOUBLE_MS = 500;
const DOUBLE_PX = 30;

let shownAt = -Infinity;
let pressed = null;

/** Something new is under the fingers. */
export function renewed() {
  shownAt = stamp();
}

export function listen() {
  for (const name of ['pointerdown', 'click']) addEventListener(name, hear, { capture: true });
}

function hear(event) {
  const again = isAgain(event);
  if (event.type === 'pointerdown') pressed = event;
  const isLate = event.timeStamp - shownAt >= UNREAD_MS;
  if (isLate || !again) return;
  event.stopPropagation();
  event.preventDefault();
}

function isAgain(event) {
  if (event.type === 'click') return event.detail > 1 || (event.detail > 0 && isFinger(event));
  return isFinger(event) || isNear(event, pressed);
}

const isFinger = ({ pointerType }) => pointerType === 'touch' || pointerType === 'pen';

const isNear = (event, before) =>
  before !== null &&
  event.timeStamp - before.timeStamp < DOUBLE_MS &&
  Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < DOUBLE_PX;
