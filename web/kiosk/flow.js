// What comes after what. A screen tells what was answered or skipped; here it is decided whether to
// ask the service and where to go.
//
//     attract -> height -> weight -> answer -> (build, known sizes, tapes, as long as they help) -> result
//                             \-> jacket -/         any answer can be changed from `result` and `answer`

import { Refused } from './api.js';
import * as connection from './connection.js';
import * as dialog from './dialog.js';
import * as guardedHistory from './history.js';
import { isEnough, question } from './question.js';
import * as settings from './settings.js';
import * as standing from './standing.js';
import { get, set, setAnswer, setSkipped, wipe } from './state.js';
import { speak, spoken } from './texts.js';
import { inUnits, isTape } from './units.js';
import * as view from './view.js';

/** Where each answer of the API's names is asked for. */
const SCREENS = {
  height: 'height',
  weight: 'weight',
  knownSize: 'jacket',
  knownTrousers: 'trousers',
  'build.chest': 'build-chest',
  'build.stomach': 'build-stomach',
  age: 'age',
  fitPreference: 'fit',
  chest: 'tape-chest',
  waist: 'tape-waist',
  shoulder: 'tape-shoulder',
  sleeve: 'tape-sleeve',
};

/** Asked before there is an answer: changed later, they lead to it, not to the next question. */
const BASICS = ['height', 'weight', 'choices'];

/**
 * The newest question to the service. There is one: a newer one takes its place, and only its own
 * reply counts. `holds` the shopper where the next screen depends on it.
 */
let underWay = null;

const asking = () => underWay?.holds === true;

/** Goes to a screen; the one left can be gone back to. */
export function go(screen, change = {}) {
  if (asking()) return;
  const { screen: left, trail } = get();
  set({ draft: null, mistake: null, ...change, screen, trail: [...trail, left] });
  guardedHistory.guard();
  view.show();
}

export function back() {
  const { trail, screen, recommendation } = get();
  if (screen === 'attract') return undefined;
  guardedHistory.guard();
  if (dialog.closeTop() || asking()) return undefined;
  const previous = trail.at(-1);
  if (!previous || previous === 'attract') return startOver();
  const after = !recommendation ? 'first' : BASICS.includes(previous) ? 'answer' : 'sharpen';
  set({ screen: previous, trail: trail.slice(0, -1), draft: null, mistake: null, before: null, after });
  return view.show();
}

/** Everything that this shopper told is gone, and the attract screen waits for the next one. */
export function startOver() {
  wipe();
  underWay = null;
  view.busy(false);
  guardedHistory.forget();
  dialog.closeAll();
  settings.beginAnew();
  view.show();
  speakAnew();
  standing.look();
}

/** The words of a fresh visit, where the one before spoke another language. */
async function speakAnew() {
  const code = settings.currentLanguage();
  if (code === spoken()) return;
  await speak(code).catch(() => settings.speakOn(spoken()));
  view.show({ keepFocus: true });
}

export function start(sex) {
  set({ sex });
  go('height');
}

/** A measure comes with its unit as it was `told`. */
export function answer(field, value, told) {
  if (asking()) return;
  setAnswer(field, value, told);
  proceed(field);
}

export function skip(...fields) {
  if (asking()) return;
  const changed = fields.some((field) => field in get().answers);
  setSkipped(...fields);
  proceed(fields[0], changed);
}

/** The weight is nobody's business: a jacket size stands in its place. */
export function withholdWeight() {
  if (asking()) return;
  setSkipped('weight');
  if (isEnough(get())) proceed('weight');
  else go(missing('weight'));
}

function proceed(field, changed = true) {
  const { after, recommendation } = get();
  if (!isEnough(get())) return go(missing(field));
  if (after === 'first' && field === 'height' && !recommendation) return go('weight');
  if (changed || !recommendation) return refresh(field);
  set({ before: null });
  return lead();
}

/** What is asked next where there is not enough for an answer. */
function missing(field) {
  const { answers, skipped } = get();
  if (!('height' in answers)) return 'height';
  if (field === 'height' && !skipped.includes('weight')) return 'weight';
  if (!skipped.includes('knownSize') && field !== 'knownSize') return 'jacket';
  return 'choices';
}

/** A size that the system asked for does not have comes as `EU 46XL`: its system is said beside it, not in it. */
function inItsSystem(answered, asked) {
  const system = answered.sizeSystem ?? asked;
  const size = system === asked ? answered.size : answered.size.replace(`${system} `, '');
  return { ...answered, size, system };
}

