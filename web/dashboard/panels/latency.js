// How long answers took, over time. A scale of powers of ten: the usual answer and the slowest in a hundred are often two
// of them apart.

import { mountChart } from "../chart.js";
import { count, ms, number } from "../format.js";
import { chartData, stepsOf } from "../series.js";
import { mountPanel } from "../panel.js";
import { countedSource } from "../state.js";
import { noneCounted } from "./words.js";

const QUANTILES = [
  { name: "p50", colour: "c1", kind: "line", write: ms, read: (point) => point.p50Ms },
  { name: "p95", colour: "c2", kind: "line", dash: [8, 4], write: ms, read: (point) => point.p95Ms },
  { name: "p99", colour: "c3", kind: "line", dash: [2, 4], write: ms, read: (point) => point.p99Ms },
];

export const latency = mountPanel("latency", {
  sources: (state) => [countedSource(state)],
  empty: noneCounted,
  make: (body, element) => {
    const show = mountChart(body, element, {
      unit: "milliseconds, by powers of ten",
      series: QUANTILES,
      tick: number,
      scale: { distr: 3, range: powers },
      columns: [
        { name: "From", of: ({ name }) => name, heads: true },
        { name: "Requests", of: ({ point }) => count(point.requests), figure: true },
        ...QUANTILES.map(({ name, read }) => ({ name, of: ({ point }) => ms(read(point)), figure: true })),
        { name: "Slowest", of: ({ point }) => ms(point.maxMs), figure: true },
      ],
    });
    return (state) => {
      const report = countedSource(state).data;
      const { p50Ms, p95Ms, p99Ms, maxMs } = report.totals.latency;
      const summary =
        `Half took ${ms(p50Ms)} or less, 95 of 100 at most ${ms(p95Ms)}, 99 of 100 at most ${ms(p99Ms)}; ` +
        `the slowest ${ms(maxMs)}.`;
      show({ ...chartData(stepsOf(report), QUANTILES.map(({ read }) => read)), summary });
    };
  },
});

/** Whole powers of ten around what there is. */
function powers(_, min, max) {
  if (min == null || !(min > 0)) return [0.1, 10];
  const low = 10 ** Math.floor(Math.log10(min));
  return [low, Math.max(low * 10, 10 ** Math.ceil(Math.log10(max)))];
}
