// Signs on buttons, drawn with one stroke width. The word is beside them or in a label: a sign alone
// says nothing here.

import { s } from '../dom.js';

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  restart: 'M5 5v5h5M5.5 10a7.5 7.5 0 1 1-1 4.5',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c3 2.6 4 5.6 4 9s-1 6.400-4 9c-3-2.600-4-5.600-4-9s1-6.400 4-9',
  ruler: 'M3 8h18v8H3ZM7 8v3M11 8v4M15 8v3M19 8v4',
  minus: 'M5 12h14',
  plus: 'M5 12h14M12 5v14',
  delete: 'M9 6h12v12H9l-6-6ZM12.500 9.500l5 5M17.500 9.500l-5 5',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  next: 'M9 5l7 7-7 7',
  print: 'M7 9V4h10v5M7 18H4V9h16v9h-3M7 14h10v6H7Z',
  qr: 'M4 4h6v6H4ZM14 4h6v6h-6ZM4 14h6v6H4ZM14 14h2v2h-2ZM18 18h2v2h-2ZM18 14h2M14 18v2',
  edit: 'M4 20l1-4L16.500 4.500l3 3L8 19ZM14 7l3 3',
  tape: 'M12 5a6 6 0 1 0 0 12h9v-6M12 9a2 2 0 1 0 0 4 2 2 0 0 0 0-4M15 17v-2M18 17v-2',
  plusMinus: 'M12 4v10M7 9h10M7 19h10',
};

export const icon = (name) =>
  s(
    'svg',
    { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' },
    s('path', { d: PATHS[name] }),
  );
