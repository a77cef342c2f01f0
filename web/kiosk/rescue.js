// A page whose files did not all come, because the service was busy or away for a moment, says so and
// loads itself again, after pauses that grow. A classic script that needs no other file: what it mends is
// that the others are missing. How often it has tried is kept in this entry of the browser's history, which
// outlives a reload and not the tab.

(() => {
  const FIRST_PAUSE_MS = 1500;
  const LONGEST_PAUSE_MS = 30000;
  /** Everything has come or failed at `load`; the words are asked for after it. */
  const GRACE_MS = 4000;
  /** A file that neither comes nor fails. */
  const STALLED_MS = 25000;
  const WORDS = {
    en: 'One moment please.',
    de: 'Einen Moment, bitte.',
    fr: 'Un instant, s’il vous plaît.',
    es: 'Un momento, por favor.',
    it: 'Un momento, per favore.',
  };

  const tries = Number(history.state?.tries) || 0;
  let isUnderWay = false;

  const main = () => document.querySelector('main');
  const isBlank = () => main().dataset.screen === 'loading';
  const isUnused = () => isBlank() || main().dataset.screen === 'attract';
  /** A style sheet that failed is there, and empty. */
  const isBare = () =>
    [...document.querySelectorAll('link[rel="stylesheet"]')].some((link) => !link.sheet?.cssRules.length);

  function say() {
    for (const [lang, words] of Object.entries(WORDS)) {
      const line = document.createElement('p');
      line.lang = lang;
      line.textContent = words;
      main().append(line);
    }
  }

  function mend() {
    if (isUnderWay || !(isBlank() || isBare())) return;
    isUnderWay = true;
    if (isBlank()) say();
    const pause = Math.min(FIRST_PAUSE_MS * 1.6 ** tries, LONGEST_PAUSE_MS);
    // Several screens that failed together do not come back together.
    setTimeout(again, pause * (0.75 + Math.random() / 2));
  }

  function again() {
    isUnderWay = false;
    if (!(isBlank() || isBare()) || !isUnused()) return;
    history.replaceState({ tries: tries + 1 }, '');
    location.reload();
  }

  addEventListener('error', (event) => {
    // A script that failed to load, or the page's own that could not begin.
    if (event.target === window || event.target.matches?.('script, link')) mend();
  }, true);
  addEventListener('load', () => {
    if (isBare()) mend();
    setTimeout(mend, GRACE_MS);
  });
  setTimeout(mend, STALLED_MS);
})();
