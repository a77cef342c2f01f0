// Elements in one line: `h('p', { class: 'hint' }, 'text')`. A property that begins with `on` is a
// listener; false, null and undefined leave an attribute or a child out.

const SVG = 'http://www.w3.org/2000/svg';

export const h = (tag, properties, ...children) =>
  fill(document.createElement(tag), properties, children);

export const s = (tag, properties, ...children) =>
  fill(document.createElementNS(SVG, tag), properties, children);

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(2).filter((child) => child !== false && child != null));
  return element;
}

/** A button that tests and style sheets know by its action. */
export function button(action, label, onclick, properties = {}) {
  return h('button', { type: 'button', 'data-action': action, onclick, ...properties }, label);
}

/** A question's choice: pressed if it is what was answered before, never by itself. */
export function choice(action, value, label, onclick, chosen, properties = {}) {
  const pressed = chosen === value ? 'true' : 'false';
  const own = { 'data-value': String(value), 'aria-pressed': pressed, class: 'choice' };
  return button(action, label, () => onclick(value), { ...own, ...properties });
}
