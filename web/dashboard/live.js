// Memory and processor since this page was opened: the service keeps no history of them. A day of it at most, and ever
// sparser: when there are too many samples, every second of the older half goes.

import * as state from "./state.js";

const MOST = 1_440;
/** A longer silence is a gap: the page was hidden, paused, or the service away. */
const GAP_MS = 60_000;

let last = null;

export function remember({ process, uptimeSeconds }) {
  const now = Date.now();
  const sample = { at: now, memory: process.residentBytes ?? null, processor: null };
  const isSameRun = last && uptimeSeconds >= last.uptimeSeconds;
  const isGap = last && (now - last.at > GAP_MS || !isSameRun);
  if (isSameRun && now > last.at && process.cpuSeconds != null) {
    sample.processor = Math.max(0, (process.cpuSeconds - last.cpuSeconds) / ((now - last.at) / 1_000));
  }
  const gap = isGap ? [{ at: last.at + 1, memory: null, processor: null }] : [];
  last = { at: now, cpuSeconds: process.cpuSeconds, uptimeSeconds };
  state.set({ live: thinned([...state.get().live, ...gap, sample]) });
}

function thinned(samples) {
  if (samples.length <= MOST) return samples;
  const half = samples.length / 2;
  return samples.filter(({ memory }, place) => place >= half || place % 2 === 0 || memory === null);
}
