// Time, handed out from one place: no other module starts a timer or reads a clock.
//
// Timers wait in a list and one real timer waits for the first of them. A browser test takes the
// clock over with `drive()` and moves it with `advance(ms)`, so that thirty idle seconds cost none.

let waiting = [];
let driven = null;
let alarm = 0;

export const now = () => driven ?? performance.now();

/** The time that events are stamped with, which is nobody's to move. */
export const stamp = () => performance.now();

/** Calls `act` once, after `ms`. Returns what calls it off. */
export function later(ms, act) {
  const timer = { due: now() + ms, act };
  waiting.push(timer);
  set();
  return () => {
    waiting = waiting.filter((other) => other !== timer);
    set();
  };
}

/** Calls `act` every `ms`, until called off. */
export function every(ms, act) {
  let stop;
  const again = () => {
    stop = later(ms, again);
    act();
  };
  stop = later(ms, again);
  return () => stop();
}

export const pause = (ms) => new Promise((done) => later(ms, done));

/** From now on time stands still until it is advanced. */
export function drive() {
  driven = now();
  clearTimeout(alarm);
}

/** Moves a driven clock, timer by timer. */
export function advance(ms) {
  const until = driven + ms;
  for (let timer = first(); timer && timer.due <= until; timer = first()) {
    driven = Math.max(driven, timer.due);
    ring(timer);
  }
  driven = until;
}

const first = () => waiting.reduce((a, b) => (a && a.due <= b.due ? a : b), null);

function ring(timer) {
  waiting = waiting.filter((other) => other !== timer);
  timer.act();
}

function set() {
  clearTimeout(alarm);
  const timer = first();
  if (driven === null && timer) alarm = setTimeout(due, Math.max(0, timer.due - now()));
}

function due() {
  for (let timer = first(); timer && timer.due <= now() + 1; timer = first()) ring(timer);
  set();
}
