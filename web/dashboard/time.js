// Time: the ranges that can be looked at, how often each is asked for anew, and moments and lengths in words. Moments
// are in the viewer's zone, and by the service's clock.

import { now } from "./service-time.js";

const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `every`: milliseconds between two reports. A point of a week is an hour: nothing is missed by asking seldom. */
export const RANGES = {
  now: { name: "Now", words: "the last 15 minutes", query: "minutes=15", length: 15 * MINUTE, every: 5 * SECOND },
  hour: { name: "Hour", words: "the last hour", query: "hours=1", length: HOUR, every: 15 * SECOND },
  day: { name: "Day", words: "the last 24 hours", query: "hours=24", length: DAY, every: 60 * SECOND },
  week: { name: "Week", words: "the last 7 days", query: "days=7", length: 7 * DAY, every: 120 * SECOND },
};

const format = (options) => {
  const formatter = new Intl.DateTimeFormat("en-GB", options);
  return (at) => formatter.format(at);
};
export const minute = format({ hour: "2-digit", minute: "2-digit" });
const second = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = format({ weekday: "short", day: "numeric" });
const date = format({ day: "numeric", month: "short" });
const whole = format({ dateStyle: "medium", timeStyle: "medium" });

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const clock = second;
export const moment = whole;

/** "14:03:05", with the date if it is not today. */
export const when = (at) => (isToday(at) ? second(at) : `${date(at)}, ${minute(at)}`);

/** A step of a series: "14:03", "Thu 19, 14:00". */
export function stepName(at, stepMs) {
  const name = isToday(at) ? minute(at) : `${day(at)}, ${minute(at)}`;
  return stepMs >= HOUR ? `${name} to ${minute(at + stepMs)}` : name;
}

/** What stands under a tick of a time axis. */
export function tickName(at, rangeMs) {
  const moment = new Date(at);
  const isMidnight = moment.getHours() === 0 && moment.getMinutes() === 0;
  if (rangeMs > 2 * DAY || isMidnight) return isMidnight ? day(at) : minute(at);
  return rangeMs < 5 * MINUTE ? second(at) : minute(at);
}

function isToday(at) {
  return new Date(at).toDateString() === new Date(now()).toDateString();
}

/** "5 s", "3 min", "2 h 5 min", "4 days 3 h". */
export function length(ms) {
  if (ms == null) return "–";
  const seconds = Math.max(0, Math.round(ms / SECOND));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} days ${hours % 24} h` : `${days} days`;
}

export const ago = (ms) => (ms == null ? "never" : `${length(ms)} ago`);
