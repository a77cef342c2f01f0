// The dashboard: for whoever runs the service. In English alone: so are the log, the alerts and the documents.
//
// `state.js` has what is known, `poll.js` keeps it up to date through `api.js`, `judge.js` makes one word of it, and each
// panel shows its part. `chart.js`, `table.js` and `panel.js` are what panels are made of.

import { say } from "./dom.js";
import { start } from "./poll.js";
import { ahead } from "./service-time.js";
import * as state from "./state.js";
import { mountTheme } from "./theme.js";
import { length, MINUTE, zone } from "./time.js";
import { admin } from "./panels/admin.js";
import { alerts } from "./panels/alerts.js";
import { configuration } from "./panels/configuration.js";
import { controls } from "./panels/controls.js";
import { errors } from "./panels/errors.js";
import { figures } from "./panels/figures.js";
import { histogram } from "./panels/histogram.js";
import { hits } from "./panels/hits.js";
import { latency } from "./panels/latency.js";
import { nothingAsked } from "./panels/nothing-asked.js";
import { memory, processor } from "./panels/process.js";
import { requests } from "./panels/requests.js";
import { routes } from "./panels/routes.js";
import { slowest } from "./panels/slowest.js";
import { store } from "./panels/store.js";
import { tiers } from "./panels/tiers.js";
import { upkeep } from "./panels/upkeep.js";
import { verdict } from "./panels/verdict.js";
import { versions } from "./panels/versions.js";

const PANELS = [
  verdict, controls, figures, nothingAsked,
  requests, errors, latency, histogram, hits, memory, processor,
  alerts, routes, tiers, slowest, store, upkeep, admin, versions, configuration,
];

const foot = document.querySelector("footer");

function show(known) {
  PANELS.forEach((panel) => panel(known));
  say(foot, `Times are ${clocks()}. Figures are the service's own; this page is asked for by polling and counts among “everything else”.`);
}

const isWaiting = ({ awaySince, paused, sources }) => awaySince || paused || Object.values(sources).some(({ error }) => error);

function clocks() {
  if (Math.abs(ahead()) < MINUTE) return `in this browser's zone (${zone})`;
  const differs = `${length(Math.abs(ahead()))} ${ahead() < 0 ? "ahead of" : "behind"}`;
  return `by the service's clock in this browser's zone (${zone}); the browser's own clock is ${differs} it`;
}

mountTheme(document.querySelector('[data-action="theme"]'));
state.subscribe(show);
show(state.get());
start();
// Ages in words grow while nothing new comes.
setInterval(() => !document.hidden && isWaiting(state.get()) && show(state.get()), MINUTE / 60);
