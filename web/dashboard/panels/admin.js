// What an operator may do, behind the token. The token is held in a variable of this module until the page is closed, it
// was wrong, or nothing was done with it for ten minutes; it is never stored.

import { operate } from "../api.js";
import { h, say, tag } from "../dom.js";
import { bytes, count, many, ms } from "../format.js";
import { mountPanel } from "../panel.js";
import { refresh } from "../poll.js";
import { now } from "../service-time.js";
import { table } from "../table.js";
import { clock, MINUTE } from "../time.js";

const FORGOTTEN_AFTER_MS = 10 * MINUTE;
const KEPT_REPORTS = 5;

let token = "";
let forgetting;

/** `ask`: the question before it is done. `call`: method, address, body. `tell`: what it did, as elements. */
const ACTIONS = {
  optimize: {
    name: "Optimise",
    what: "Deletes what has expired, gives free pages back, moves the log into the file.",
    call: () => ["POST", "api/optimize"],
    tell: optimized,
  },
  vacuum: {
    name: "Full vacuum",
    what: "Also rewrites the whole file, if three times its size is free on the disk.",
    ask: "The whole file is rewritten. While that goes on nothing is stored; answers go on from memory and model.",
    call: () => ["POST", "api/optimize", { vacuum: "full" }],
    tell: optimized,
  },
  warm: {
    name: "Warm",
    what: "Fills memory from the file and computes every likely answer now: some seconds of all cores.",
    call: () => ["POST", "api/cache/warm"],
    tell: ({ fromStore, computed, ahead }) => [
      h("p", {}, `${many(fromStore, "answer")} from the file, ${count(computed)} computed; ${count(ahead)} are kept ahead now.`),
    ],
  },
  clear: {
    name: "Clear the cache",
    what: "Empties memory and file. Figures and audit stay.",
    ask: "Answers are deleted from memory and file. Until the likely ones are computed again, questions take longer.",
    takesPrefix: true,
    call: (prefix) => ["DELETE", `api/cache${prefix ? `?prefix=${encodeURIComponent(prefix)}` : ""}`],
    tell: ({ memory, store }) => [
      h("p", {}, `${many(memory, "answer")} deleted from memory, `, store == null ? "the store could not be asked." : `${count(store)} from the store.`),
    ],
  },
};

export const admin = mountPanel("admin", {
  sources: ({ sources }) => [sources.status],
  make: (body) => {
    const off = h("p", { class: "remark", hidden: true });
    const gate = tokenForm();
    const reports = h("div", { class: "reports", role: "log", "aria-label": "What was done", tabindex: "0" });
    const buttons = Object.entries(ACTIONS).map(([name, action]) => actionButton(name, action, gate, reports));
    const list = h("ul", { class: "actions", role: "list" }, ...buttons.map(({ element }) => element));
    body.append(off, gate.element, list, reports);
    return ({ sources, awaySince }) => {
      const isOff = !hasToken(sources.status.data);
      const reason = isOff
        ? "Switched off: the service has no token. Start it with SUITSIZE_ADMIN_TOKEN or SUITSIZE_ADMIN_TOKEN_FILE (32 or more characters)."
        : awaySince && "The service cannot be reached.";
      off.hidden = !reason;
      say(off, reason || "");
      gate.enable(!isOff);
      buttons.forEach(({ enable }) => enable(!reason));
    };
  },
});

const hasToken = ({ configuration }) =>
  configuration.some(({ name, value }) => ["admin-token", "admin-token-file"].includes(name) && value !== null);

/** The field, which is emptied as soon as what was typed is held. */
function tokenForm() {
  const field = h("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false", "data-action": "token" });
  const held = h("p", { class: "held", hidden: true });
  const forget = h("button", { type: "button", class: "plain small", "data-action": "forget-token" }, "Forget it");
  const label = h("label", { for: "token" }, "Operator's token");
  const typed = h("div", { class: "field" }, label, field);
  const element = h("form", { class: "gate", autocomplete: "off" }, typed, held);
  held.append(tag("good", "Token held by this page alone, for ten minutes. "), forget);
  const show = () => {
    held.hidden = !token;
    typed.hidden = Boolean(token);
  };
  const drop = () => {
    token = "";
    clearTimeout(forgetting);
    show();
  };
  forget.addEventListener("click", () => {
    drop();
    field.focus();
  });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!field.value) return;
    take();
    held.querySelector("button").focus();
  });
  /** What was typed, held from now on. */
  const take = () => {
    if (field.value) token = field.value.trim();
    field.value = "";
    clearTimeout(forgetting);
    forgetting = setTimeout(drop, FORGOTTEN_AFTER_MS);
    if (!token) field.focus();
    show();
    return token;
  };
  const enable = (isOn) => (field.disabled = !isOn);
  return { element, take, drop, enable };
}

