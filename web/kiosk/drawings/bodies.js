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
  const shoulder = chest + 10;
  const [outer, side] = [MIDDLE - shoulder, MIDDLE - chest];
  return [
    s('circle', { cx: MIDDLE, cy: 28, r: 17 }),
    ...bothSides(
      `M73 44V54C72 62 ${outer + 10} 62 ${outer} 74` +
        `C${outer - 9} 88 ${outer - 9} 128 ${outer - 6} 172` +
        `M${outer + 7} 172L${side} 100C${side} 122 ${MIDDLE - 29} 128 ${MIDDLE - 28} 148L${MIDDLE - 32} 190`,
    ),
  ];
}

function side(stomach) {
  const most = 94 + stomach;
  return [
    s('circle', { cx: 76, cy: 28, r: 17 }),
    line('M92 25l5 7-5 2'),
    line('M66 43C67 58 55 64 53 84 51 104 60 118 59 136 58 150 53 158 54 190'),
    line(`M86 44C86 58 94 66 96 82 97 94 96 100 ${96 + stomach / 3} 108C${most} 118 ${most + 2} 140 ${most - 2} 152C${most - 6} 164 94 168 94 190`),
    line('M70 72C64 94 66 120 76 150l4 14', { class: 'faint' }),
  ];
}

const CHESTS = { narrower: 29, average: 36, broader: 44 };
const STOMACHS = { flatter: -2, average: 8, rounder: 24 };

export const build = (part, value) =>
  part === 'chest' ? frame(...front(CHESTS[value])) : frame(...side(STOMACHS[value]));

const TAPES = {
  chest: 'M42 98C52 112 108 112 118 98',
  waist: 'M51 148C60 159 100 159 109 148',
  shoulder: 'M36 72C56 60 104 60 124 72',
  sleeve: 'M124 74C133 88 133 128 130 172',
};

export const tape = (field) =>
  frame(
    ...front(CHESTS.average),
    line(TAPES[field], { class: 'tape' }),
    line(TAPES[field], { class: 'tape-marks' }),
  );
