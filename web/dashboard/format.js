// Figures as a person reads them, on one line with their unit. Whatever is not known is a dash.

export const NOTHING = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const known = (write) => (value) => (value == null || Number.isNaN(value) ? NOTHING : write(value));

export const count = known((value) => whole.format(value));

/** Three figures that count, and none that do not: 0.127, 4.63, 20.2, 1,204. */
export const number = known((value) => {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return whole.format(value);
  const digits = size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
});

export const ms = known((value) => (value >= 1000 ? `${number(value / 1000)}\u00a0s` : `${number(value)}\u00a0ms`));

export const share = known((value) => {
  const percent = value * 100;
  const digits = percent > 0 && percent < 1 ? 2 : percent > 99 && percent < 100 ? 2 : 1;
  return `${percent.toLocaleString("en", { maximumFractionDigits: digits })}\u00a0%`;
});

export const bytes = known((value) => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? whole.format(value) : number(value)}\u00a0${units[unit]}`;
});

export const rate = known((value) => `${number(value)}/s`);

/** "1 row", "2 rows". */
export const many = (n, one, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;

/** The figures of an alert rule, in its metric's unit. */
const METRICS = {
  recommendP95Ms: ["95th percentile of a recommendation", ms],
  errorShare: ["requests that failed", share],
  tierHitShare: ["answers from memory or store", share],
  storeDegraded: ["store is degraded", (value) => (value == null ? NOTHING : value > 0 ? "yes" : "no")],
  walBytes: ["write-ahead log", bytes],
  freeDiskBytes: ["free disk", bytes],
  memoryBudgetShare: ["share of the memory budget", share],
  queueDroppedRows: ["rows dropped by the queue", count],
};

export const metricName = (metric) => METRICS[metric]?.[0] ?? metric;
export const metricValue = (metric, value) => (METRICS[metric]?.[1] ?? number)(value);
