// One glance: a word with its sign, since when, and each reason with what to do.

import { h, say, sign } from "../dom.js";
import { judge, WORDS } from "../judge.js";
import { now } from "../service-time.js";
import { ago, clock, minute, MINUTE, when } from "../time.js";

const SIGNS = { loading: "wait", healthy: "good", degraded: "warning", unhealthy: "bad", unreachable: "away", unknown: "wait" };
const SEVERITY = { critical: "bad", error: "bad", warning: "warning", info: "info" };
/** Twice the longest time between two looks that the reader can choose. */
const OLD_MS = MINUTE / 2;
/** Verdicts that are not of a health report; since when stands in their reason. */
const NO_REPORT = ["unreachable", "unknown"];
const CALM = "Everything works, and no alert fires.";

const main = document.querySelector("main");
const element = document.querySelector('[data-panel="verdict"]');
const icon = h("span", { class: "icon" });
const word = h("p", { id: "verdict-word", class: "word" });
const line = h("p", { class: "line" });
const list = h("ul", { class: "reasons", role: "list" });
// Read out when it changes, and only this: the figures change all the time.
const status = h("div", { role: "status", class: "told" }, word, line);
element.append(icon, status, list);

let shown = "";

export function verdict(state) {
  const { verdict, reasons } = judge(state);
  main.dataset.verdict = verdict;
  element.dataset.state = { loading: "loading", unreachable: "failing", unknown: "failing" }[verdict] ?? "ok";
  const age = ageOf(verdict, state);
  element.toggleAttribute("data-old", Boolean(age));
  document.title = `${verdict === "loading" ? "" : `${WORDS[verdict]}${age} · `}SuitSize: dashboard`;
  say(word, `${WORDS[verdict]}${age}`);
  say(line, lineOf(verdict, reasons, state));
  const told = JSON.stringify([verdict, reasons.map(({ text, action, since }) => [text, action, since && ago(now() - since)])]);
  if (told === shown) return;
  shown = told;
  icon.replaceChildren(sign(SIGNS[verdict]));
  list.replaceChildren(...reasons.map(reason));
  list.hidden = reasons.length === 0;
}

/** What is not renewed is never told as if it were so now: " as of 14:03", or nothing. */
function ageOf(verdict, { paused, unseen, sources }) {
  const { at } = sources.health;
  if (NO_REPORT.includes(verdict)) return paused ? ", paused" : "";
  if (!at || !(paused || unseen || now() - at > OLD_MS)) return "";
  return ` as of ${minute(at)}${paused ? ", paused" : ""}`;
}

function lineOf(verdict, reasons, { sources }) {
  if (verdict === "loading") return "";
  if (NO_REPORT.includes(verdict)) {
    return sources.health.at ? `What is below is as of ${clock(sources.health.at)}, and old.` : "Nothing is known yet.";
  }
  if (reasons.length === 0) return CALM;
  const { score } = sources.health.data.performance;
  const grave = reasons.filter(({ severity }) => severity !== "info").length;
  if (verdict === "healthy") return `${CALM.replace("no alert fires", "nothing has to be done")} To know:`;
  return `${grave === 1 ? "One reason" : `${grave} reasons`}; the score is ${score} of 100.`;
}

function reason({ severity, text, action, since, name }) {
  const age = since ? h("span", { class: "muted" }, ` Since ${when(since)}, ${ago(now() - since)}.`) : null;
  const what = h("p", {}, h("span", { class: "severity" }, `${severity}: `), text, age);
  const todo = action && h("p", { class: "todo" }, h("b", {}, "What to do: "), action);
  return h("li", { class: SEVERITY[severity], "data-alert": name }, sign(SEVERITY[severity]), h("div", {}, what, todo));
}
