// Just started, and nobody has asked anything: says so, and how to try.

import { h } from "../dom.js";
import { RANGES } from "../time.js";
import { ago } from "../time.js";

const TRY = `-H 'content-type: application/json' -d '{"height":175,"weight":75}'`;
const QUESTIONS = ["/api/recommend", "/api/recommend/batch"];

const element = document.querySelector('[data-panel="nothing-asked"]');
const sentence = h("p");
const line = `curl -s ${new URL("api/recommend", document.baseURI)} ${TRY}`;
element.querySelector(".body").append(sentence, h("pre", { tabindex: "0", "aria-label": "A command to try" }, h("code", {}, line)));

export function nothingAsked({ range, sources }) {
  const { whole, health } = sources;
  const isAsked = whole.data?.routes.some(({ route }) => QUESTIONS.includes(route));
  element.hidden = !whole.data || !health.data || isAsked;
  element.dataset.state = !whole.data ? "loading" : isAsked ? "ok" : "empty";
  if (element.hidden) return;
  const uptime = health.data.uptimeSeconds * 1_000;
  const since = uptime < RANGES[range].length ? ` The service was started ${ago(uptime)}.` : "";
  const text = `In ${RANGES[range].words} nobody has asked for a size.${since} To try it:`;
  if (sentence.textContent !== text) sentence.textContent = text;
}
