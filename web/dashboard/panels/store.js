// The store: whether it works, since when, what it holds and what it lost.

import { tag } from "../dom.js";
import { bytes, count, many } from "../format.js";
import { mountPanel } from "../panel.js";
import { facts } from "../table.js";
import { ago } from "../time.js";

const STATES = {
  open: ["good", "open"],
  opening: ["wait", "opening"],
  paused: ["warning", "paused: read, not written"],
  closed: ["bad", "closed"],
};

export const store = mountPanel("store", {
  sources: ({ sources }) => [sources.health],
  make: (body) => {
    const list = facts();
    body.append(list.element);
    return ({ sources }) => list.set(rows(sources.health.data.database));
  },
});

const isPast = (value, most) => value != null && value > most;
const age = (seconds) => ago(seconds == null ? null : seconds * 1_000);
const warned = (isBad, text) => (isBad ? tag("warning", text) : text);

function rows(store) {
  const { thresholds, history } = store;
  const state = STATES[store.state] ?? ["info", store.state];
  return [
    ["State", tag(...(store.fault === "slow" ? ["warning", "slow"] : state))],
    ["Since", age(store.sinceSeconds)],
    ...(store.reason ? [["Why", store.reason]] : []),
    ["Breaker", store.breakerOpen ? tag("warning", "open: look-ups are kept away for a while") : "closed: look-ups go through"],
    ["File", `${bytes(store.fileBytes)}, ${count(store.freePages)} of ${count(store.pages)} pages free`],
    ["Write-ahead log", bytes(store.walBytes)],
    ["Free disk", bytes(store.diskFreeBytes)],
    ["Queue", warned(store.rowsWaiting >= store.mostRowsWaiting, `${count(store.rowsWaiting)} of ${many(store.mostRowsWaiting, "row")}`)],
    ["Last write", warned(isPast(store.lastWriteSeconds, thresholds.lastWriteSeconds), age(store.lastWriteSeconds))],
    ["Structure found sound", warned(isPast(store.verifiedSeconds, thresholds.verifiedSeconds), store.verifiedSeconds == null ? "not looked at yet" : age(store.verifiedSeconds))],
    ["Rows written", `${count(store.written)}, dropped ${count(store.dropped)}`],
    ["Look-ups", `${count(store.lookups)}, failed ${count(store.lookupFailures)}`],
    ["Failed writes", warned(store.writeFailures > 0, count(store.writeFailures))],
    ["Damaged rows", warned(store.damaged > 0, count(store.damaged))],
    ["Quarantined files", warned(store.quarantined > 0, count(store.quarantined))],
    ["Figures that wait", many(history.waiting, "minute")],
    ["Opened since the start", many(store.opened, "time")],
  ];
}
