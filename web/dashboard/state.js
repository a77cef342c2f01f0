// The one place of what is known. A source is one address of the service: its last data, when they came, and why there
// are no newer ones. Panels read; polling, controls and charts write.

import { RANGES } from "./time.js";

/** What the figures are of: an address of the service, or all of them. */
export const COUNTED = {
  "/api/recommend": "Questions",
  "/api/recommend/batch": "Lists",
  "": "Every request",
};

const source = () => ({ data: null, at: null, error: null, failingSince: null });

const asked = location.hash.slice(1);

const state = {
  range: Object.hasOwn(RANGES, asked) ? asked : "now",
  counted: "/api/recommend",
  /** Milliseconds, `{min, max}`, or null for the whole range. */
  zoom: null,
  paused: false,
  /** Hidden, or looked at again and not renewed yet. */
  unseen: false,
  /** Since when the service cannot be reached. */
  awaySince: null,
  /** When it is asked again, after no answer or too many questions. */
  nextTryAt: null,
  sources: { health: source(), whole: source(), part: source(), alerts: source(), status: source() },
};

const listeners = new Set();
let isTelling = false;

export const get = () => state;

export function set(change) {
  Object.assign(state, change);
  tell();
}

export function setSource(name, change) {
  Object.assign(state.sources[name], change);
  tell();
}

/** Calls `listener` after each change; several at once are one. */
export function subscribe(listener) {
  listeners.add(listener);
}

function tell() {
  if (isTelling) return;
  isTelling = true;
  queueMicrotask(() => {
    isTelling = false;
    listeners.forEach((listener) => listener(state));
  });
}

/** The report of what is counted: of an address, or the whole. */
export const countedSource = ({ counted, sources }) => (counted === "" ? sources.whole : sources.part);
