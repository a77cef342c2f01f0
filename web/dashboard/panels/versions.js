// Which program runs, with which model and charts, since when.

import { mountPanel } from "../panel.js";
import { facts } from "../table.js";
import { length, moment } from "../time.js";

export const versions = mountPanel("versions", {
  sources: ({ sources }) => [sources.status],
  make: (body) => {
    const list = facts();
    body.append(list.element);
    return ({ sources }) => {
      const { version, apiVersion, startedAtMs, build, model, charts, wording } = sources.status.data;
      const { data: health } = sources.health;
      list.set([
        ["Program", version],
        ["API", apiVersion],
        ["Build", `${build.profile}, ${build.os} ${build.architecture}`],
        ["Started", moment(startedAtMs)],
        ["Running for", length((health?.uptimeSeconds ?? sources.status.data.uptimeSeconds) * 1_000)],
        ["Model", model.version],
        ["Inference", `${model.backend}, ${model.sessions} at once`],
        ...charts.map(({ id, version }) => [`Chart “${id}”`, version]),
        ["Texts", wording],
        ...processRows(health?.process),
      ]);
    };
  },
});

function processRows(process) {
  if (!process) return [];
  const files = process.mostOpenFiles ? `${process.openFiles} of ${process.mostOpenFiles}` : process.openFiles;
  return [["Threads", String(process.threads ?? "–")], ["Open files", String(files ?? "–")]];
}
