// Entering a number: a large display, a stepper that repeats while held, and the page's own keypad;
// the hardware keyboard does the same. Feet and inches are two fields, everything else is one.
//
// Nothing is prefilled; the stepper begins at a value that says nothing about anybody.

import { anyOpen } from './dialog.js';
import { button, h } from './dom.js';
import { icon } from './drawings/icons.js';
import { hold, release, releaseUntil } from './hold.js';
import { get, set } from './state.js';
import { t } from './texts.js';
import { inUnits, isTape, range, unitOf } from './units.js';
import { whileShown } from './view.js';

/** The fields of one entry: how many digits each takes, and whether a half can follow. */
function fieldsOf(field, units) {
  if (field === 'height' && units === 'imperial') {
    return [
      { name: 'ft', digits: 1, unit: t('unit.ft'), label: t('entry.feet') },
      { name: 'in', digits: 2, unit: t('unit.in'), label: t('entry.inches') },
    ];
  }
  const half = units === 'imperial' && isTape(field);
  const label = t(`entry.${field}`);
  return [{ name: field, digits: field === 'age' || half ? 2 : 3, unit: unitOf(field, units), label, half }];
}

const textOf = (value) => `${Math.floor(value)}${value % 1 ? '½' : ''}`;

/** The texts that show a value. */
const split = (value, fields) =>
  fields.length === 2 ? [String(Math.floor(value / 12)), String(value % 12)] : [textOf(value)];

/** The value of the texts; null where nothing is entered, NaN where 12 inches or more are. */
function join(texts, fields) {
  if (texts.every((text) => text === '')) return null;
  const [first, second] = texts.map((text) => Number(text.replace('½', '.5')) || 0);
  if (fields.length === 1) return first;
  return second < 12 ? first * 12 + second : NaN;
}

const clean = (text, { digits, half }) => {
  const whole = text.replace(/[.,½].*|\D/g, '').slice(0, digits);
  return half && whole && /[.,½]/.test(text) ? `${whole}½` : whole;
};

/** One entry. `value` is what it begins with or null; `done` is called by Enter. */
export class Entry {
  constructor({ field, units, value, done }) {
    Object.assign(this, { field, units, done });
    this.fields = fieldsOf(field, units);
    this.texts = this.begin(value);
    this.active = 0;
    this.inputs = this.fields.map((of, index) => this.input(of, index));
    this.display = h('div', { class: 'display' }, this.fields.map((of, index) => this.shown(of, index)));
    this.element = h('div', { class: 'entry' }, this.stepper(), this.keypad());
    this.listen();
    this.paint();
  }

  /** With what was typed, in the units spoken now; or with the answer given before. */
  begin(value) {
    const { draft } = get();
    this.told = draft?.told ?? null;
    if (draft?.units === this.units) return [...draft.texts];
    if (this.told) return split(inUnits(this.field, this.told, this.units), this.fields);
    return value === null ? this.fields.map(() => '') : split(value, this.fields);
  }

  /** From now on what is shown is what was told. */
  tell() {
    const { value, units } = this;
    this.told = value === null || Number.isNaN(value) ? null : { value, units };
    this.paint();
  }

  get value() {
    return join(this.texts, this.fields);
  }

  input(of, index) {
    return h('input', {
      id: `entry-${of.name}`,
      name: of.name,
      inputmode: 'none',
      autocomplete: 'off',
      maxlength: '5',
      'aria-label': `${of.label} (${of.unit})`,
      'aria-describedby': 'mistake',
      onfocus: () => this.activate(index),
      oninput: (event) => this.put(index, event.target.value),
    });
  }

  shown(of, index) {
    return h(
      'label',
      { class: 'field', for: `entry-${of.name}` },
      this.inputs[index],
      h('span', { class: 'unit', 'aria-hidden': 'true' }, of.unit),
    );
  }

  stepper() {
    return h(
      'div',
      { class: 'stepper' },
      this.step('minus', t('entry.less'), -1),
      this.display,
      this.step('plus', t('entry.more'), 1),
    );
  }

  keypad() {
    const digit = (n) => button(`digit-${n}`, String(n), () => this.type(String(n)));
    const half = this.fields[0].half
      ? button('half', '½', () => this.type('½'), { 'aria-label': t('entry.half') })
      : h('span');
    const remove = button('delete', icon('delete'), () => this.remove(), {
      'aria-label': t('entry.delete'),
    });
    const keys = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(digit);
    return h('div', { class: 'keypad', role: 'group', 'aria-label': t('entry.keypad') }, keys, half, digit(0), remove);
  }

  step(action, label, by) {
    const once = () => this.add(by);
    // A finger steps when it comes down; a click without a finger is a key or a screen reader.
    return button(action, icon(action), (event) => event.detail === 0 && once(), {
      'aria-label': label,
      onpointerdown: () => hold(once),
      onpointerleave: release,
      oncontextmenu: (event) => event.preventDefault(),
    });
  }

  add(by) {
    const { min, max, start, step } = range(this.field, this.units);
    const { value } = this;
    const next = value === null || Number.isNaN(value) ? start : value + by * step;
    this.texts = split(Math.min(max, Math.max(min, next)), this.fields);
    this.tell();
  }

  activate(index) {
    this.active = index;
    this.paint();
  }

  put(index, text) {
    this.texts[index] = clean(text, this.fields[index]);
    this.advance(index);
    this.tell();
  }

  type(key) {
    const { active, texts } = this;
    const longer = clean(texts[active] + key, this.fields[active]);
    if (longer === texts[active]) return;
    this.put(active, longer);
  }

  remove() {
    if (this.texts[this.active] === '' && this.active > 0) this.activate(this.active - 1);
    this.put(this.active, this.texts[this.active].slice(0, -1));
  }

  /** Feet are one digit: inches are next. */
  advance(index) {
    const full = this.texts[index].length === this.fields[index].digits;
    if (!full || index !== this.active || index + 1 >= this.fields.length) return;
    const focused = document.activeElement === this.inputs[index];
    this.active = index + 1;
    if (focused) this.inputs[this.active].focus();
  }

  paint() {
    set({ draft: { texts: [...this.texts], told: this.told, units: this.units } });
    this.inputs.forEach((input, index) => {
      if (input.value !== this.texts[index]) input.value = this.texts[index];
      input.size = Math.max(1, this.fields[index].digits + (this.fields[index].half ? 1 : 0));
      input.toggleAttribute('data-active', this.fields.length > 1 && index === this.active);
    });
  }

  /** Digits, Backspace and Enter wherever the focus is, until this screen is left. */
  listen() {
    const signal = whileShown();
    releaseUntil(signal);
    addEventListener('keydown', (event) => {
      if (!anyOpen() && !event.ctrlKey && !event.metaKey && !event.altKey) this.key(event);
    }, { signal });
  }

  key(event) {
    const inField = event.target.tagName === 'INPUT';
    const onButton = event.target.tagName === 'BUTTON';
    if (event.key === 'Enter' && !onButton) this.done();
    else if (event.key === 'ArrowUp' && inField) this.add(1);
    else if (event.key === 'ArrowDown' && inField) this.add(-1);
    else if (inField) return;
    else if (/^[\d.,]$/.test(event.key)) this.type(event.key);
    else if (event.key === 'Backspace') this.remove();
    else return;
    event.preventDefault();
  }

  /** Says to who cannot see it which field is wrong. */
  mark(isWrong) {
    for (const input of this.inputs) input.setAttribute('aria-invalid', String(isWrong));
  }
}
