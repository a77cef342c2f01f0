// Each address of the service: how often, how well, how fast.

import { count, ms, share, bytes } from "../format.js";
import { mountPanel } from "../panel.js";
import { table } from "../table.js";
import { RANGES } from "../time.js";

export const routes = mountPanel("routes", {
  sources: ({ sources }) => [sources.whole],
  empty: ({ range, sources }) => (sources.whole.data.routes.length ? null : `No request in ${RANGES[range].words}.`),
  make: (body) => {
    const list = table("Requests by address", [
      { name: "Address", of: ({ route }) => (route === "unmatched" ? "no such address" : route), heads: true },
      { name: "Requests", of: ({ requests }) => count(requests), figure: true },
      { name: "Ours (5xx)", of: ({ errors }) => count(errors), figure: true },
      { name: "Callers' (4xx)", of: ({ clientErrors }) => count(clientErrors), figure: true },
      { name: "Errors of ours", of: ({ errorRate }) => share(errorRate), figure: true },
      { name: "p50", of: ({ latency }) => ms(latency?.p50Ms), figure: true },
      { name: "p95", of: ({ latency }) => ms(latency?.p95Ms), figure: true },
      { name: "p99", of: ({ latency }) => ms(latency?.p99Ms), figure: true },
      { name: "Slowest", of: ({ latency }) => ms(latency?.maxMs), figure: true },
      { name: "Sent", of: (route) => bytes(route.bytes), figure: true },
    ]);
    body.append(list.element);
    return ({ sources }) => list.set(sources.whole.data.routes);
  },
});
