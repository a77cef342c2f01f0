// The API, as far as a shopper's page needs it. What can go wrong has three names: a question that
// cannot be answered (`Refused`), a service that asks for patience (`Busy`), and one that is not
// there (`Gone`). Addresses are relative to the page, so that it can stand behind a prefix.

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
  const { status, patience, body } = await send('api/recommend', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(question),
  });
  if (status === 429 || status === 503) throw new Busy(patience);
  if (status >= 500 || !body) throw new Gone();
  if (status >= 400) throw new Refused(body.errors ?? []);
  // Something between here and the service answers in its place.
  if (!body.recommendation) throw new Gone();
  return body.recommendation;
}

export async function isLive() {
  try {
    return (await send('api/health/live', { cache: 'no-store' })).status === 200;
  } catch {
    return false;
  }
}

/** How the service stands: what the page is made of, and its charts; of neither where it does not say. */
export async function standing() {
  try {
    const [status, page] = await Promise.all([
      send('api/status', { cache: 'no-store' }),
      send('./', { method: 'HEAD', cache: 'no-store' }),
    ]);
    if (status.status >= 500 && status.status !== 503) return { isThere: false };
    if (status.status !== 200 || !status.body || page.status !== 200) return { isThere: true };
    const { version, wording, charts } = status.body;
    return { isThere: true, version: [version, wording, page.tag].join(), charts: charts?.map(({ id }) => id) };
  } catch {
    return { isThere: false };
  }
}

/** The whole answer, its `body` null where it is not JSON: an answer that stalls half-way is silence too. */
async function send(path, options) {
  const silence = new AbortController();
  const stop = later(SILENCE_MS, () => silence.abort());
  try {
    const answer = await fetch(new URL(path, document.baseURI), { ...options, signal: silence.signal });
    return {
      status: answer.status,
      patience: patience(answer),
      tag: answer.headers.get('etag'),
      body: parsed(await answer.text()),
    };
  } catch {
    throw new Gone();
  } finally {
    stop();
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const patience = (answer) => {
  const seconds = Number(answer.headers.get('retry-after'));
  return seconds > 0 ? Math.min(seconds, 30) : 1;
};
