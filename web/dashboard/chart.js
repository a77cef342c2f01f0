// A chart that can be read in four ways: as a picture, by its read-out (of the place under the cursor, else the latest),
// as a sentence, and as a table. Painted by uPlot.
//
// All charts over time have one cursor and one zoom: what is pointed at in one is read out in all. Where nothing is known
// there is a gap: nobody asked in that minute, or the service was off.

import uPlot from "../vendor/uplot/uPlot.js";
import { h, say, svg } from "./dom.js";
import { fillOf, ink } from "./paint.js";
import { onTheme } from "./theme.js";
import { table } from "./table.js";
import { tickName } from "./time.js";
import * as state from "./state.js";

const SYNC = "time";
/** A drag of fewer pixels is a click. */
const LEAST_DRAG = 8;
/** A chart that is lower than this many pixels has its lines closer to each other. */
const LOW = 120;

/**
 * `element`: the panel. `series`: `{name, colour, write(value), kind: "line"|"bar", dash?, pattern?}`.
 * `unit`: what the vertical axis counts. `tick(value)`: its labels. `isStacked`: values add up. `scale`: `uPlot`'s y.
 * `x`: "time", or for steps that are none `{edges}` in the data. `columns`: of the table, of rows of the data.
 *
 * Returns what shows data: `{xs, values: [[..] for each series], names: [..], from, to, summary, rows, readAt?}`.
 */
export function mountChart(body, element, options) {
  const parts = frame(body, element, options);
  let data = null;
  let plot = null;
  const readOut = () => data && parts.read(data, plot?.cursor.idx ?? null, plot);
  const draw = () => {
    if (!data || parts.plot.clientWidth === 0) return;
    plot ??= new uPlot(plotOptions(options, parts, () => data, readOut), [[], ...options.series.map(() => [])], parts.plot);
    plot.setSize({ width: parts.plot.clientWidth, height: parts.plot.clientHeight });
    plot.setData([data.xs, ...painted(data.values, options)]);
    readOut();
  };
  new ResizeObserver(draw).observe(parts.plot);
  onTheme(() => plot?.redraw(false));
  parts.plot.addEventListener("keydown", (event) => moveCursor(event, plot, data));
  return (fresh) => {
    data = fresh;
    say(parts.summary, data.summary);
    if (!parts.table.element.hidden) parts.table.set(data.rows);
    draw();
  };
}

/** The parts of a chart's panel, once. */
function frame(body, element, { unit, series, columns, note }) {
  const title = element.querySelector("h2").textContent;
  const read = readOut(series);
  const numbers = table(`${title}, as a table`, columns, "numbers");
  numbers.element.hidden = true;
  const plot = h("div", { class: "plot", tabindex: "0", role: "group" });
  plot.setAttribute("aria-label", `Chart of ${title.toLowerCase()}. Arrow keys move the read-out.`);
  const picture = h("div", { class: "picture" }, h("p", { class: "unit" }, unit), plot);
  const toggle = h("button", { type: "button", class: "plain small", "data-action": "table", "aria-pressed": "false" }, "Table");
  toggle.setAttribute("aria-label", `Table of ${title.toLowerCase()}`);
  const parts = { plot, read: read.show, table: numbers, summary: h("p", { class: "summary" }) };
  toggle.addEventListener("click", () => {
    const isTable = numbers.element.hidden;
    toggle.setAttribute("aria-pressed", String(isTable));
    numbers.element.hidden = !isTable;
    picture.hidden = isTable;
    state.set({});
  });
  element.querySelector("h2").after(toggle);
  body.append(read.element, picture, numbers.element, parts.summary);
  if (note) body.append(h("p", { class: "remark" }, note));
  return parts;
}

/** Legend and read-out in one: each series with how it is painted, and its value. */
function readOut(series) {
  const place = h("span", { class: "place" });
  const values = series.map(() => h("b"));
  const items = series.map((one, n) => h("li", {}, swatch(one), h("span", {}, one.name), values[n]));
  const element = h("div", { class: "readout" }, place, h("ul", {}, ...items));
  const show = (data, cursor) => {
    const at = cursor ?? latest(data);
    const isThere = at != null && at < data.xs.length;
    say(place, isThere ? data.names[at] : (data.atRest ?? ""));
    series.forEach(({ write }, n) => say(values[n], write(isThere ? data.values[n][at] : null)));
  };
  return { element, show };
}

/** The last place where anything is known; of what is not over time, none. */
function latest({ values, xs, isOverTime = true }) {
  if (!isOverTime) return null;
  for (let at = xs.length - 1; at >= 0; at -= 1) if (values.some((of) => of[at] != null)) return at;
  return null;
}

