import type { ModelFile } from "../onnx/decode-model.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { matchesGlob } from "./glob.ts";

/**
 * The names of the parameters that any of the patterns selects, in the order of the model. A float
 * tensor that was not taken for a parameter is selected by its full name only.
 *
 * @throws ThalwegError `no-such-parameter` for a pattern that selects nothing
 */
export function chooseParameters(model: ModelFile, patterns: readonly string[]): string[] {
  const usual = model.parameters.map(({ name }) => name);
  const others = [...model.statistics, ...model.constants]
    .filter(({ dtype }) => dtype === "float32" || dtype === "float64")
    .map(({ name }) => name);
  for (const pattern of patterns) {
    if (others.includes(pattern) || usual.some((name) => matchesGlob(name, pattern))) continue;
    throw new ThalwegError({
      kind: "usage",
      code: "no-such-parameter",
      message: `No parameter of ${model.file} fits --params "${pattern}"; it has ${listed(usual)}.`,
      where: { file: model.file },
      hint: "Use * for any characters; `thalweg inspect MODEL` lists every tensor.",
    });
  }
  return [
    ...usual.filter((name) => patterns.some((pattern) => matchesGlob(name, pattern))),
    ...others.filter((name) => patterns.includes(name)),
  ];
}

const SHOWN = 8;

export function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
