import { existsSync } from "node:fs";
import { assetPath } from "../io/asset-path.ts";
import { isOurFile } from "../io/is-our-file.ts";
import { OPTIONAL_MODEL } from "../runs/argument.ts";
import type { Experiment } from "../runs/experiment.ts";
import type { Request } from "../runs/subject.ts";

/** What is measured when nothing is named: a small network on the examples it was trained on. */
const EMBEDDED = { model: assetPath("digits.onnx"), data: "digits", limit: 1437 } as const;

/** Whoever tries Thalweg finds the report where he stands. */
export const EMBEDDED_REPORT = "report.html";

/** Whether neither a model nor data are named, where that may be. */
export function isEmbedded(experiment: Pick<Experiment, "arguments">, request: Request): boolean {
  const { arguments: named, options } = request;
  return named.length === 0 && mayBeLeftOut(experiment) && options["data"] === undefined && options["x"] === undefined;
}

/** What was asked for, with the model that comes with us where none is named. */
export function withEmbedded(experiment: Pick<Experiment, "arguments">, request: Request): Request {
  const { arguments: named, options } = request;
  return {
    arguments: named.length === 0 && mayBeLeftOut(experiment) ? [EMBEDDED.model] : named,
    options: isEmbedded(experiment, request)
      ? { ...options, data: EMBEDDED.data, limit: options["limit"] ?? EMBEDDED.limit }
      : options,
  };
}

function mayBeLeftOut({ arguments: positional }: Pick<Experiment, "arguments">): boolean {
  return positional.some(({ name, required }) => name === OPTIONAL_MODEL.name && !required);
}

/** Whether the report may be put where somebody stands. */
export function mayPutReport(): boolean {
  return !existsSync(EMBEDDED_REPORT) || isOurFile(EMBEDDED_REPORT);
}
