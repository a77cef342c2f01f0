// Put in before a page's own scripts: from here on its time stands still until `__clock.advance(ms)`,
// and timers come in their order, each with time for what follows from it: while an answer is under way,
// no time passes.
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
  const LONGEST_ANSWER_MS = 5000;
  const ownFetch = window.fetch;
  let underWay = 0;
  const turn = () => new Promise((done) => __real.setTimeout(done, 0));
  async function settle() {
    const until = __real.now() + LONGEST_ANSWER_MS;
    // An answer is read in turns of its own.
    for (let quiet = 0; quiet < 3 && __real.now() < until; quiet = underWay > 0 ? 0 : quiet + 1) await turn();
  }
  function ring(timer) {
    if (timer.every === null) timers.delete(timer.id);
    else timer.due += timer.every;
    timer.act();
  }
  async function advance(ms) {
    const until = now + ms;
    await settle();
    for (let timer = first(); timer && timer.due <= until; timer = first()) {
      now = Math.max(now, timer.due);
      ring(timer);
      await settle();
    }
    now = until;
  }
  const wall = () => began.wall + Math.round(now - began.now);
  Object.assign(window, { setTimeout: wait(false), setInterval: wait(true), clearTimeout: stop, clearInterval: stop });
  window.fetch = async (...asked) => {
    underWay += 1;
    try {
      return await ownFetch(...asked);
    } finally {
      underWay -= 1;
    }
  };
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
