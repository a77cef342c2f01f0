// Every setting in force, and where its value is from.

import { tag } from "../dom.js";
import { mountPanel } from "../panel.js";
import { table } from "../table.js";

const value = ({ value, unit }) => (value === null ? "not set" : unit ? `${value} ${unit}` : value);

export const configuration = mountPanel("configuration", {
  sources: ({ sources }) => [sources.status],
  make: (body) => {
    const list = table("Configuration in force", [
      { name: "Setting", of: ({ name }) => name, heads: true },
      { name: "Value", of: value, wide: true },
      { name: "From", of: ({ source }) => (source === "default" ? source : tag("info", source)) },
      { name: "Variable", of: ({ variable }) => variable },
    ]);
    body.append(list.element);
    return ({ sources }) => list.set(sources.status.data.configuration);
  },
});
