// Put in before a page's own scripts: the real time, kept for the tests where a page's is driven.
window.__real = {
  setTimeout: window.setTimeout.bind(window),
  now: performance.now.bind(performance),
  frame: window.requestAnimationFrame.bind(window),
};

// A hand that taps one thing after the other: where it has just tapped, and something new came up under it,
// it looks before it taps again.
window.__hand = { at: -Infinity, x: 0, y: 0, screen: null };
window.__hand.isReady = (element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  const { at, x, y, screen } = window.__hand;
  const isNear = Math.hypot(left + width / 2 - x, top + height / 2 - y) < 40;
  const isNew = document.querySelector('main')?.dataset.screen !== screen;
  return !isNear || !isNew || __real.now() - at > 600;
};
addEventListener(
  'pointerdown',
  ({ clientX: x, clientY: y }) => {
    Object.assign(window.__hand, { at: __real.now(), x, y, screen: document.querySelector('main')?.dataset.screen });
  },
  { capture: true },
);
