// Every word on the page: `data/wording/XX.json`, its `kiosk` block, by a dotted name.
//
// A text holds `{name}` where something is put in; a text in several numbers is an object by the
// plural category of `n`. The other languages are brought once the page stands, so that a switch
// is at once and works while the service is away.

const books = new Map();
let book = {};
let locale = 'en';

/** One request for a language, however many ask; one that failed can be asked for again. */
function fetchBook(code) {
  if (!books.has(code)) books.set(code, bringBook(code));
  const fetched = books.get(code);
  fetched.catch(() => books.delete(code));
  return fetched;
}

async function bringBook(code) {
  const answer = await fetch(`pages/wording/${code}.json`);
  if (!answer.ok) throw new Error(`wording ${code}: ${answer.status}`);
  return (await answer.json()).kiosk;
}

/** Speaks `code` from now on; stays with the language before where it cannot be had. */
export async function speak(code) {
  book = await fetchBook(code);
  locale = code;
  document.documentElement.lang = code;
}

export const spoken = () => locale;

export async function bring(codes) {
  for (const code of codes) await fetchBook(code).catch(() => null);
}

const find = (key) => key.split('.').reduce((at, name) => at?.[name], book);

export const has = (key) => find(key) !== undefined;

export function t(key, put = {}) {
  const found = find(key);
  const text = typeof found === 'object' ? (found[plural(put.n)] ?? found.other) : found;
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => put[name] ?? whole);
}

const plural = (n) => new Intl.PluralRules(locale).select(Number(n));

/** "a, b and c" */
export const list = (items) =>
  new Intl.ListFormat(locale, { style: 'long', type: 'conjunction' }).format(items);

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
