// Puts the current screen on the page: content, title, focus, and what is announced.

import * as idle from './idle.js';
import { wipesWhenIdle } from './settings.js';
import { get } from './state.js';
import { t } from './texts.js';
import { verdictText } from './verdict.js';

let screens = {};
let showBar = () => {};
const main = document.querySelector('main');
const live = document.querySelector('#live');
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

/** While the service is asked; quick answers are not interrupted by a sign of waiting. */
export const busy = (on) => main.setAttribute('aria-busy', String(on));

export function announce(text) {
  live.textContent = text;
}

export const announceAnswer = () => announce(verdictText(get().recommendation));

/** Something that no shopper can put right: staff can. */
export function apologise() {
  announce(t('error.unknown'));
  main.querySelector('.mistake')?.replaceChildren(t('error.unknown'));
}
