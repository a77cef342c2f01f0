// Where the answers to questions came from, as shares: memory and store are hits, computing is what a question costs.

import { mountChart } from "../chart.js";
import { count, many, share } from "../format.js";
import { chartData, stepsOf } from "../series.js";
import { mountPanel } from "../panel.js";
import { RANGES } from "../time.js";

const asked = (point) => point.memory + point.store + point.computed;
const of = (tier) => (point) => (asked(point) > 0 ? point[tier] / asked(point) : null);

const TIERS = [
  { name: "Memory", colour: "c1", kind: "bar", write: share, tier: "memory" },
  { name: "Store", colour: "c4", kind: "bar", pattern: "dots", write: share, tier: "store" },
  { name: "Computed", colour: "c2", kind: "bar", pattern: "hatch", write: share, tier: "computed" },
];

export const hits = mountPanel("hits", {
  sources: ({ sources }) => [sources.whole],
  empty: ({ range, sources }) =>
    sources.whole.data.hitRate == null ? `No question was asked in ${RANGES[range].words}.` : null,
  make: (body, element) => {
    const show = mountChart(body, element, {
      unit: "share of answers to questions",
      series: TIERS,
      isStacked: "shares",
      tick: share,
      scale: { range: () => [0, 1] },
      columns: [
        { name: "From", of: ({ name }) => name, heads: true },
        ...TIERS.map(({ name, tier }) => ({ name, of: ({ point }) => count(point[tier]), figure: true })),
        { name: "Hit rate", of: ({ point }) => share(point.hitRate), figure: true },
      ],
    });
    return ({ range, sources }) => {
      const { hitRate, tiers } = sources.whole.data;
      const answers = tiers.reduce((sum, tier) => sum + tier.answers, 0);
      const summary = `${share(hitRate)} of ${many(answers, "answer")} in ${RANGES[range].words} came from memory or store.`;
      const data = chartData(stepsOf(sources.whole.data), TIERS.map(({ tier }) => of(tier)));
      show({ ...data, rows: data.rows.filter(({ point }) => asked(point) > 0), summary });
    };
  },
});
