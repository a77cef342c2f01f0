// The API, as far as a shopper's page needs it. What can go wrong has three names: a question that
// cannot be answered (`Refused`), a service that asks for patience (`Busy`), and one that is not
// there (`Gone`).

import { later } from './clock.js';

/** An answer takes microseconds; a service that is silent for so long is away. */
const SILENCE_MS = 8000;

export class Refused extends Error {
  constructor(errors) {
    super('refused');
    this.errors = errors;
  }
}

export class Busy extends Error {
  constructor(seconds) {
    super('busy');
    this.seconds = seconds;
  }
}

export class Gone extends Error {}

export async function recommend(question) {
  const answer = await send('/api/recommend', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(question),
  });
  if (answer.ok) return (await body(answer)).recommendation;
  if (answer.status === 429 || answer.status === 503) throw new Busy(patience(answer));
  if (answer.status >= 500) throw new Gone();
  throw new Refused((await body(answer)).errors ?? []);
}

export async function isLive() {
  try {
    return (await send('/api/health/live', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

async function send(path, options) {
  const silence = new AbortController();
  const stop = later(SILENCE_MS, () => silence.abort());
  try {
    return await fetch(path, { ...options, signal: silence.signal });
  } catch {
    throw new Gone();
  } finally {
    stop();
  }
}

async function body(answer) {
  try {
    return await answer.json();
  } catch {
    throw new Gone();
  }
}

const patience = (answer) => {
  const seconds = Number(answer.headers.get('retry-after'));
  return seconds > 0 ? Math.min(seconds, 30) : 1;
};
