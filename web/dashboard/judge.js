// One word for how the service is, and every reason with what to do about it. Pure: of the state alone.
//
//   unreachable  nobody answers
//   unknown      it answers, and not how it is: mostly because this client has asked too often
//   unhealthy    an alert of severity error or critical fires: something does not work
//   degraded     a warning fires, the store is away, or upkeep fails: shoppers are served as rightly as ever
//   healthy      none of these; an alert of severity info is told and changes nothing
//
// The store being away is `degraded`, as GET /api/health has it, though its alert is an error; only an operator's own rule
// of severity critical makes more of it.

import { metricValue } from "./format.js";
import { now } from "./service-time.js";
import { ago, clock, length } from "./time.js";

export const WORDS = {
  loading: "Asking the service …",
  healthy: "Healthy",
  degraded: "Degraded",
  unhealthy: "Something is wrong",
  unreachable: "Not reachable",
  unknown: "Not known",
};

/** What to do about a store's fault; the same as in docs/operations.md. */
const FAULTS = {
  full: "Make room on the disk: it notices within a second.",
  read_only: "Give the data directory to the service's user; look for a missing mount.",
  cannot_open: "Give the data directory to the service's user; look for a missing mount or something else in the file's place.",
  in_use: "Two instances use one data directory: give each its own.",
  io_error: "Look at the disk: it fails, or a size limit (ulimit -f) was reached.",
  corrupt: "The file is damaged and could not be set aside: look at the directory's permissions.",
  newer_schema: "Start the newer program, or name another data directory.",
  foreign_database: "Another program's file is there: name another data directory.",
  network_filesystem: "SQLite's locks cannot be trusted there: name a local directory.",
  no_wal: "SQLite's locks cannot be trusted there: name a local directory.",
  busy: "Close the other program that has the file locked.",
  slow: "Look at the disk: look-ups fail or take more than 50 ms.",
  other: "The log has SQLite's own words.",
};
const LOOK_AT_THE_LOG = "The log says more.";

const GRAVITY = { critical: 3, error: 3, warning: 2, info: 1 };

/** `{verdict, reasons: [{severity, text, action, since?}]}`, the gravest first. */
export function judge(state) {
  const { health } = state.sources;
  if (state.awaySince) return { verdict: "unreachable", reasons: [away(state)] };
  if (health.error?.status === 429) return { verdict: "unknown", reasons: [limited(state)] };
  if (!health.data) return health.error ? { verdict: "unknown", reasons: [refused(health)] } : { verdict: "loading", reasons: [] };
  const reasons = [...firing(state), ...ofStore(state), ...ofUpkeep(health.data), ...ofThresholds(health.data)];
  reasons.push(...ofWebhook(state), ...ofFigures(state), ...pending(state), ...ofSources(state));
  const gravity = (reason) => reason.gravity ?? GRAVITY[reason.severity];
  reasons.sort((a, b) => gravity(b) - gravity(a));
  const gravest = Math.max(0, ...reasons.map(gravity));
  return { verdict: { 3: "unhealthy", 2: "degraded" }[gravest] ?? "healthy", reasons };
}

const again = ({ paused }) => (paused ? "Go on with this page, and it asks again." : "This page tries again by itself.");

function away(state) {
  const { awaySince, sources } = state;
  const error = Object.values(sources).find((source) => source.error?.kind === "away")?.error;
  return {
    severity: "critical",
    text: `No answer since ${clock(awaySince)}: ${error?.message ?? "the connection fails"}.`,
    action: `Is it running (systemctl status suitsize), and is the way to it open? ${again(state)}`,
  };
}

function limited(state) {
  const { nextTryAt, sources } = state;
  const waiting = Math.max(1_000, nextTryAt - now());
  return {
    severity: "info",
    text: `The service runs, and limits how often one client may ask: this one has asked too often since ${clock(sources.health.failingSince)}.`,
    action: `Close its other pages, and wait ${length(waiting)}. ${again(state)}`,
  };
}

const refused = ({ error }) => ({ severity: "error", text: `The health report is refused: ${error.message}.`, action: LOOK_AT_THE_LOG });