function actionButton(name, action, gate, reports) {
  const button = h("button", { type: "button", class: "plain", "data-action": name, "aria-describedby": `${name}-what` }, action.name);
  let isAllowed = false;
  let isRunning = false;
  const show = () => (button.disabled = !isAllowed || isRunning);
  button.addEventListener("click", async () => {
    if (!gate.take()) {
      report(reports, action.name, tag("info", "The token is missing"), []);
      return;
    }
    const answer = action.ask ? await confirmed(action) : {};
    if (!answer) return;
    isRunning = true;
    show();
    await run(action, answer.prefix, gate, reports);
    isRunning = false;
    show();
  });
  const element = h("li", {}, button, h("p", { id: `${name}-what`, class: "remark" }, action.what));
  return {
    element,
    enable: (isOn) => {
      isAllowed = isOn;
      show();
    },
  };
}

async function run(action, prefix, gate, reports) {
  const began = Date.now();
  const row = report(reports, action.name, tag("wait", "under way …"), []);
  try {
    const [method, address, body] = action.call(prefix);
    const done = await operate(method, address, token, body);
    row.replaceWith(reported(action.name, tag("good", `done in ${ms(Date.now() - began)}`), [...action.tell(done), audit(done)]));
  } catch (failure) {
    if (failure.status === 401) gate.drop();
    const why = failure.title ? `${failure.title}: ${failure.message}` : failure.message;
    row.replaceWith(reported(action.name, tag("bad", failure.status ? `refused, ${failure.status}` : "no answer"), [h("p", {}, `${why}.`)]));
  }
  refresh("health", "whole", "part");
}

function report(reports, ...what) {
  const row = reported(...what);
  reports.prepend(row);
  while (reports.children.length > KEPT_REPORTS) reports.lastElementChild.remove();
  return row;
}

function reported(name, outcome, details) {
  return h("div", { class: "report" }, h("p", {}, h("b", {}, name), ` at ${clock(now())}: `, outcome), ...details);
}

function audit({ audit }) {
  const text = audit === "recorded" ? "Recorded in the audit." : "The audit has it as soon as the store is back.";
  return h("p", { class: "remark" }, text);
}

function optimized({ before, after, jobs }) {
  const FIGURES = [
    ["File", "fileBytes", bytes],
    ["Write-ahead log", "walBytes", bytes],
    ["Pages", "pages", count],
    ["Free pages", "freePages", count],
    ["Cached answers", "cachedAnswers", count],
    ["Free disk", "diskFreeBytes", bytes],
  ];
  const list = table("Before and after", [
    { name: "Figure", of: ([name]) => name, heads: true },
    { name: "Before", of: ([, key, write]) => write(before[key]), figure: true },
    { name: "After", of: ([, key, write]) => write(after[key]), figure: true },
  ]);
  list.set(FIGURES);
  const done = jobs.map(({ job, did, durationMs }) => h("li", {}, h("b", {}, job), `: ${did} (${ms(durationMs)})`));
  return [list.element, h("ul", { class: "jobs" }, ...done)];
}

/** Asks first. `{prefix}` if it is wanted, null if not. */
function confirmed({ name, ask, takesPrefix }) {
  const prefix = h("input", { type: "text", id: "prefix", autocomplete: "off", spellcheck: "false", "data-action": "prefix" });
  const hint = "Only answers whose versions begin with this (“Kept under”, in “By tier”); empty for all";
  const choice = takesPrefix ? h("p", { class: "field" }, h("label", { for: "prefix" }, hint), prefix) : null;
  const yes = h("button", { type: "submit", value: "yes", class: "danger", "data-action": "confirm" }, name);
  const no = h("button", { type: "submit", value: "no", class: "plain", "data-action": "cancel" }, "Leave it");
  const title = h("h2", { id: "asked" }, `${name}?`);
  const form = h("form", { method: "dialog" }, title, h("p", {}, ask), choice, h("p", { class: "answers" }, no, yes));
  const dialog = h("dialog", { "aria-labelledby": "asked" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? { prefix: prefix.value.trim() } : null);
    });
  });
}
