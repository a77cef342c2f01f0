// Tables. A column says how it is read out of a row; rows are written anew only when they differ, so that whoever reads
// or selects in a table is left in peace while the page renews itself.

import { h } from "./dom.js";

/**
 * `columns`: `{name, of(row), figure?, heads?}`: `figure` stands at the right, `heads` names the row. `of` gives text
 * or an element.
 */
export function table(caption, columns, className = "") {
  const rows = h("tbody");
  const head = columns.map(({ name, figure }) => h("th", { scope: "col", class: figure ? "figure" : null }, name));
  const element = h(
    "div",
    { class: `table ${className}`, role: "region", "aria-label": caption, tabindex: "0" },
    h("table", {}, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", {}, ...head)), rows),
  );
  let shown = "";
  const set = (data) => {
    const made = data.map((row) => h("tr", {}, ...columns.map((column) => cell(column, row))));
    const markup = made.map((row) => row.outerHTML).join("");
    if (markup === shown) return;
    shown = markup;
    rows.replaceChildren(...made);
  };
  return { element, set };
}

function cell({ of, figure, heads, wide }, row) {
  const names = [figure && "figure", wide && "text"].filter(Boolean).join(" ");
  const attributes = { class: names || null };
  return heads ? h("th", { scope: "row", ...attributes }, of(row)) : h("td", attributes, of(row));
}

/** Names and values, one under the other. `pairs`: `[[name, value, title?]]`. */
export function facts() {
  const list = h("dl", { class: "facts" });
  let shown = "";
  const set = (pairs) => {
    const made = pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));
    const markup = made.map((pair) => pair.outerHTML).join("");
    if (markup === shown) return;
    shown = markup;
    list.replaceChildren(...made);
  };
  return { element: list, set };
}
