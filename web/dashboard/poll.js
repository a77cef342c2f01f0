// Keeps the state up to date by polling.
//
// Polling and not server-sent events: a stream is one held connection for each page out of the few that a client may
// have, proxies buffer or cut it, and a page that outlives a restart needs all of polling anyway to find its way back.
// The figures change by the minute; five seconds are close enough.
//
// It costs the service little: one request at a time, at most some forty in a minute (in a minute a client may ask
// 6,000), none while the page is paused, and longer and longer pauses while there is no answer. While it is not looked at,
// health alone once a minute: the tab's title tells it.

import { Failure, read } from "./api.js";
import { now } from "./service-time.js";
import * as state from "./state.js";
import { MINUTE, RANGES } from "./time.js";

const LONGEST_PAUSE_MS = 30_000;
/** What the service looks at every ten seconds. */
const ALERTS_EVERY_MS = 10_000;

const ofHealth = ({ range, unseen }) => (unseen ? MINUTE : range === "now" ? 5_000 : 15_000);

/** In the order in which they are asked. `every` in milliseconds, of the state. */
const SOURCES = {
  health: { path: () => "api/health/detailed", every: ofHealth },
  whole: { path: ({ range }) => `api/performance?${RANGES[range].query}`, every: ({ range }) => RANGES[range].every },
  part: {
    path: ({ range, counted }) =>
      counted && `api/performance?${RANGES[range].query}&route=${encodeURIComponent(counted)}`,
    every: ({ range }) => RANGES[range].every,
  },
  alerts: { path: () => "api/alerts", every: () => ALERTS_EVERY_MS },
  status: { path: () => "api/status", every: () => 10 * MINUTE },
};

/** By `performance.now()`: nobody sets that clock. */
const dueAt = Object.fromEntries(Object.keys(SOURCES).map((name) => [name, 0]));
/** Failures in a row of the service as a whole. */
let failures = 0;
/** Until when this client may not ask. */
let limitedUntil = 0;
let timer;
let running = null;
/** Asks again sooner than the clock would. */
let abort = new AbortController();

/** Asks for these at once. What is being asked for is given up: it may be of another range. */
export function refresh(...names) {
  names.forEach((name) => (dueAt[name] = 0));
  abort.abort();
  abort = new AbortController();
  wake();
}

/** Everything, as by the reader's own hand: a pause after failures ends too. */
export function tryNow() {
  failures = 0;
  refresh(...Object.keys(SOURCES));
}

export function start() {
  document.addEventListener("visibilitychange", look);
  addEventListener("online", tryNow);
  look();
}

function look() {
  if (document.hidden) state.set({ unseen: true });
  if (document.hidden || performance.now() < limitedUntil) wake();
  else tryNow();
}

function wake() {
  clearTimeout(timer);
  if (running) return;
  running = round().finally(() => {
    running = null;
    timer = setTimeout(wake, Math.max(50, nextAt() - performance.now()));
  });
}

/** Whether it is asked for as things are. */
function isWanted(name) {
  const known = state.get();
  const isHealthEnough = document.hidden || (known.awaySince && failures > 0);
  return !known.paused && (name === "health" || !isHealthEnough) && Boolean(SOURCES[name].path(known));
}

async function round() {
  for (const [name, { path, every }] of Object.entries(SOURCES)) {
    const known = state.get();
    if (!isWanted(name) || performance.now() < dueAt[name]) continue;
    dueAt[name] = performance.now() + every(known);
    await ask(name, path(known));
  }
}

async function ask(name, path) {
  try {
    const data = await read(path, abort.signal);
    take(name, data);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.kind === "aborted") dueAt[name] = 0;
    else miss(name, failure);
  }
}

function take(name, data) {
  const before = state.get().sources[name].data;
  state.setSource(name, { data, at: now(), error: null, failingSince: null });
  if (name !== "health") return;
  const hasRestarted = before && data.uptimeSeconds < before.uptimeSeconds;
  if (failures > 0 || hasRestarted) Object.keys(SOURCES).forEach((other) => other !== name && (dueAt[other] = 0));
  failures = 0;
  state.set({ awaySince: null, nextTryAt: null, unseen: document.hidden });
  if (data.alerts.length !== state.get().sources.alerts.data?.firing.length) dueAt.alerts = 0;
}

function miss(name, failure) {
  const { failingSince } = state.get().sources[name];
  state.setSource(name, { error: failure, failingSince: failingSince ?? now() });
  if (failure.kind === "refused" && ![429, 503].includes(failure.status)) return;
  failures += 1;
  const pause = Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (failures - 1)) * (0.8 + 0.4 * Math.random());
  dueAt[name] = performance.now() + Math.max(pause, failure.retryAfterMs ?? 0);
  if (failure.status === 429) keepOff(dueAt[name]);
  if (failure.kind !== "away") return;
  // Whoever noticed it: health is what is asked until it is back.
  dueAt.health = dueAt[name];
  const { awaySince } = state.get();
  state.set({ awaySince: awaySince ?? now(), nextTryAt: now() + dueAt.health - performance.now() });
}

/** The limit is this client's, whatever it asks for. */
function keepOff(until) {
  limitedUntil = until;
  Object.keys(SOURCES).forEach((name) => (dueAt[name] = Math.max(dueAt[name], until)));
  state.set({ nextTryAt: now() + until - performance.now() });
}

/** When there is something to do again. */
function nextAt() {
  const wanted = Object.keys(SOURCES).filter(isWanted);
  return Math.min(performance.now() + MINUTE, ...wanted.map((name) => dueAt[name]));
}
