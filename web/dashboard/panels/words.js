// Sentences that several panels say.

import { COUNTED, countedSource } from "../state.js";
import { RANGES } from "../time.js";

/** If nothing was counted in the range. */
export function noneCounted(state) {
  if (countedSource(state).data.totals.requests > 0) return null;
  const what = { "/api/recommend": "No question was", "/api/recommend/batch": "No list was" }[state.counted];
  return `${what ?? "Nothing was"} asked in ${RANGES[state.range].words}.`;
}

export const countedName = ({ counted }) => COUNTED[counted].toLowerCase();
