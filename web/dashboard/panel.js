// The frame of a panel: which state it is in, and what is said of that. What is in it is a panel's own business.
//
//   loading  nothing has come yet: a grey shape in its place
//   ok       what it shows is new
//   empty    there is nothing to show, and a sentence says so
//   failing  its data did not come: what there was stays, marked as old

import { h, say, sign } from "./dom.js";
import { clock } from "./time.js";

/**
 * `sources(state)`: what it needs. `empty(state)`: a sentence if there is nothing to show. `make(body, element)`: builds
 * it once, and returns what brings it up to date.
 */
export function mountPanel(name, { sources, empty = () => null, make }) {
  const element = document.querySelector(`[data-panel="${name}"]`);
  const body = element.querySelector(".body");
  const old = h("span", { class: "tag warning old", hidden: true });
  const note = h("p", { class: "note", hidden: true });
  const nothing = h("p", { class: "nothing", hidden: true });
  let update = null;
  element.setAttribute("aria-busy", "true");
  element.querySelector("h2").after(old);
  body.before(note);
  body.after(nothing);
  return (state) => {
    const needed = sources(state);
    const isHere = needed.every((source) => source.data);
    const failed = needed.find((source) => source.error);
    const isFailing = Boolean(failed || state.awaySince);
    const sentence = isHere ? empty(state) : null;
    element.dataset.state = isFailing ? "failing" : !isHere ? "loading" : sentence ? "empty" : "ok";
    if (isHere || isFailing) element.removeAttribute("aria-busy");
    showAge(old, isFailing && isHere, needed);
    showFailure(note, isFailing && !isHere, failed);
    nothing.hidden = !sentence;
    say(nothing, sentence ?? "");
    body.hidden = (!isHere && isFailing) || Boolean(sentence);
    if (!isHere || sentence) return;
    update ??= make(body, element);
    update(state);
  };
}

/** Beside the heading, where it moves nothing. Why, and since when, stands in the verdict. */
function showAge(old, isOld, needed) {
  old.hidden = !isOld;
  if (!isOld) return;
  const text = `old, of ${clock(Math.min(...needed.map(({ at }) => at)))}`;
  if (old.textContent !== text) old.replaceChildren(sign("warning"), text);
}

function showFailure(note, isMissing, failed) {
  note.hidden = !isMissing;
  if (!isMissing) return;
  const text = failed ? `This cannot be had: ${failed.error.message}.` : "The service cannot be reached.";
  if (note.textContent !== text) note.replaceChildren(sign("warning"), text);
}
