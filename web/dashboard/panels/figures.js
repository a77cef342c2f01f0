// The figures that are looked at first, of the chosen range.

import { h, say } from "../dom.js";
import { bytes, count, ms, rate, share } from "../format.js";
import { mountPanel } from "../panel.js";
import { countedSource } from "../state.js";
import { length } from "../time.js";

/** `of` reads a value, and `more` what stands below it, from `{whole, part, health}`. */
const FIGURES = [
  { name: "Requests", of: ({ whole }) => count(whole.totals.requests), more: ({ whole }) => rate(whole.totals.requestsPerSecond) },
  {
    name: "Our errors",
    of: ({ whole }) => (whole.totals.requests ? share(whole.totals.errorRate) : count(0)),
    more: ({ whole }) => `${count(whole.totals.errors)} of ours, ${count(whole.totals.clientErrors)} of callers`,
  },
  { name: "p50", of: ({ part }) => ms(part.totals.latency?.p50Ms), more: () => "half are faster" },
  { name: "p95", of: ({ part }) => ms(part.totals.latency?.p95Ms), more: () => "95 of 100 are faster" },
  { name: "p99", of: ({ part }) => ms(part.totals.latency?.p99Ms), more: () => "99 of 100 are faster" },
  { name: "Hit rate", of: ({ whole }) => share(whole.hitRate), more: () => "from memory or store" },
  { name: "Memory", of: ({ health }) => bytes(health.process.residentBytes), more: () => "now" },
  { name: "Running for", of: ({ health }) => length(health.uptimeSeconds * 1_000), more: ({ health }) => `version ${health.version}` },
];

export const figures = mountPanel("figures", {
  sources: (state) => [state.sources.whole, countedSource(state), state.sources.health],
  make: (body) => {
    const places = FIGURES.map(() => ({ value: h("dd", {}), more: h("dd", { class: "more" }) }));
    const tiles = FIGURES.map(({ name }, n) => h("div", {}, h("dt", {}, name), places[n].value, places[n].more));
    body.append(h("dl", { class: "tiles" }, ...tiles));
    return (state) => {
      const { sources } = state;
      const data = { whole: sources.whole.data, part: countedSource(state).data, health: sources.health.data };
      FIGURES.forEach(({ of, more }, n) => {
        say(places[n].value, of(data));
        say(places[n].more, more(data));
      });
    };
  },
});
