// What the process takes: memory and processor. The service keeps a week of it, in memory and of its present run alone;
// for months there is /metrics and a Prometheus.

import { mountChart } from "../chart.js";
import { bytes, count, NOTHING, number, share } from "../format.js";
import { mountPanel } from "../panel.js";
import { chartData, stepsOf } from "../series.js";

const REMARK = "Of the present run: a restart forgets it.";

const budgetOf = ({ sources }) => {
  const setting = sources.status.data?.configuration.find(({ name }) => name === "memory-budget-mb");
  return setting?.value ? Number(setting.value) * 1_000_000 : null;
};

export const memory = gauge("memory", {
  name: "Memory, the most",
  colour: "c1",
  unit: "resident",
  read: (point) => point.residentBytes,
  write: bytes,
  tick: bytes,
  range: (_, min, max) => [0, (max ?? 1) * 1.2],
  summary: (most, state) => {
    const now = state.sources.health.data.process.residentBytes;
    const budget = budgetOf(state);
    const of = budget ? `: ${share(now / budget)} of the budget of ${bytes(budget)}` : "";
    return `Now ${bytes(now)}${of}. At most ${bytes(most)}.`;
  },
});

const cores = (value) => (value == null ? NOTHING : `${number(value * 100)}\u00a0%`);

export const processor = gauge("processor", {
  name: "Of one core",
  colour: "c2",
  unit: "% of one core",
  read: (point) => point.cpuShare,
  write: cores,
  tick: cores,
  range: (_, min, max) => [0, Math.max(0.05, (max ?? 0) * 1.2)],
  summary: (most, { sources }) =>
    `At most ${cores(most)} of one core; ${count(sources.health.data.process.cpuSeconds)} s of work since the start.`,
});

function gauge(panel, { name, colour, unit, read, write, tick, range, summary }) {
  const known = ({ sources }) => (sources.whole.data.process ?? []).filter((point) => read(point) != null);
  return mountPanel(panel, {
    sources: ({ sources }) => [sources.whole, sources.health],
    empty: (state) => (known(state).length ? null : "Not known: this is read on Linux, from the first minute on."),
    make: (body, element) => {
      const show = mountChart(body, element, {
        unit,
        series: [{ name, colour, kind: "line", area: true, write }],
        tick,
        scale: { range },
        note: REMARK,
        columns: [
          { name: "From", of: ({ name }) => name, heads: true },
          { name, of: ({ point }) => write(read(point)), figure: true },
        ],
      });
      return (state) => {
        const points = known(state);
        const most = Math.max(...points.map(read));
        const steps = stepsOf({ ...state.sources.whole.data, series: points });
        show({ ...chartData(steps, [read]), summary: summary(most, state) });
      };
    },
  });
}
