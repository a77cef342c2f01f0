// The slowest request of the range, and how far the figures can be trusted.

import { count, ms, share } from "../format.js";
import { mountPanel } from "../panel.js";
import { facts } from "../table.js";
import { RANGES, stepName, when } from "../time.js";

export const slowest = mountPanel("slowest", {
  sources: ({ sources }) => [sources.whole],
  empty: ({ range, sources }) => (sources.whole.data.slowest ? null : `No request in ${RANGES[range].words}.`),
  make: (body) => {
    const list = facts();
    body.append(list.element);
    return ({ sources }) => {
      const { slowest, stepSeconds, history, relativeError, fromMs, toMs, complete, missing } = sources.whole.data;
      list.set([
        ["Took", ms(slowest.durationMs)],
        ["Address", slowest.route],
        ["Answered", slowest.status],
        ["In", `${stepSeconds < 3600 ? "the minute" : "the hour"} from ${stepName(slowest.startMs, stepSeconds * 1_000)}`],
        ["Range", `${when(fromMs)} to ${when(toMs)}`],
        ["Figures", complete ? "complete" : `not complete: ${missing}`],
        ["Minutes stored", `${count(history.minutesWritten)} in this run, ${count(history.waiting)} waiting, ${count(history.minutesLost)} lost`],
        ["Percentiles are off by", `at most ${share(relativeError)}`],
      ]);
    };
  },
});
