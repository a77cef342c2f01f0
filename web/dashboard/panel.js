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
  const body = element.querySelector(".body") ?? element;
  const note = h("p", { class: "note", hidden: true });
  const nothing = h("p", { class: "nothing", hidden: true });
  let update = null;
  element.setAttribute("aria-busy", "true");
  body.before(note);
  body.after(nothing);
  return (state) => {
    const needed = sources(state);
    const failed = needed.find((source) => source.error);
    const isHere = needed.every((source) => source.data);
    const sentence = isHere ? empty(state) : null;
    element.dataset.state = failed ? "failing" : !isHere ? "loading" : sentence ? "empty" : "ok";
    if (isHere || failed) element.removeAttribute("aria-busy");
    showNote(note, failed, isHere);
    nothing.hidden = !sentence;
    say(nothing, sentence ?? "");
    body.hidden = (!isHere && Boolean(failed)) || Boolean(sentence);
    if (!isHere || sentence) return;
    update ??= make(body, element);
    update(state);
  };
}

function showNote(note, failed, isHere) {
  note.hidden = !failed;
  if (!failed) return;
  const old = isHere && failed.at ? `As of ${clock(failed.at)}. ` : "";
  const text = `${old}Not renewed since ${clock(failed.failingSince)}: ${failed.error.message}.`;
  if (note.textContent !== text) note.replaceChildren(sign("warning"), text);
}
