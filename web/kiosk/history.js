// The browser's Back is the page's Back, and never brings answers back: a visit has one entry of
// history that says nothing, and a page taken from the browser's memory begins anew.

let guarded = false;
let back = () => {};

/** `goBack` steps back within the page; `forget` wipes. */
export function listen({ goBack, forget }) {
  back = goBack;
  history.replaceState(null, '');
  addEventListener('popstate', () => {
    guarded = false;
    back();
  });
  addEventListener('pagehide', forget);
  addEventListener('pageshow', (event) => {
    if (event.persisted) forget();
  });
}

/** A visit is under way: Back has something to step back to. */
export function guard() {
  if (guarded) return;
  history.pushState(null, '');
  guarded = true;
}

export const forget = () => history.replaceState(null, '');
