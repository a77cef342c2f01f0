// The answer to take along: a QR code that holds the text itself, so that a telephone reads it with no
// network and nobody keeps it.

import { correction, generate, mode } from '../vendor/lean-qr/index.mjs';
import { toSvg } from '../vendor/lean-qr/svg.mjs';
import * as dialog from './dialog.js';
import { button, h } from './dom.js';
import { icon } from './drawings/icons.js';
import { plainText } from './tell.js';
import { t } from './texts.js';

/** The quiet zone that readers need, in modules. */
const QUIET = 4;

export function qrCode(recommendation) {
  // All of it as UTF-8 and named so: readers differ in what they make of any other alphabet.
  const code = generate(mode.multi(mode.eci(26), mode.bytes(new TextEncoder().encode(plainText(recommendation)))), {
    minCorrectionLevel: correction.M,
  });
  const svg = toSvg(code, document, { on: '#000', off: '#fff', pad: QUIET });
  svg.setAttribute('class', 'qr');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', t('qr.label'));
  return svg;
}

export function openQr(recommendation) {
  const shown = dialog.open({
    name: 'qr',
    title: t('qr.title'),
    children: [
      h('p', { class: 'hint' }, t('qr.hint')),
      qrCode(recommendation),
      h('pre', { class: 'plain-text' }, plainText(recommendation)),
      button('close', [icon('check'), t('bar.close')], () => shown.close(), { class: 'primary' }),
    ],
  });
}