function firing({ sources }) {
  const { alerts, health } = sources;
  const rules = new Map(alerts.data?.rules.map((rule) => [rule.name, rule]));
  return health.data.alerts.map((alert) => {
    const metric = rules.get(alert.name)?.metric;
    const reason = { severity: alert.severity, text: alert.summary, action: alert.action, name: alert.name, since: alert.sinceMs };
    if (metric === "storeDegraded") return ofStoresAlert(reason, health.data);
    const value = (figure) => metricValue(metric, figure);
    return { ...reason, text: `${alert.summary} Now ${value(alert.value)}, threshold ${value(alert.threshold)}.` };
  });
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const RIGHT = "Answers stay right: they come from memory and model.";

/** The alert and the store's own reason are one trouble, and told as one. */
function ofStoresAlert(reason, { database, reasons }) {
  const why = reasons.map(capital).join(". ");
  const gravity = Math.min(GRAVITY[reason.severity], reason.severity === "critical" ? 3 : 2);
  const more = why ? { text: `${reason.text} ${why}. ${RIGHT}`, action: FAULTS[database.fault] ?? reason.action } : {};
  return { ...reason, ...more, gravity };
}

const isStores = ({ sources }, name) =>
  sources.alerts.data?.rules.some((rule) => rule.name === name && rule.metric === "storeDegraded");

function ofStore(state) {
  const { database, reasons, alerts } = state.sources.health.data;
  if (alerts.some(({ name }) => isStores(state, name))) return [];
  const since = now() - database.sinceSeconds * 1_000;
  const action = FAULTS[database.fault] ?? FAULTS.other;
  return reasons.map((reason) => ({ severity: "warning", text: `${capital(reason)}. ${RIGHT}`, action, since }));
}

/** Without its store most of upkeep fails: that is told once, above. */
function ofUpkeep({ upkeep, reasons }) {
  if (reasons.length > 0) return [];
  return upkeep
    .filter((duty) => !duty.lastSucceeded)
    .map((duty) => ({
      severity: "warning",
      text: `Upkeep fails: ${duty.name.replaceAll("_", " ")}, ${ago(duty.ageSeconds * 1_000)}: ${duty.lastResult}.`,
      action: "It is tried again by itself. If it goes on, look at the disk and at the log.",
    }));
}

function ofThresholds({ database, reasons }) {
  if (reasons.length > 0) return [];
  const { thresholds, lastWriteSeconds, verifiedSeconds } = database;
  const since = (seconds) => length(seconds * 1_000);
  const found = [];
  if (lastWriteSeconds > thresholds.lastWriteSeconds) {
    found.push(["The store's file has taken nothing", lastWriteSeconds, "Look at the disk, and whether the file can be written."]);
  }
  if (verifiedSeconds > thresholds.verifiedSeconds) {
    found.push(["The store's structure was not checked", verifiedSeconds, "It is checked once a day: see why under upkeep."]);
  }
  return found.map(([what, seconds, action]) => ({ severity: "warning", text: `${what} for ${since(seconds)}.`, action }));
}

function ofWebhook({ sources }) {
  if (sources.alerts.data?.webhook?.circuit !== "open") return [];
  return [{ severity: "warning", text: "Nobody is told of alerts: the webhook does not answer.", action: "Look whether its receiver runs." }];
}

function ofFigures({ sources }) {
  const { data } = sources.whole;
  if (!data || data.complete) return [];
  const text = `The figures below are not complete: ${data.missing}. They are what this run has not stored yet.`;
  return [{ severity: "info", text, action: "Nothing, if it passes; else see the store." }];
}

/** What holds now and has not held for long enough to fire; of the store it is told already. */
function pending(state) {
  const { performance, alerts } = state.sources.health.data;
  const isFiring = new Set(alerts.map(({ name }) => name));
  const soon = performance.lost.filter(({ rule }) => !isFiring.has(rule) && !isStores(state, rule));
  return soon.map(({ reason, action }) => ({ severity: "info", text: `Not yet an alert: ${reason}`, action }));
}

/** One address fails while others answer. Being busy or asked too often is no fault; not to know how it is, is one. */
function ofSources({ sources, counted }) {
  const NAMES = { health: "health", whole: "figures", part: "figures of what is counted", alerts: "alerts", status: "configuration" };
  return Object.entries(sources)
    .filter(([name, { error }]) => error && (name !== "part" || (counted && !sources.whole.error)))
    .map(([name, { error, failingSince }]) => ({
      severity: name === "health" || ![429, 503].includes(error.status) ? "warning" : "info",
      text: `The ${NAMES[name]} cannot be had since ${clock(failingSince)}: ${error.message}.`,
      action: error.status === 429 ? "This client asks too often: close other pages of it." : "This page tries again by itself.",
    }));
}
