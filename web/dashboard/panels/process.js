// What the process takes: memory and processor, since this page was opened. The service keeps no history of them; a
// history for months is what /metrics and a Prometheus are for.

import { mountChart } from "../chart.js";
import { bytes, count, NOTHING, number, share } from "../format.js";
import { mountPanel } from "../panel.js";
import { clock, MINUTE, when } from "../time.js";

const SINCE = "Since this page was opened: no history is kept.";
/** Less would be drawn as if it were long. */
const LEAST_MS = 2 * MINUTE;

const budgetOf = ({ sources }) => {
  const setting = sources.status.data?.configuration.find(({ name }) => name === "memory-budget-mb");
  return setting?.value ? Number(setting.value) * 1_000_000 : null;
};

export const memory = gauge("memory", {
  colour: "c1",
  unit: "Memory, resident",
  write: bytes,
  tick: bytes,
  range: (_, min, max) => [0, (max ?? 1) * 1.2],
  summary: (now, most, state) => {
    const budget = budgetOf(state);
    const of = budget ? ` Now ${share(now / budget)} of the budget of ${bytes(budget)}.` : "";
    return `At most ${bytes(most)}.${of}`;
  },
});

const cores = (value) => (value == null ? NOTHING : `${number(value * 100)} %`);

export const processor = gauge("processor", {
  colour: "c2",
  unit: "Processor, % of one core",
  write: cores,
  tick: (value) => number(value * 100),
  range: (_, min, max) => [0, Math.max(0.1, (max ?? 0) * 1.2)],
  summary: (now, most, { sources }) =>
    `At most ${cores(most)} of one core; ${count(sources.health.data.process.cpuSeconds)} s of work since the start.`,
});

function gauge(name, { colour, unit, write, tick, range, summary }) {
  const known = ({ live }) => live.filter((sample) => sample[name] != null);
  return mountPanel(name, {
    sources: ({ sources }) => [sources.health],
    empty: (state) => {
      if (known(state).length > 0) return null;
      const isUnknown = state.sources.health.data.process.residentBytes == null;
      return isUnknown ? "Known on Linux alone." : "The second look at the service has it.";
    },
    make: (body, element) => {
      const show = mountChart(body, element, {
        unit,
        series: [{ name: unit, colour, kind: "line", area: true, write }],
        tick,
        scale: { range },
        note: SINCE,
        columns: [
          { name: "At", of: ({ at }) => clock(at), heads: true },
          { name: unit, of: (sample) => write(sample[name]), figure: true },
        ],
      });
      return (state) => {
        const samples = known(state);
        const now = samples.at(-1)[name];
        const most = Math.max(...samples.map((sample) => sample[name]));
        show({ ...liveData(state.live, name), rows: [...samples].reverse(), summary: summary(now, most, state) });
      };
    },
  });
}

function liveData(live, name) {
  const to = live.at(-1).at;
  return {
    from: Math.min(live[0].at, to - LEAST_MS),
    to,
    xs: live.map(({ at }) => at),
    names: live.map(({ at }) => when(at)),
    values: [live.map((sample) => sample[name])],
  };
}
