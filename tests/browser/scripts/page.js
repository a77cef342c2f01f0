// Put in before a page's own scripts: the real time, kept for the tests where a page's is driven.
window.__real = {
  setTimeout: window.setTimeout.bind(window),
  now: performance.now.bind(performance),
  frame: window.requestAnimationFrame.bind(window),
};
