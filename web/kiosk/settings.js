// How the page speaks: language, units, size system, and what its address asks for.
//
// Language and units are all that is kept in the browser, and the page does without where it cannot.

const LANGUAGES = ['en', 'de', 'fr', 'es', 'it'];
const IMPERIAL_REGIONS = ['US', 'LR', 'MM'];
export const SYSTEMS = ['EU', 'US', 'UK', 'IT', 'FR', 'DE', 'JP'];

const address = new URLSearchParams(location.search);

const store = {
  read(name) {
    try {
      return localStorage.getItem(`suitsize.${name}`);
    } catch {
      return null;
    }
  },
  write(name, value) {
    try {
      localStorage.setItem(`suitsize.${name}`, value);
    } catch {
      // A browser that keeps nothing: the choice holds until the page is left.
    }
  },
};

const known = (language) => LANGUAGES.find((code) => language?.toLowerCase().split('-')[0] === code);

function firstLanguage() {
  const wished = [store.read('language'), address.get('lang'), ...navigator.languages];
  return wished.map(known).find(Boolean) ?? 'en';
}

function firstUnits() {
  const wished = [store.read('units'), address.get('units')];
  const region = navigator.language.split('-')[1]?.toUpperCase();
  const usual = IMPERIAL_REGIONS.includes(region) ? 'imperial' : 'metric';
  return wished.find((units) => units === 'metric' || units === 'imperial') ?? usual;
}

let language = firstLanguage();
let units = firstUnits();

export const languages = () => LANGUAGES;
export const currentLanguage = () => language;
export const currentUnits = () => units;

export function chooseLanguage(code) {
  language = code;
  store.write('language', code);
}

export function chooseUnits(name) {
  units = name;
  store.write('units', name);
}

/** Whose labels the shopper reads. Women's labels differ between countries where men's do not. */
export function sizeSystem(sex) {
  const asked = address.get('system')?.toUpperCase();
  if (SYSTEMS.includes(asked)) return asked;
  const women = { de: 'DE', es: 'FR' };
  const all = { it: 'IT', fr: 'FR', de: 'EU', es: 'EU', en: units === 'imperial' ? 'US' : 'UK' };
  return (sex === 'female' && women[language]) || all[language];
}

export const chart = () => address.get('chart');
/** A shop's own website has no next shopper: `?idle=off`. */
export const wipesWhenIdle = () => address.get('idle') !== 'off';
