// A jacket from the front: the ornament of the attract screen, and with numbered places the figure
// that says how it sits.

import { s } from '../dom.js';

const HALF =
  'M132 48C120 60 92 66 74 80C56 96 51 140 47 190L36 304L66 311L84 214L92 152' +
  'M92 152C94 190 101 212 99 236C96 270 88 312 85 356C108 366 138 366 152 350C158 334 160 300 160 246';
const LAPEL = 'M132 48L110 90L125 99L103 112C112 160 136 208 160 244M132 48C130 100 142 170 160 244';
const POCKET = 'M100 280L140 287L139 300L98 293Z';

/** Where each zone is on the drawing. */
const PLACES = { chest: [205, 172], waist: [160, 268], shoulder: [86, 77], sleeve: [54, 230], length: [304, 204] };

export const ZONES = Object.keys(PLACES);

const path = (d, properties) => s('path', { d, ...properties });
const mirrored = (d) => path(d, { transform: 'translate(320 0) scale(-1 1)' });

const lines = () => [
  ...[HALF, LAPEL, POCKET].flatMap((d) => [path(d), mirrored(d)]),
  path('M132 48C146 58 174 58 188 48'),
  path('M152 60L160 72L168 60M155 72L149 200L160 226L171 200L165 72Z', { class: 'faint' }),
  path('M186 158L214 152', { class: 'faint' }),
  s('circle', { cx: 160, cy: 258, r: 3.5 }),
  s('circle', { cx: 160, cy: 292, r: 3.5 }),
];

export const jacket = () =>
  s('svg', { viewBox: '24 36 272 336', class: 'jacket', 'aria-hidden': 'true', focusable: 'false' }, ...lines());

/** The jacket with the five zones' numbers; `notable` are those that do not sit as designed. */
export function zones(notable) {
  return s(
    'svg',
    { viewBox: '16 36 312 336', class: 'jacket zones-figure', 'aria-hidden': 'true', focusable: 'false' },
    ...lines(),
    path('M304 52V352M298 52H310M298 352H310', { class: 'faint' }),
    ...ZONES.map((zone, index) => place(zone, index + 1, notable.includes(zone))),
  );
}

function place(zone, number, isNotable) {
  const [x, y] = PLACES[zone];
  return s(
    'g',
    { class: isNotable ? 'place notable' : 'place', transform: `translate(${x} ${y})` },
    s('circle', { r: 14 }),
    s('text', { 'text-anchor': 'middle', dy: '.36em' }, String(number)),
  );
}
