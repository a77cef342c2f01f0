// Calls to the service, and what goes wrong with them in words. Addresses are relative, so the page also works below a
// proxy's prefix.

import { hear } from "./service-time.js";

const PATIENCE_MS = 8_000;
/** Rewriting a large file, or computing every likely answer on a small machine. */
const OPERATING_PATIENCE_MS = 10 * 60_000;

/** `kind`: `away` (nobody answers, or only a proxy does), `refused` (the service says no), `aborted`. */
export class Failure extends Error {
  constructor(kind, message, more = {}) {
    super(message);
    Object.assign(this, { kind, status: null, code: null, retryAfterMs: null }, more);
  }
}

export const read = (path, signal) => call(path, { signal }, PATIENCE_MS);

/** As an operator. `body` is sent as JSON if there is one. */
export function operate(method, path, token, body) {
  const headers = { authorization: `Bearer ${token}` };
  if (body) headers["content-type"] = "application/json";
  return call(path, { method, headers, body: body && JSON.stringify(body) }, OPERATING_PATIENCE_MS);
}

async function call(path, options, patienceMs) {
  const tooLate = AbortSignal.timeout(patienceMs);
  const signal = options.signal ? AbortSignal.any([options.signal, tooLate]) : tooLate;
  let response;
  let text;
  try {
    response = await fetch(path, { cache: "no-store", ...options, signal });
    text = await response.text();
  } catch {
    if (options.signal?.aborted) throw new Failure("aborted", "");
    if (tooLate.aborted) throw new Failure("away", `no answer within ${patienceMs / 1000} s`);
    throw new Failure("away", "the connection fails");
  }
  return understood(response, text);
}

function understood(response, text) {
  const body = parsed(text);
  if (body) hear(response);
  if (response.ok && body) return body;
  const { status } = response;
  // 502 and 504 are a proxy's words for nobody being behind it; so is any answer that is not the service's own.
  const isProxys = status === 502 || status === 504 || !body?.code;
  const message = isProxys ? `something between here and the service answers ${status}` : (body.detail ?? body.title);
  throw new Failure(isProxys ? "away" : "refused", message, {
    status,
    code: body?.code ?? null,
    title: body?.title,
    retryAfterMs: Number(response.headers.get("retry-after")) * 1000 || null,
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
