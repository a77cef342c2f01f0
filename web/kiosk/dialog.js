// What lies over the page: a native modal dialog, which keeps focus inside and takes the rest out of
// reach. One that is not dismissable stays until the page itself closes it, with `close('over')`.

import { h } from './dom.js';
import * as taps from './taps.js';

const OVER = 'over';

/** Opens a dialog with a heading. Returns the element; `close()` takes it away again. */
export function open({ name, title, role, describedby, children, onclose, dismissable = true }) {
  const heading = h('h2', { id: `dialog-${name}`, tabindex: '-1' }, title);
  const dialog = h(
    'dialog',
    {
      'data-dialog': name,
      class: 'dialog',
      role,
      'aria-labelledby': heading.id,
      'aria-describedby': describedby,
      closedby: dismissable ? null : 'none',
    },
    heading,
    children,
  );
  dialog.addEventListener('cancel', (event) => {
    if (!dismissable) event.preventDefault();
  });
  dialog.addEventListener('close', () => {
    // A browser lets a second Escape close what the first could not.
    if (!dismissable && dialog.returnValue !== OVER) return dialog.showModal();
    dialog.remove();
    taps.renewed();
    return onclose?.();
  });
  document.body.append(dialog);
  dialog.showModal();
  taps.renewed();
  (dialog.querySelector('[autofocus]') ?? heading).focus();
  return dialog;
}

export const anyOpen = () => document.querySelector('dialog[open]') !== null;

/** Closes the dialog on top, if it may be. Was there one? */
export function closeTop() {
  const top = [...document.querySelectorAll('dialog[open]')].at(-1);
  if (top && top.getAttribute('closedby') !== 'none') top.close();
  return top !== undefined;
}

export function closeAll() {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close(OVER);
}
