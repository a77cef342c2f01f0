// Centimetres and feet, kilograms and pounds: conversion, limits and how a measure reads.
//
// What a shopper enters stays in their unit and is sent so. A switch of units converts what was told, not
// what an earlier switch made of it.
// Everything the service answers is in centimetres.

import { number, t } from './texts.js';

const CM_PER_INCH = 2.54;
const KG_PER_POUND = 0.45359237;

/** What is entered as a number: limits as the API has them, and where the stepper begins. */
const METRIC = {
  height: { min: 120, max: 230, start: 170, step: 1 },
  weight: { min: 30, max: 300, start: 70, step: 1 },
  age: { min: 16, max: 100, start: 40, step: 1 },
  chest: { min: 70, max: 165, start: 100, step: 1 },
  waist: { min: 55, max: 170, start: 90, step: 1 },
  shoulder: { min: 32, max: 65, start: 45, step: 0.5 },
  sleeve: { min: 40, max: 85, start: 60, step: 0.5 },
};
const IMPERIAL_START = { height: 67, weight: 155, chest: 40, waist: 35, shoulder: 18, sleeve: 24 };

export const isTape = (field) => ['chest', 'waist', 'shoulder', 'sleeve'].includes(field);

const factor = (field) => {
  if (field === 'age') return 1;
  return field === 'weight' ? KG_PER_POUND : CM_PER_INCH;
};

/** Limits, step and start of a field in a unit. */
export function range(field, units) {
  const metric = METRIC[field];
  if (units === 'metric' || field === 'age') return metric;
  const step = isTape(field) ? 0.5 : 1;
  return {
    min: Math.ceil(metric.min / factor(field) / step) * step,
    max: Math.floor(metric.max / factor(field) / step) * step,
    start: IMPERIAL_START[field],
    step,
  };
}

/** A value as it was told, in a unit: rounded to what can be entered there. */
export const inUnits = (field, told, units) =>
  told.units === units || field === 'age' ? told.value : convert(field, told.value, units);

/** Rounding takes no value over a limit; one that was beyond it stays so. */
function convert(field, value, to) {
  const from = range(field, to === 'metric' ? 'imperial' : 'metric');
  const { min, max, step } = range(field, to);
  const other = to === 'metric' ? value * factor(field) : value / factor(field);
  const rounded = Math.round(other / step) * step;
  const isAllowed = value >= from.min && value <= from.max;
  return isAllowed ? Math.min(max, Math.max(min, rounded)) : rounded;
}

export const unitOf = (field, units) => {
  if (field === 'age') return t('unit.years');
  if (field === 'weight') return t(units === 'metric' ? 'unit.kg' : 'unit.lb');
  return t(units === 'metric' ? 'unit.cm' : 'unit.in');
};

const HALVES = { 0: '', 1: '¼', 2: '½', 3: '¾' };

/** Inches as a tape has them: 1½. */
function inches(value) {
  const quarters = Math.round(value * 4);
  const whole = Math.floor(quarters / 4);
  const part = HALVES[quarters % 4];
  return `${whole || !part ? number(whole) : ''}${part}`;
}

export const feetAndInches = (total) => `${Math.floor(total / 12)}′ ${Math.round(total % 12)}″`;

/** A value as it was entered, with its unit. */
export function entered(field, value, units) {
  if (field === 'height' && units === 'imperial') return feetAndInches(value);
  const digits = units === 'imperial' && isTape(field) ? inches(value) : number(value, 1);
  return `${digits}\u00a0${unitOf(field, units)}`;
}

/** A length that the service answered in cm. */
export function length(cm, units) {
  if (units === 'metric') return `${number(cm)}\u00a0${t('unit.cm')}`;
  return `${number(cm / CM_PER_INCH)}\u00a0${t('unit.in')}`;
}

/** An amount to alter, finer than a body's measure. */
export function amount(cm, units) {
  if (units === 'metric') return `${number(cm, 1)}\u00a0${t('unit.cm')}`;
  return `${inches(cm / CM_PER_INCH)}\u00a0${t('unit.in')}`;
}

/** From and to of an estimate. */
export function span({ low, high }, units) {
  const of = (cm) => number(units === 'metric' ? cm : cm / CM_PER_INCH);
  return `${of(low)}–${of(high)}`;
}
