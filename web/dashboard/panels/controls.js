// What is looked at: the range, what is counted, the zoom; and whether the page renews itself.

import { h, say } from "../dom.js";
import { refresh, tryNow } from "../poll.js";
import { now } from "../service-time.js";
import * as state from "../state.js";
import { clock, length, MINUTE, RANGES, when } from "../time.js";

const LEAST_ZOOM_MS = 4 * MINUTE;

const element = document.querySelector('[data-panel="controls"]');
const ranges = Object.entries(RANGES).map(([name, range]) => rangeButton(name, range));
const counted = h("select", { id: "counted", onchange: () => count(counted.value) }, ...options());
const zooms = {
  in: zoomButton("Zoom in", "zoom-in", () => zoomBy(0.5)),
  earlier: zoomButton("Earlier", "zoom-earlier", () => shift(-0.5)),
  later: zoomButton("Later", "zoom-later", () => shift(0.5)),
  reset: zoomButton("Whole range", "zoom-reset", () => state.set({ zoom: null })),
};
const pause = h("button", { type: "button", class: "plain small", "data-action": "pause", onclick: togglePause });
const again = h("button", { type: "button", class: "plain small", "data-action": "refresh", onclick: tryNow }, "Renew now");
const fresh = h("p", { class: "fresh muted" });

element.append(
  h("div", { class: "ranges", role: "group", "aria-label": "Range" }, ...ranges),
  h("p", { class: "choice" }, h("label", { for: "counted" }, "Times of"), counted),
  h("div", { class: "zooms", role: "group", "aria-label": "Zoom of the charts over time" }, ...Object.values(zooms)),
  h("div", { class: "renewal" }, fresh, pause, again),
);

function rangeButton(name, { words }) {
  const attributes = { type: "button", "data-action": `range-${name}`, title: words, "aria-pressed": "false" };
  return h("button", { ...attributes, onclick: () => choose(name) }, RANGES[name].name);
}

function options() {
  return Object.entries(state.COUNTED).map(([value, name]) => h("option", { value }, name));
}

function zoomButton(name, action, onclick) {
  return h("button", { type: "button", class: "plain small", "data-action": action, onclick }, name);
}

function choose(range) {
  history.replaceState(null, "", `#${range}`);
  forget("whole", "part");
  state.set({ range, zoom: null });
  refresh("whole", "part", "health");
}

function count(address) {
  forget("part");
  state.set({ counted: address });
  refresh("part");
}

/** What is shown is of another range or of something else: better nothing than that. */
function forget(...names) {
  names.forEach((name) => state.setSource(name, { data: null, at: null, error: null, failingSince: null }));
}

function togglePause() {
  state.set({ paused: !state.get().paused });
  tryNow();
}

function wholeRange() {
  const { fromMs, toMs } = state.get().sources.whole.data;
  return { min: fromMs, max: toMs };
}

/** Around the middle of what is shown; of the whole range, its latest half. */
function zoomBy(factor) {
  const { zoom } = state.get();
  const { min, max } = zoom ?? wholeRange();
  const length = Math.max(LEAST_ZOOM_MS, (max - min) * factor);
  const middle = zoom ? (min + max) / 2 : max - length / 2;
  state.set({ zoom: { min: Math.round(middle - length / 2), max: Math.round(middle + length / 2) } });
}

function shift(part) {
  const { min, max } = state.get().zoom;
  const whole = wholeRange();
  const by = (max - min) * part;
  const moved = Math.min(whole.max - max, Math.max(whole.min - min, by));
  state.set({ zoom: { min: Math.round(min + moved), max: Math.round(max + moved) } });
}

export function controls(known) {
  ranges.forEach((button, place) => {
    button.setAttribute("aria-pressed", String(Object.keys(RANGES)[place] === known.range));
  });
  counted.value = known.counted;
  const { zoom } = known;
  const isHere = Boolean(known.sources.whole.data);
  zooms.in.disabled = !isHere || (zoom && zoom.max - zoom.min <= LEAST_ZOOM_MS);
  for (const name of ["earlier", "later", "reset"]) zooms[name].disabled = !zoom || !isHere;
  // Going on asks at once.
  again.disabled = known.paused;
  say(pause, known.paused ? "Go on" : "Pause");
  pause.setAttribute("aria-pressed", String(known.paused));
  say(fresh, freshness(known));
}

const isLimited = ({ health }) => health.error?.status === 429;

function freshness({ paused, sources, range, awaySince, nextTryAt, zoom }) {
  const { at } = sources.whole;
  if (!paused && (awaySince || isLimited(sources))) return `${nextTryAt > now() ? `Tried again in ${length(nextTryAt - now())}.` : "Being tried again."}`;
  if (zoom) return `${when(zoom.min)} to ${when(zoom.max)}.`;
  const as = at ? `As of ${clock(at)}` : "Being asked";
  return `${as}, ${paused ? "paused" : `every ${length(RANGES[range].every)}`}.`;
}
