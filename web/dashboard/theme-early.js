// Dark or light as it was chosen, before anything is painted: a plain script, because a module runs too late for that.
// `theme.js` has the rest.
try {
  const chosen = localStorage.getItem("suitsize-dashboard-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing shows what the system says.
}
