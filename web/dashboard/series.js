// A report's series as charts need it: a place for every step of the range, so that a step without a request is a gap
// and not a line drawn across it.

import { stepName } from "./time.js";

/** Of a minute that is not over, too little is known in less than this. */
const LEAST_MS = 10_000;

/** `{from, to, steps}`: each step has `at`, `middle`, `name`, `minutes` that have passed of it, and its `point`. */
export function stepsOf({ fromMs, toMs, stepSeconds, series }) {
  const step = stepSeconds * 1_000;
  const points = new Map(series.map((point) => [point.startMs, point]));
  const steps = [];
  for (let at = fromMs; at <= toMs; at += step) {
    const passed = Math.min(step, toMs - at);
    const isOpen = passed < step;
    const name = stepName(at, step) + (isOpen ? ", so far" : "");
    const isTooNew = isOpen && passed < LEAST_MS;
    steps.push({ at, middle: at + step / 2, name, minutes: passed / 60_000, point: isTooNew ? null : points.get(at) ?? null });
  }
  return { from: fromMs, to: fromMs + steps.length * step, steps };
}

/** What a chart is given; `of` is what each series reads from a step that has a point. `rows` are the newest first. */
export function chartData({ from, to, steps }, of) {
  return {
    from,
    to,
    xs: steps.map(({ middle }) => middle),
    names: steps.map(({ name }) => name),
    values: of.map((read) => steps.map((step) => (step.point ? read(step.point, step) : null))),
    rows: steps.filter(({ point }) => point).reverse(),
  };
}

export const perMinute = (n, { minutes }) => n / minutes;
