// A screen that stands in a shop for weeks. While nobody uses it, it looks from time to time at the
// service behind it: whether it is there, whether it has the chart that the address asks for, and whether
// there are other words or another version than this page was loaded with. Those it takes by loading anew,
// on the first screen only, where nothing can be lost.
//
// The service's status says the version and the words; the page's own entity tag says other files.

import * as api from './api.js';
import { every, later } from './clock.js';
import { hadOutage } from './connection.js';
import { anyOpen } from './dialog.js';
import { chart } from './settings.js';
import { get } from './state.js';

const LOOK_MS = 60000;
/** One that is away is looked for more often. */
const SOONER_MS = 3000;

/** What is wrong, for the first screen to say: null, 'away', or 'wrong' where the chart is unknown. */
let trouble = null;
let loadedWith = null;
let wasAway = false;
let isLooking = false;
let stopWaiting = () => {};
let changed = () => {};

export const troubleNow = () => trouble;

/** Looks now and from now on; `whenChanged` shows the first screen again. */
export function listen(whenChanged) {
  changed = whenChanged;
  every(LOOK_MS, look);
  look();
}

const isFree = () => get().screen === 'attract' && !anyOpen();

export async function look() {
  if (isLooking || get().screen !== 'attract') return;
  isLooking = true;
  try {
    judge(await api.standing());
  } finally {
    isLooking = false;
  }
}

function judge(found) {
  if (!found.isThere) return away();
  if (found.version) loadedWith ??= found.version;
  const isOther = found.version && found.version !== loadedWith;
  if ((isOther || wasAway || hadOutage()) && isFree()) return location.reload();
  const isUnknown = found.charts && chart() && !found.charts.includes(chart());
  return tell(isUnknown ? 'wrong' : null);
}

function away() {
  wasAway = true;
  tell('away');
  stopWaiting();
  stopWaiting = later(SOONER_MS, look);
}

function tell(what) {
  if (what === trouble) return;
  trouble = what;
  if (get().screen === 'attract') changed();
}
