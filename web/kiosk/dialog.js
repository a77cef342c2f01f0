// What lies over the page: a native modal dialog, which keeps focus inside, takes the rest out of
// reach and closes itself when its opener is gone.

import { h } from './dom.js';

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
    },
    heading,
    children,
  );
  dialog.addEventListener('cancel', (event) => {
    if (!dismissable) event.preventDefault();
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    onclose?.();
  });
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector('[autofocus]') ?? heading).focus();
  return dialog;
}

export const anyOpen = () => document.querySelector('dialog[open]') !== null;

export function closeAll() {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
}
