// How many requests there were: questions of shoppers, and everything else that is asked (pages, health, this page).

import { mountChart } from "../chart.js";
import { count, many, number } from "../format.js";
import { chartData, perMinute, stepsOf } from "../series.js";
import { mountPanel } from "../panel.js";
import { RANGES } from "../time.js";

const questions = (point) => point.memory + point.store + point.computed;
const others = (point) => point.requests - questions(point);

export const requests = mountPanel("requests", {
  sources: ({ sources }) => [sources.whole],
  empty: ({ range, sources }) =>
    sources.whole.data.totals.requests === 0 ? `No request in ${RANGES[range].words}.` : null,
  make: (body, element) => {
    const show = mountChart(body, element, {
      unit: "requests per minute",
      series: [
        { name: "Questions", colour: "c1", kind: "bar", write: number },
        { name: "Everything else", colour: "c4", kind: "bar", pattern: "hatch", write: number },
      ],
      isStacked: true,
      tick: number,
      scale: { range: (_, min, max) => [0, Math.max(1, max * 1.08)] },
      columns: [
        { name: "From", of: ({ name }) => name, heads: true },
        { name: "Requests", of: ({ point }) => count(point.requests), figure: true },
        { name: "Questions", of: ({ point }) => count(questions(point)), figure: true },
        { name: "Everything else", of: ({ point }) => count(others(point)), figure: true },
      ],
    });
    return ({ range, sources }) => {
      const report = sources.whole.data;
      const steps = stepsOf(report);
      const of = [questions, others].map((n) => (point, step) => perMinute(n(point), step));
      show({ ...chartData(steps, of), summary: summary(report, RANGES[range].words) });
    };
  },
});

function summary({ totals, series }, words) {
  const asked = series.reduce((sum, point) => sum + questions(point), 0);
  return `${many(totals.requests, "request")} in ${words}, ${count(asked)} of them answered questions.`;
}
