// Ten small figures: as many filled, hatched, dotted or empty as take each size. The pattern tells
// them apart without colour, and the key beside them says it in words.

import { s } from '../dom.js';

const BODY = 'M4 44V27C4 20 8 17 14 17S24 20 24 27V44Z';
const LOOKS = ['filled', 'hatched', 'dotted', 'empty'];

/** How the group at `index` looks; the rest, who take other sizes, are empty. */
export const look = ({ size }, index) => (size === null ? 'empty' : LOOKS[index]);

let made = 0;

function patterns(id) {
  return s(
    'defs',
    {},
    s(
      'pattern',
      { id: `${id}-hatched`, width: 5, height: 5, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      s('rect', { width: 2.4, height: 5, class: 'ink' }),
    ),
    s(
      'pattern',
      { id: `${id}-dotted`, width: 5, height: 5, patternUnits: 'userSpaceOnUse' },
      s('circle', { cx: 2.5, cy: 2.5, r: 1.1, class: 'ink' }),
    ),
  );
}

function person(x, kind, id) {
  const fill = { filled: null, empty: 'none' };
  const painted = kind in fill ? fill[kind] : `url(#${id}-${kind})`;
  return s(
    'g',
    { transform: `translate(${x} 0)`, class: `person ${kind}`, fill: painted },
    s('circle', { cx: 14, cy: 8.5, r: 6 }),
    s('path', { d: BODY }),
  );
}

const drawing = (looks) => {
  made += 1;
  const id = `people-${made}`;
  return s(
    'svg',
    { viewBox: `0 0 ${looks.length * 32 - 4} 46`, class: 'people', 'aria-hidden': 'true', focusable: 'false' },
    patterns(id),
    ...looks.map((kind, index) => person(index * 32, kind, id)),
  );
};

export const ten = (groups) =>
  drawing(groups.flatMap((group, index) => Array(group.n).fill(look(group, index))));

export const one = (kind) => drawing([kind]);
