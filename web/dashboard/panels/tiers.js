// The tiers that answer questions: how many, how fast, and what each holds now.

import { h } from "../dom.js";
import { bytes, count, ms, share } from "../format.js";
import { mountPanel } from "../panel.js";
import { facts, table } from "../table.js";
import { length } from "../time.js";

const WARMTH = { off: "switched off", filling: "being computed", done: "all computed" };

export const tiers = mountPanel("tiers", {
  sources: ({ sources }) => [sources.whole, sources.health],
  make: (body) => {
    const list = table("Answers by tier", [
      { name: "Tier", of: ({ tier }) => tier, heads: true },
      { name: "Answers", of: ({ answers }) => count(answers), figure: true },
      { name: "Share", of: (tier) => share(tier.share), figure: true },
      { name: "p50", of: ({ latency }) => ms(latency?.p50Ms), figure: true },
      { name: "p95", of: ({ latency }) => ms(latency?.p95Ms), figure: true },
      { name: "p99", of: ({ latency }) => ms(latency?.p99Ms), figure: true },
    ]);
    const holds = facts();
    body.append(list.element, h("h3", {}, "Held now"), holds.element);
    return ({ sources }) => {
      const found = new Map(sources.whole.data.tiers.map((tier) => [tier.tier, tier]));
      const empty = { answers: 0, share: null, latency: null };
      list.set(["memory", "store", "computed"].map((tier) => ({ ...empty, ...found.get(tier), tier })));
      holds.set(held(sources.health.data.cache));
    };
  },
});

const held = (cache) => [
  ["In memory", `${count(cache.memoryEntries)} answers, ${bytes(cache.memoryBytes)} of ${bytes(cache.memoryCapacityBytes)}`],
  ["Likely answers", `${count(cache.aheadEntries)}, ${bytes(cache.aheadBytes)}: ${WARMTH[cache.warm] ?? cache.warm}`],
  ["Kept under", cache.scope],
  ["Kept for", `${length(cache.memoryTtlSeconds * 1_000)} in memory, ${length(cache.storeTtlSeconds * 1_000)} in the store`],
  ["Computed again and compared", `${count(cache.checked)}, ${count(cache.differed)} differed`],
  ["Turned away, too many at once", count(cache.turnedAway)],
];
