// Elements, made in one call. Text is always text: nothing that comes from the service is read as markup.

/** `attributes`: `on*` are listeners, `true` and `false` switch, the rest is set as written. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

/** Sets text only where it differs, so that a screen reader is not told the same again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A sign beside a word: what is said is never said by colour alone. */
const SIGNS = {
  good: ["M4 12.5l5 5L20 6.5"],
  warning: ["M12 3L2 21h20L12 3z", "M12 10v5", "M12 18v.4"],
  bad: ["M12 2.5a9.5 9.5 0 1 0 0 19a9.5 9.5 0 1 0 0-19z", "M8 8l8 8", "M16 8l-8 8"],
  info: ["M12 2.5a9.5 9.5 0 1 0 0 19a9.5 9.5 0 1 0 0-19z", "M12 11v6", "M12 7v.4"],
  away: ["M3 3l18 18", "M5 9a11 11 0 0 1 4-2.4M13 6.1A11 11 0 0 1 19 9M8 13a6 6 0 0 1 3-1.8M12 18v.4"],
  wait: ["M12 2.5a9.5 9.5 0 1 0 0 19a9.5 9.5 0 1 0 0-19z", "M12 7v5l3.5 2"],
};

export function sign(name) {
  const paths = SIGNS[name].map((d) => svg("path", { d }));
  return svg("svg", { class: `sign ${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" }, ...paths);
}

/** A word with its sign. */
export const tag = (name, word) => h("span", { class: `tag ${name}` }, sign(name), word);
