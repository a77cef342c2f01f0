// Asking the service until it answers: patience when it is busy, and when it is away a friendly
// wait that says so, looks for it again ever less often, and then repeats the question by itself.

import * as api from './api.js';
import { pause } from './clock.js';
import * as dialog from './dialog.js';
import { button, h } from './dom.js';
import { t } from './texts.js';

const FIRST_LOOK_MS = 1000;
const RAREST_LOOK_MS = 10000;
/** A shorter wait is only slow; a longer one is explained. */
const UNEXPLAINED_SECONDS = 2;

let wasAway = false;

/** Was the service away since the page was loaded? It may have come back as another version. */
export const hadOutage = () => wasAway;

/**
 * The recommendation for `question`, or null where `wanted()` no longer holds when it comes.
 * Throws `Refused` only. What is said meanwhile belongs to this question, and goes with it.
 */
export async function ask(question, { wanted, giveUp }) {
  const wait = { wanted, giveUp, overlay: null };
  try {
    while (wanted()) {
      try {
        const answer = await api.recommend(question);
        return wanted() ? answer : null;
      } catch (problem) {
        if (problem instanceof api.Refused) throw problem;
        await patience(problem, wait);
      }
    }
    return null;
  } finally {
    wait.overlay?.close('over');
  }
}

async function patience(problem, wait) {
  if (problem instanceof api.Busy) {
    if (problem.seconds > UNEXPLAINED_SECONDS) explain(wait);
    await pause(problem.seconds * 1000);
    return;
  }
  wasAway = true;
  explain(wait);
  await untilLive(wait.wanted);
}

/** Resolves when the service lives again, or when nobody waits for it any more. */
async function untilLive(wanted) {
  for (let wait = FIRST_LOOK_MS; wanted(); wait = rarer(wait)) {
    await pause(wait);
    if (!wanted() || (await api.isLive())) return;
  }
}

const rarer = (wait) => Math.min(wait * 1.6, RAREST_LOOK_MS);

function explain(wait) {
  if (wait.overlay?.open || !wait.wanted()) return;
  wait.overlay = dialog.open({
    name: 'away',
    title: t('away.title'),
    dismissable: false,
    children: [
      h('div', { class: 'thread', 'aria-hidden': 'true' }),
      h('p', { role: 'status' }, t('away.text')),
      button('start-over', t('bar.startOver'), wait.giveUp, { class: 'plain' }),
    ],
  });
}
