// What fires, what has resolved, every rule with where it stands, and how telling somebody fares.

import { h, tag } from "../dom.js";
import { count, metricName, metricValue } from "../format.js";
import { mountPanel } from "../panel.js";
import { facts, table } from "../table.js";
import { length, when } from "../time.js";

const SEVERITY = { info: "info", warning: "warning", error: "bad", critical: "bad" };
const OF_REQUESTS = ["recommendP95Ms", "errorShare", "tierHitShare"];
const STATES = { ok: "good", pending: "wait", firing: "bad", cooling: "wait" };

export const severityTag = (severity) => tag(SEVERITY[severity] ?? "info", severity);

export const alerts = mountPanel("alerts", {
  sources: ({ sources }) => [sources.alerts],
  make: (body) => {
    const parts = [firing(), resolved(), rules()];
    const told = facts();
    parts.forEach(({ element }) => body.append(...element));
    body.append(h("h3", {}, "Telling somebody"), told.element);
    return ({ sources }) => {
      const { data } = sources.alerts;
      parts.forEach(({ show }) => show(data));
      told.set(webhook(data.webhook));
    };
  },
});

function firing() {
  const none = h("p", { class: "remark" }, "None fires.");
  const list = table("Alerts that fire", [
    { name: "Alert", of: ({ name }) => name, heads: true },
    { name: "Severity", of: ({ severity }) => severityTag(severity) },
    { name: "Since", of: ({ sinceMs }) => when(sinceMs), figure: true },
    { name: "Now", of: ({ metric, value }) => metricValue(metric, value), figure: true },
    { name: "Worst", of: ({ metric, worstValue }) => metricValue(metric, worstValue), figure: true },
    { name: "Threshold", of: ({ metric, threshold }) => metricValue(metric, threshold), figure: true },
  ]);
  const show = (data) => {
    none.hidden = data.firing.length > 0;
    list.element.hidden = !none.hidden;
    list.set(data.firing.map((alert) => ({ ...alert, metric: metricOf(data, alert.name) })));
  };
  return { element: [h("h3", {}, "Firing"), none, list.element], show };
}

function resolved() {
  const none = h("p", { class: "remark" }, "None has fired and resolved since the start.");
  const list = table("Alerts that have resolved", [
    { name: "Alert", of: ({ name }) => name, heads: true },
    { name: "Severity", of: ({ severity }) => severityTag(severity) },
    { name: "Resolved", of: ({ resolvedAtMs }) => when(resolvedAtMs), figure: true },
    { name: "After", of: (alert) => length(alert.resolvedAtMs - alert.firedAtMs), figure: true },
    { name: "Worst", of: ({ metric, worstValue }) => metricValue(metric, worstValue), figure: true },
  ]);
  const show = (data) => {
    none.hidden = data.resolved.length > 0;
    list.element.hidden = !none.hidden;
    list.set(data.resolved.map((alert) => ({ ...alert, metric: metricOf(data, alert.name) })));
  };
  return { element: [h("h3", {}, "Resolved"), none, list.element], show };
}

function rules() {
  const list = table("Alert rules", [
    { name: "Rule", of: ({ name }) => name, heads: true },
    { name: "State", of: standing },
    { name: "Severity", of: ({ severity }) => severity },
    { name: "Fires when", of: fires, wide: true },
    { name: "Now", of: ({ metric, value }) => metricValue(metric, value), figure: true },
    { name: "In a row", of: (rule) => `${rule.occurrences} of ${rule.occurrencesNeeded}`, figure: true },
  ]);
  return { element: [h("h3", {}, "Rules"), list.element], show: (data) => list.set(data.rules) };
}

function standing(rule) {
  if (!rule.enabled) return tag("info", "off");
  const rest = rule.coolingSeconds ? `, ${length(rule.coolingSeconds * 1_000)} more` : "";
  return tag(STATES[rule.state] ?? "info", rule.state + rest);
}

/** Rules of requests need some of them in their window; the others look at what is now. */
function fires({ metric, condition, threshold, windowSeconds, minimumRequests }) {
  if (metric === "storeDegraded") return metricName(metric);
  const what = `${metricName(metric)} ${condition} ${metricValue(metric, threshold)}`;
  const over = `, over ${length(windowSeconds * 1_000)}`;
  if (metric === "queueDroppedRows") return what + over;
  return OF_REQUESTS.includes(metric) ? `${what}${over} of ${count(minimumRequests)} requests or more` : what;
}

const metricOf = ({ rules }, name) => rules.find((rule) => rule.name === name)?.metric;

function webhook(told) {
  if (!told) return [["Webhook", "none: nobody is told but who looks here (SUITSIZE_ALERT_WEBHOOK)"]];
  const CIRCUITS = { closed: ["good", "answers"], open: ["warning", "does not answer"], half_open: ["wait", "is being tried"] };
  return [
    ["Webhook", tag(...(CIRCUITS[told.circuit] ?? ["info", told.circuit]))],
    ["Told", `${count(told.delivered)}, failed ${count(told.failed)}, dropped ${count(told.dropped)}, wait ${count(told.waiting)}`],
  ];
}
