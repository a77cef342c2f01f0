// What was answered with a mistake: ours (5xx) and the caller's (4xx). A figure of its own, because one error in a
// thousand requests cannot be seen in a chart of the thousand.

import { mountChart } from "../chart.js";
import { count, many, number, share } from "../format.js";
import { chartData, perMinute, stepsOf } from "../series.js";
import { mountPanel } from "../panel.js";
import { RANGES } from "../time.js";

export const errors = mountPanel("errors", {
  sources: ({ sources }) => [sources.whole],
  empty: ({ range, sources }) => {
    const { requests, errors, clientErrors } = sources.whole.data.totals;
    if (requests === 0) return `No request in ${RANGES[range].words}.`;
    return errors + clientErrors === 0 ? `No error in ${RANGES[range].words}, of ${many(requests, "request")}.` : null;
  },
  make: (body, element) => {
    const show = mountChart(body, element, {
      unit: "errors per minute",
      series: [
        { name: "Ours (5xx)", colour: "bad", kind: "bar", write: number },
        { name: "The caller's (4xx)", colour: "c3", kind: "bar", pattern: "hatch", write: number },
      ],
      isStacked: true,
      tick: number,
      scale: { range: (_, min, max) => [0, Math.max(1, max * 1.08)] },
      columns: [
        { name: "From", of: ({ name }) => name, heads: true },
        { name: "Requests", of: ({ point }) => count(point.requests), figure: true },
        { name: "Ours (5xx)", of: ({ point }) => count(point.errors), figure: true },
        { name: "The caller's (4xx)", of: ({ point }) => count(point.clientErrors), figure: true },
      ],
    });
    return ({ sources }) => {
      const { totals } = sources.whole.data;
      const of = [
        (point, step) => perMinute(point.errors, step),
        (point, step) => perMinute(point.clientErrors, step),
      ];
      const ours = totals.errors ? `${count(totals.errors)} of ours (${share(totals.errorRate)} of all requests)` : "None of ours";
      const summary = `${ours}, ${count(totals.clientErrors)} of callers.`;
      show({ ...chartData(stepsOf(sources.whole.data), of), summary });
    };
  },
});