function swatch({ colour, kind, dash, pattern }) {
  const style = { class: `swatch ${colour}` };
  if (kind === "line") {
    const line = svg("line", { x1: 0, x2: 22, y1: 5, y2: 5, "stroke-dasharray": dash?.join(" ") });
    return svg("svg", { ...style, viewBox: "0 0 22 10", "aria-hidden": "true" }, line);
  }
  const marks = { hatch: "M0 10L10 0M6 10L16 0M12 10L22 0", dots: "M4 3v.1M9 7v.1M14 3v.1M19 7v.1" }[pattern];
  const box = svg("rect", { width: 22, height: 10, rx: 2 });
  return svg("svg", { ...style, viewBox: "0 0 22 10", "aria-hidden": "true" }, box, marks && svg("path", { d: marks }));
}

/** As uPlot is given them: stacked, each on top of those before it, the topmost first. */
function painted(values, { isStacked }) {
  if (!isStacked) return values;
  const heights = values[0].map(() => 0);
  const stacked = values.map((of) =>
    of.map((value, at) => (value == null ? null : (heights[at] += value))),
  );
  return stacked.reverse();
}

function plotOptions({ series, tick, isStacked, scale, x = "time" }, { plot }, getData, onCursor) {
  const order = isStacked ? [...series].reverse() : series;
  const isTime = x === "time";
  const line = { stroke: () => ink("--muted"), ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const lines = scale.distr === 3 ? { filter: powersOfTen } : {};
  const grid = { stroke: () => ink("--line"), width: 1, ...lines };
  const ticks = (_, values) => values.map((value) => (value == null ? "" : tick(value)));
  return {
    width: plot.clientWidth,
    height: plot.clientHeight,
    ms: 1,
    legend: { show: false },
    padding: [8, 18, 0, 0],
    scales: { x: { time: isTime, range: () => shownRange(getData(), isTime) }, y: scale },
    axes: [
      { ...line, grid: { show: false }, space: 64, size: 26, ...(isTime ? timeTicks : x) },
      { ...line, grid, size: 52, space: plot.clientHeight < LOW ? 18 : 34, values: ticks, ...lines },
    ],
    series: [{}, ...order.map((one) => paintedAs(one, isStacked))],
    // Each bar of a stack from the one below it: nothing is painted twice, and no edge shines through.
    bands: isStacked ? order.slice(1).map((_, n) => ({ series: [n + 1, n + 2] })) : [],
    cursor: {
      y: false,
      drag: { x: isTime, y: false, setScale: false },
      points: { show: !isStacked && series.some(({ kind }) => kind === "line") },
      sync: isTime ? { key: SYNC, setSeries: false } : undefined,
    },
    hooks: { setCursor: [onCursor], setSelect: isTime ? [zoomed] : [], ready: [listen(isTime)] },
  };
}

const timeTicks = {
  values: (u, ticks) => ticks.map((at) => tickName(at, u.scales.x.max - u.scales.x.min)),
};

/** Of a scale by powers of ten, those; of a single one also what lies between. */
function powersOfTen(u, splits) {
  const { min, max } = u.scales.y;
  const shown = max / min > 11 ? [1] : [1, 2, 5];
  return splits.map((value) => (shown.includes(Number(value.toExponential(3).split("e")[0])) ? value : null));
}

/** What is zoomed in on, if that is within sight of this chart. */
function shownRange({ from, to }, isTime) {
  const { zoom } = state.get();
  return isTime && zoom ? [zoom.min, zoom.max] : [from, to];
}

function paintedAs({ colour, kind, dash, pattern, area }, isStacked) {
  const stroke = () => ink(`--${colour}`);
  if (kind === "bar") {
    const size = isStacked === "shares" ? [1, Infinity, 1] : [0.86, 48, 1];
    const fill = () => fillOf(ink(`--${colour}`), pattern);
    return { stroke, fill, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size }) };
  }
  return {
    stroke,
    dash,
    width: 2,
    fill: area && (() => ink(`--${colour}-soft`)),
    points: { show: true, size: 5, fill: stroke, width: 0, filter: alone },
  };
}

/** Points that have no neighbour have no line either: they are drawn as points. */
function alone(u, at) {
  const of = u.data[at];
  const [from, to] = u.series[0].idxs;
  const places = [];
  for (let i = from; i <= to; i += 1) if (of[i] != null && of[i - 1] == null && of[i + 1] == null) places.push(i);
  return places;
}

function zoomed(u) {
  const { left, width } = u.select;
  if (width === 0) return;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (width < LEAST_DRAG) return;
  const at = (place) => Math.round(u.posToVal(place, "x"));
  state.set({ zoom: { min: at(left), max: at(left + width) } });
}

const listen = (isTime) => (u) => {
  if (isTime) u.over.addEventListener("dblclick", () => state.set({ zoom: null }));
};

/** The read-out by keyboard; the other charts follow. */
function moveCursor(event, plot, data) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  if (!plot || !(event.key in steps)) return;
  event.preventDefault();
  const last = data.xs.length - 1;
  const from = plot.cursor.idx ?? (steps[event.key] > 0 ? -1 : last + 1);
  const at = Math.min(last, Math.max(0, from + steps[event.key]));
  plot.setCursor({ left: plot.valToPos(data.xs[at], "x"), top: 10 }, true, true);
}