/** Asks the service with all that is known. `then` goes on with the answer, `otherwise` with what was wrong. */
async function put(purpose) {
  const asked = { ...purpose };
  const wanted = () => underWay === asked;
  underWay = asked;
  view.busy(purpose.holds);
  const put = question(get());
  const over = () => {
    underWay = null;
    view.busy(false);
  };
  try {
    const answered = await connection.ask(put, { wanted, giveUp: startOver });
    if (!answered || !wanted()) return;
    over();
    purpose.then(inItsSystem(answered, put.sizeSystem));
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    if (!wanted()) return;
    over();
    purpose.otherwise(problem.errors);
  }
}

/** The size before, where the answer changed it; labels of two systems say nothing about that. */
function changedFrom(before, now) {
  const comparable = before?.size && before.system === now.system;
  return comparable && before.size !== now.size ? before.size : null;
}

/** Asks with a new answer, then goes on. */
const refresh = (field) =>
  put({
    holds: true,
    then(recommendation) {
      set({ recommendation, before: changedFrom(get().recommendation, recommendation) });
      lead();
    },
    otherwise: (errors) => refused(errors, field),
  });

/** To the next question, or to the answer that this question was asked for. */
function lead() {
  const { after } = get();
  if (after === 'sharpen') return sharpen();
  return home(after === 'first' ? 'answer' : after);
}

/** Back to a screen that was left on the way here. */
export function home(screen) {
  if (asking()) return;
  const { screen: left, trail } = get();
  const visited = trail.lastIndexOf(screen);
  set({
    screen,
    trail: visited < 0 ? [...trail, left] : trail.slice(0, visited),
    after: 'sharpen',
    draft: null,
    mistake: null,
  });
  view.show();
  view.announceAnswer();
}

/** The questions that could still change the size: what needs no tape first, the best first. */
export function worthAsking() {
  const { recommendation, skipped, answers } = get();
  const open = (recommendation?.furtherQuestions ?? [])
    .map(({ field }) => field)
    .filter((field) => field in SCREENS && !skipped.includes(field) && !(field in answers));
  return [...open.filter((field) => !isTape(field)), ...open.filter(isTape)];
}

export function sharpen() {
  const [next] = worthAsking();
  if (!next) return result();
  go(SCREENS[next], { after: 'sharpen' });
  view.announceAnswer();
}

export const result = () => go('result', { after: 'sharpen', before: null });

/** Asks one question again, or one that was not asked, and comes back. */
export const change = (field, home) => go(SCREENS[field], { after: home });

/** Without an answer yet, from the screen that offers what could stand in a weight's place. */
export const offer = (field) => go(SCREENS[field], { after: 'first' });

function refused(errors, field) {
  const fields = errors.map((error) => ({ ...error, field: apiField(error.field) }));
  const wrong = fields.find((error) => error.field === field) ?? fields.find((e) => e.field in SCREENS);
  if (!wrong) return view.apologise(fields.some((error) => error.field === 'sex') ? 'mistake.sex' : 'error.unknown');
  setAnswer(wrong.field, null);
  const { code, min, max } = wrong;
  const mistake = { field: wrong.field, code, min, max };
  const { screen, trail } = get();
  const there = SCREENS[wrong.field];
  set({ mistake, draft: null, screen: there, trail: screen === there ? trail : [...trail, screen] });
  view.show();
}

const apiField = (name = '') => name.replace(/\.(size|system)$/, '');

/** A switch of units keeps what was told, and what is typed: an entry converts its own draft. */
export function useUnits(units) {
  const { answers, told } = get();
  const converted = Object.entries(answers).map(([field, value]) => [
    field,
    told[field] ? inUnits(field, told[field], units) : value,
  ]);
  settings.chooseUnits(units);
  set({ answers: Object.fromEntries(converted), mistake: null });
  view.show({ keepFocus: true });
  return translateAnswer();
}

export async function useLanguage(code) {
  await speak(code).then(
    () => settings.chooseLanguage(code),
    () => null,
  );
  view.show({ keepFocus: true });
  return translateAnswer();
}

/**
 * The answer is in the words, labels and units of its question: after a switch it is asked for again,
 * and so is one that is still on its way.
 */
function translateAnswer() {
  if (asking()) return put(underWay);
  if (!get().recommendation) return undefined;
  return put({
    holds: false,
    then(recommendation) {
      set({ recommendation, before: null });
      view.show({ keepFocus: true });
    },
    otherwise() {},
  });
}
