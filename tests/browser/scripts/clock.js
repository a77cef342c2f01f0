// Put in before a page's own scripts: from here on its time stands still until `__clock.advance(ms)`,
// and timers come in their order, each with time for what follows from it.
(() => {
  const RealDate = Date;
  const began = { wall: RealDate.now(), now: performance.now() };
  const timers = new Map();
  let now = began.now;
  let last = 0;
  const wait = (every) => (act, ms = 0, ...args) => {
    last += 1;
    const length = Math.max(0, Number(ms) || 0);
    timers.set(last, { id: last, due: now + length, every: every ? Math.max(1, length) : null, act: () => act(...args) });
    return last;
  };
  const stop = (id) => timers.delete(id);
  const first = () => [...timers.values()].sort((a, b) => a.due - b.due || a.id - b.id)[0];
  const settle = () => new Promise((done) => __real.setTimeout(done, 0));
  function ring(timer) {
    if (timer.every === null) timers.delete(timer.id);
    else timer.due += timer.every;
    timer.act();
  }
  async function advance(ms) {
    const until = now + ms;
    for (let timer = first(); timer && timer.due <= until; timer = first()) {
      now = Math.max(now, timer.due);
      ring(timer);
      await settle();
    }
    now = until;
  }
  const wall = () => began.wall + Math.round(now - began.now);
  Object.assign(window, { setTimeout: wait(false), setInterval: wait(true), clearTimeout: stop, clearInterval: stop });
  performance.now = () => now;
  window.Date = class extends RealDate {
    constructor(...parts) {
      if (parts.length === 0) super(wall());
      else super(...parts);
    }
    static now() {
      return wall();
    }
  };
  window.__clock = { advance, waiting: () => timers.size };
})();
