// What time it is at the service. All moments that come from it are by its clock, so ages are reckoned by it as well: the
// clock of the machine in front of the reader may be an hour off. Heard from the Date of every answer; until the first,
// and where a proxy leaves it out, the browser's own is all there is.

/** A Date tells whole seconds, and has been on its way: less than this is no difference. */
const UNSURE_MS = 2_000;

let aheadMs = 0;

/** `answer`: any response of the service. */
export function hear(answer) {
  const told = Date.parse(answer.headers.get("date"));
  if (Number.isNaN(told)) return;
  const ahead = told + 500 - Date.now();
  if (Math.abs(ahead - aheadMs) > UNSURE_MS) aheadMs = ahead;
}

export const now = () => Date.now() + aheadMs;

/** How far the service's clock is ahead of the browser's, in milliseconds. */
export const ahead = () => aheadMs;
