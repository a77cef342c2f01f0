// Neutral line figures: three chests from the front, three stomachs from the side, and where a tape
// goes. One stroke, nobody's face, the same figure but for the one thing that is asked.

import { s } from '../dom.js';

const MIDDLE = 80;

const frame = (...children) =>
  s('svg', { viewBox: '0 0 160 196', class: 'body', 'aria-hidden': 'true', focusable: 'false' }, ...children);

const line = (d, properties) => s('path', { d, ...properties });

/** One side of a figure from the front, and its mirror image. */
const bothSides = (d) => [line(d), line(d, { transform: `translate(${2 * MIDDLE} 0) scale(-1 1)` })];

function front(chest) {
  const [outer, side] = [MIDDLE - chest - 13, MIDDLE - chest];
  const [waist, hip] = [MIDDLE - 28 - (chest - 36) * 0.5, MIDDLE - 31 - (chest - 36) * 0.3];
  return [
    s('circle', { cx: MIDDLE, cy: 26, r: 16 }),
    ...bothSides(
      `M73 41V51C72 60 ${outer + 12} 60 ${outer + 2} 72` +
        `C${outer - 6} 84 ${outer - 5} 128 ${outer - 9} 176` +
        `M${outer + 3} 176C${outer + 7} 140 ${side - 2} 122 ${side} 98` +
        `C${side + 1} 118 ${waist} 126 ${waist} 146C${waist} 164 ${hip} 170 ${hip} 192`,
    ),
  ];
}

function side(stomach) {
  const most = 97 + stomach;
  return [
    s('circle', { cx: 78, cy: 26, r: 16 }),
    line('M68 40C69 54 56 62 54 82 52 104 61 120 59 138 58 150 54 160 55 192'),
    line(
      'M87 40C87 55 96 64 98 80 99 90 98 96 98 100' +
        `C98 106 ${most} 112 ${most} 132C${most} 154 97 162 96 192`,
    ),
    line('M73 70C66 92 67 120 75 146l6 18', { class: 'faint' }),
  ];
}

const CHESTS = { narrower: 30, average: 36, broader: 43 };
const STOMACHS = { flatter: -4, average: 4, rounder: 16 };

export const build = (part, value) =>
  part === 'chest' ? frame(...front(CHESTS[value])) : frame(...side(STOMACHS[value]));

const TAPES = {
  chest: 'M43 96C54 108 106 108 117 96',
  waist: 'M52 144C60 153 100 153 108 144',
  shoulder: 'M34 72C56 58 104 58 126 72',
  sleeve: 'M127 72C135 84 134 128 138 176',
};

export const tape = (field) =>
  frame(
    ...front(CHESTS.average),
    line(TAPES[field], { class: 'tape' }),
    line(TAPES[field], { class: 'tape-marks' }),
  );
