import type { ModelFile, TensorRole } from "../onnx/decode-model.ts";
import { isFloat } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { matchesGlob } from "../util/glob.ts";

/**
 * The names of the parameters that any of the patterns selects, in the order of the model. A float
 * tensor that was not taken for a parameter is selected by its full name only. Tensors whose name an
 * exporter made up go by the name that they are shown under too, and by the path of their node.
 *
 * @throws ThalwegError `no-such-parameter` for a pattern that selects nothing
 */
export function chooseParameters(model: ModelFile, asked: readonly string[]): string[] {
  // A copy of a parameter is that parameter.
  const owners = new Map(model.ties.map(({ owner, copy }) => [copy, owner]));
  const patterns = asked.map((pattern) => owners.get(pattern) ?? pattern);
  const others = [...model.statistics, ...model.constants].filter(({ dtype }) => isFloat(dtype));
  const isNamed = ({ name, label }: Named, pattern: string) => name === pattern || label === pattern;
  const fits = ({ name, label, node }: Named, pattern: string) =>
    matchesGlob(name, pattern) ||
    matchesGlob(label, pattern) ||
    (label !== name && node !== undefined && matchesGlob(node, pattern));
  for (const pattern of patterns) {
    if (others.some((each) => isNamed(each, pattern)) || model.parameters.some((each) => fits(each, pattern))) continue;
    throw new ThalwegError({
      kind: "usage",
      code: "no-such-parameter",
      message: `No parameter of ${model.file} fits --params "${pattern}"; it has ${listed(model.parameters.map(({ label }) => label))}.`,
      where: { file: model.file },
      hint: "Use * for any characters; `thalweg inspect MODEL` lists every tensor.",
    });
  }
  return [
    ...model.parameters.filter((each) => patterns.some((pattern) => fits(each, pattern))),
    ...others.filter((each) => patterns.some((pattern) => isNamed(each, pattern))),
  ].map(({ name }) => name);
}

type Named = Pick<TensorRole, "name" | "label" | "node">;

const SHOWN = 8;

export function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
