// Puts the current screen on the page: content, title, focus, and what is announced.

import { later } from './clock.js';
import * as idle from './idle.js';
import { wipesWhenIdle } from './settings.js';
import { get } from './state.js';
import * as taps from './taps.js';
import { t } from './texts.js';
import { verdictText } from './verdict.js';

let screens = {};
let showBar = () => {};
const main = document.querySelector('main');
const live = document.querySelector('#live');
const moment = document.querySelector('#moment');
/** An answer takes a few milliseconds: who waits for so long wonders whether they were heard. */
const SLOW_MS = 1500;
let calm = () => {};
let shown = new AbortController();

/** Ends with the screen that is shown: what listens beyond its own elements holds on to what was typed. */
export const whileShown = () => shown.signal;

/** The screens by name: each makes the elements of `<main>` from the state. */
export function register(byName, bar) {
  screens = byName;
  showBar = bar;
}

export function show({ keepFocus = false } = {}) {
  shown.abort();
  shown = new AbortController();
  const { screen, recommendation } = get();
  const focused = keepFocus && place(document.activeElement);
  live.textContent = '';
  document.querySelector('#sheet').replaceChildren();
  main.dataset.screen = screen;
  main.dataset.verdict = recommendation?.verdict ?? '';
  main.replaceChildren(...screens[screen](get()));
  showBar();
  document.title = `${main.querySelector('h1').textContent} · SuitSize`;
  idle.watch(screen !== 'attract' && wipesWhenIdle());
  if (!keepFocus) taps.renewed();
  if (!keepFocus) [document.documentElement, main].forEach((scroller) => scroller.scrollTo(0, 0));
  const again = focused && document.querySelector(focused);
  (again || main.querySelector('h1')).focus({ preventScroll: true });
}

/** A selector that finds the control again after it was made anew. */
function place(element) {
  const { action, value } = element?.dataset ?? {};
  if (!action) return null;
  return `[data-action="${action}"]${value ? `[data-value="${value}"]` : ''}`;
}

/**
 * While the service is asked. A quick answer is not interrupted by a sign of waiting; a slow one is
 * explained, to who sees and to who listens.
 */
export function busy(on) {
  main.setAttribute('aria-busy', String(on));
  calm();
  moment.textContent = '';
  if (on) calm = later(SLOW_MS, explainWait);
}

function explainWait() {
  moment.textContent = t('wait');
  announce(t('wait'));
}

export function announce(text) {
  live.textContent = text;
}

export const announceAnswer = () => announce(verdictText(get().recommendation));

/** Something that no shopper can put right: staff can. */
export function apologise(words) {
  announce(t(words));
  main.querySelector('.mistake')?.replaceChildren(t(words));
}
