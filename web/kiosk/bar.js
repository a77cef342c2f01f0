// The bar at the foot of every screen but the first, where a seated hand reaches it: back, start
// over, language, units.

import * as dialog from './dialog.js';
import { button, h } from './dom.js';
import * as flow from './flow.js';
import { icon } from './drawings/icons.js';
import { currentLanguage, currentUnits, languages } from './settings.js';
import { get } from './state.js';
import { t } from './texts.js';

const bar = document.querySelector('#bar');

export function show() {
  bar.hidden = get().screen === 'attract';
  bar.setAttribute('aria-label', t('bar.name'));
  bar.replaceChildren(...(bar.hidden ? [] : buttons()));
}

function buttons() {
  const other = currentUnits() === 'metric' ? 'imperial' : 'metric';
  const labelled = (name, text) => [icon(name), h('span', { class: 'bar-label' }, text)];
  return [
    button('back', labelled('back', t('bar.back')), flow.back),
    button('start-over', labelled('restart', t('bar.startOver')), flow.startOver),
    button('language-menu', labelled('globe', t('language.name')), openLanguages, {
      'aria-haspopup': 'dialog',
    }),
    button('units', labelled('ruler', t(`units.${other}`)), () => flow.useUnits(other), {
      'data-value': other,
    }),
  ];
}

function openLanguages() {
  const menu = dialog.open({
    name: 'language',
    title: t('language.choose'),
    children: [
      languageChoice(() => menu.close()),
      button('close', t('bar.close'), () => menu.close(), { class: 'plain' }),
    ],
  });
}

/** The five languages, each by its own name; the one spoken is pressed. */
export function languageChoice(chosen = () => {}) {
  return h(
    'div',
    { class: 'languages', role: 'group', 'aria-label': t('language.choose') },
    languages().map((code) =>
      button('language', t(`language.${code}`), () => { chosen(); flow.useLanguage(code); }, {
        'data-value': code,
        lang: code,
        'aria-pressed': String(code === currentLanguage()),
      }),
    ),
  );
}

export function unitsChoice() {
  return h(
    'div',
    { class: 'units', role: 'group', 'aria-label': t('units.choose') },
    ['metric', 'imperial'].map((units) =>
      button('units', t(`units.${units}`), () => flow.useUnits(units), {
        'data-value': units,
        'aria-pressed': String(units === currentUnits()),
      }),
    ),
  );
}
