// What the service did by itself: what, when, how long, and how it went.

import { h, tag } from "../dom.js";
import { count, ms } from "../format.js";
import { mountPanel } from "../panel.js";
import { table } from "../table.js";
import { ago, moment } from "../time.js";

const isFailing = (duty) => !duty.lastSucceeded;

export const upkeep = mountPanel("upkeep", {
  sources: ({ sources }) => [sources.health],
  empty: ({ sources }) => (sources.health.data.upkeep.length ? null : "Nothing was due yet."),
  make: (body) => {
    const list = table("Upkeep, last runs", [
      { name: "What", of: ({ name }) => name.replaceAll("_", " "), heads: true },
      { name: "Last", of: (duty) => h("time", { title: moment(duty.lastAtMs) }, ago(duty.ageSeconds * 1_000)), figure: true },
      { name: "Took", of: (duty) => ms(duty.lastDurationMs), figure: true },
      { name: "Went", of: (duty) => (isFailing(duty) ? tag("bad", "failed") : tag("good", "well")) },
      { name: "Result", of: (duty) => duty.lastResult, wide: true },
      { name: "Done", of: (duty) => count(duty.done), figure: true },
      { name: "Failed", of: (duty) => count(duty.failed), figure: true },
    ]);
    body.append(list.element);
    // What failed stands first: nobody should have to look for it.
    return ({ sources }) => list.set([...sources.health.data.upkeep].sort((a, b) => isFailing(b) - isFailing(a)));
  },
});
