// How many answers took how long, of the whole range. Both scales go by powers of ten: the few slow ones are what an
// operator looks for, and beside thousands of fast ones they would not be seen.

import { mountChart } from "../chart.js";
import { count, many, ms, number, share } from "../format.js";
import { mountPanel } from "../panel.js";
import { countedSource } from "../state.js";
import { noneCounted } from "./words.js";

/** With more steps than these, only some edges have room for their name. */
const MOST_NAMED = 11;

export const histogram = mountPanel("histogram", {
  sources: (state) => [countedSource(state)],
  empty: (state) => noneCounted(state) ?? (countedSource(state).data.histogram ? null : "This service does not count them."),
  make: (body, element) => {
    let steps = [];
    const show = mountChart(body, element, {
      unit: "requests, by powers of ten; below: milliseconds",
      series: [{ name: "Requests", colour: "c1", kind: "bar", write: (value) => (value == null ? "–" : count(value)) }],
      tick: count,
      scale: { distr: 3, range: (_, min, max) => [0.7, 10 ** Math.ceil(Math.log10(Math.max(10, max * 1.1)))] },
      x: {
        splits: () => steps.map((_, place) => place - 0.5).concat(steps.length - 0.5),
        values: (_, splits) => splits.map((_, place) => edgeName(steps, place)),
        filter: (_, splits) => splits,
      },
      columns: [
        { name: "Took", of: ({ step }) => stepName(step), heads: true },
        { name: "Requests", of: ({ step }) => count(step.requests), figure: true },
        { name: "Share", of: ({ step, all }) => share(step.requests / all), figure: true },
        { name: "So far", of: ({ upTo, all }) => share(upTo / all), figure: true },
      ],
    });
    return (state) => {
      const { histogram, totals } = countedSource(state).data;
      steps = histogram;
      const all = steps.reduce((sum, { requests }) => sum + requests, 0);
      let upTo = 0;
      show({
        isOverTime: false,
        from: -0.5,
        to: steps.length - 0.5,
        xs: steps.map((_, place) => place),
        names: steps.map((step) => `${stepName(step)}: ${share(step.requests / all)}`),
        values: [steps.map(({ requests }) => requests || null)],
        atRest: `p50 ${ms(totals.latency.p50Ms)}, p95 ${ms(totals.latency.p95Ms)}, p99 ${ms(totals.latency.p99Ms)}`,
        summary: summary(steps, all),
        rows: steps.map((step) => ({ step, all, upTo: (upTo += step.requests) })),
      });
    };
  },
});

const stepName = ({ fromMs, toMs }) => (toMs == null ? `more than ${ms(fromMs)}` : `${number(fromMs)} to ${ms(toMs)}`);

function edgeName(steps, place) {
  const edge = place < steps.length ? steps[place].fromMs : steps.at(-1)?.toMs;
  if (edge == null) return place === 0 ? "" : "∞";
  const isNamed = steps.length < MOST_NAMED || ["1", "3"].includes(edge.toExponential().split("e")[0]);
  return isNamed ? number(edge) : "";
}

function summary(steps, all) {
  const most = steps.reduce((best, step) => (step.requests > best.requests ? step : best), steps[0]);
  return `${many(all, "request")}; most took ${stepName(most)} (${share(most.requests / all)}).`;
}
