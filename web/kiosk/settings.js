// How the page speaks: language, units, size system, and what its address asks for.
//
// Language and units are all that is kept in the browser, and the page does without where it cannot.
//
// Every visit begins as the address says, so that on a kiosk nobody inherits the language of who stood
// there before. What it does not say begins as it was last chosen: without an address of its own a page
// is a browser's at home, whose next visitor is the same one.

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
  const wished = [address.get('lang'), store.read('language'), ...navigator.languages];
  return wished.map(known).find(Boolean) ?? 'en';
}

const regionOf = (language) => language?.split('-')[1]?.toUpperCase();

function firstUnits() {
  const wished = [address.get('units'), store.read('units')];
  const usual = IMPERIAL_REGIONS.includes(regionOf(navigator.language)) ? 'imperial' : 'metric';
  return wished.find((units) => units === 'metric' || units === 'imperial') ?? usual;
}

let language;
let units;

/** As a fresh visit begins. */
export function beginAnew() {
  language = firstLanguage();
  units = firstUnits();
}

beginAnew();

export const languages = () => LANGUAGES;
export const currentLanguage = () => language;
export const currentUnits = () => units;

export function chooseLanguage(code) {
  language = code;
  store.write('language', code);
}

/** Where the words of another language cannot be had. */
export function speakOn(code) {
  language = code;
}

export function chooseUnits(name) {
  units = name;
  store.write('units', name);
}

/** The country of who reads English: their own, whatever they measure in. */
const english = () =>
  regionOf(navigator.languages.find((one) => known(one) === 'en')) === 'US' ? 'US' : 'UK';

/** Whose labels the shopper reads. Women's labels differ between countries where men's do not. */
export function sizeSystem(sex) {
  const asked = address.get('system')?.toUpperCase();
  if (SYSTEMS.includes(asked)) return asked;
  const women = { de: 'DE', es: 'FR' };
  const all = { it: 'IT', fr: 'FR', de: 'EU', es: 'EU', en: english() };
  return (sex === 'female' && women[language]) || all[language];
}

export const chart = () => address.get('chart');
/** A shop's own website has no next shopper: `?idle=off`. */
export const wipesWhenIdle = () => address.get('idle') !== 'off';
