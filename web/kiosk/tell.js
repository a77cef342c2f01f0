// A recommendation in words: trousers, alterations, why, other systems, warnings. The result, the
// printed sheet and the QR code say the same because they say it from here.

import { currentUnits, SYSTEMS } from './settings.js';
import { has, t } from './texts.js';
import { amount, length, span } from './units.js';
import { lengthWord, runnerUp } from './verdict.js';

export function trousers({ trousers: found, system }) {
  const [eu, inches] = [`EU ${found.EU}`, `W${found.waistIn}`];
  const inInches = ['US', 'UK'].includes(system);
  return inInches ? `${inches} (${eu})` : `${eu} (${inches})`;
}

export const inseam = ({ trousers: found }) =>
  t('result.inseam', { length: length(found.inseamCm, currentUnits()) });

const CANNOT = ['not_possible', 'not_recommended'];

/** What a tailor can change, and what nobody can, each with the trade's remark. */
export function alterations(details) {
  const told = details.map(({ code, amountCm, feasibility, note }) => ({
    code,
    feasibility,
    note,
    text: has(`alteration.${code}`)
      ? t(`alteration.${code}`, { amount: amount(amountCm, currentUnits()) })
      : note,
  }));
  const cannot = ({ feasibility }) => CANNOT.includes(feasibility);
  return { can: told.filter((one) => !cannot(one)), cannot: told.filter(cannot) };
}

/** Chest and waist with their ranges, and what they were found from. */
export function why({ chest, waist }, toldBy, units) {
  const range = (measure) => t('why.measure', { about: length(measure.estimate, units), range: span(measure, units) });
  return t(`why.${toldBy}`, { chest: range(chest), waist: range(waist) });
}

/** System, its name, and the label there; systems without one are left out. */
export const conversion = (sizes) =>
  SYSTEMS.filter((system) => sizes[system]).map((system) => [system, t(`system.${system}`), sizes[system]]);

/** Kind words by code; that there is no size is said by the screen itself. */
export const warnings = (found) =>
  found
    .filter(({ code }) => has(`warning.${code}`))
    .map(({ code }) => [code, t(`warning.${code}`)])
    .filter(([code], index, all) => all.findIndex(([other]) => other === code) === index);

/** More than this makes a code that a telephone reads with difficulty. */
const MOST_BYTES = 300;

/** The answer in a few lines of plain text, for a telephone. */
export function plainText(recommendation) {
  const { size, sizes, system: own, alterationDetails } = recommendation;
  const other = runnerUp(recommendation);
  const elsewhere = ['EU', 'US', 'UK', 'IT', 'FR', 'DE'].filter((s) => s !== own && sizes[s]);
  const changes = alterations(alterationDetails).can.map(({ text }) => text);
  const lines = [
    t('plain.jacket', { size: [own, size].join(' '), length: lengthWord(recommendation) }),
    other && t('plain.or', { size: other.size }),
    recommendation.trousers && t('plain.trousers', { size: trousers(recommendation) }),
    elsewhere.map((s) => `${s} ${sizes[s]}`).join(', '),
    changes.length > 0 && t('plain.alterations', { list: changes.join('; ') }),
  ];
  return lines.filter(Boolean).reduce(asLongAsItIsShort, '');
}

/** A shop's own words can be longer than any code: what is not short enough stays away, or ends early. */
function asLongAsItIsShort(text, line) {
  if (text === '') return shortened(line);
  const longer = `${text}\n${line}`;
  return bytes(longer) > MOST_BYTES ? text : longer;
}

const bytes = (text) => new TextEncoder().encode(text).length;

function shortened(text) {
  if (bytes(text) <= MOST_BYTES) return text;
  const letters = [...text];
  while (bytes(`${letters.join('')}…`) > MOST_BYTES) letters.pop();
  return `${letters.join('')}…`;
}
