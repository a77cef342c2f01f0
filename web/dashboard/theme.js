// Dark and light: what the system says, or what was chosen with the button. The choice is the only thing that this
// page keeps in the browser.

const KEY = "suitsize-dashboard-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const listeners = new Set();

export const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

/** Calls `listener` whenever colours have changed: charts are painted, not styled. */
export const onTheme = (listener) => listeners.add(listener);

export function mountTheme(button) {
  const name = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `${button.textContent} colours`);
  };
  const changed = () => {
    name();
    listeners.forEach((listener) => listener());
  };
  button.addEventListener("click", () => {
    choose(isDark() ? "light" : "dark");
    changed();
  });
  system.addEventListener("change", changed);
  name();
}

/** Choosing what the system says anyway means: as the system says, from now on too. */
function choose(theme) {
  const isSystems = theme === (system.matches ? "dark" : "light");
  if (isSystems) delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (isSystems) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is closed.
  }
}
