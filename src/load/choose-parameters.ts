import type { ModelFile, Parameter, TensorRole } from "../onnx/decode-model.ts";
import { doubtfulParameters } from "../onnx/doubtful-parameters.ts";
import { allNodes } from "../onnx/onnx-node.ts";
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

/** What `--params` and `--freeze` say of a model: which tensors count, and which nodes are frozen. */
export interface Selection {
  /** Undefined where all that the model proposes counts. */
  readonly parameters: string[] | undefined;
  readonly freeze: string[] | undefined;
  /** Those that count though nothing in the file says that they were trained; none where `--params` says what counts. */
  readonly doubtful: readonly Parameter[];
}

/**
 * The tensors and nodes that patterns of `--params` and names of `--freeze` choose. A name of a tensor, as it is in the
 * file or as it is shown, that is frozen is no parameter; any other is left for the import to find among the nodes.
 *
 * @throws what {@link chooseParameters} throws
 */
export function chooseTensors(
  model: ModelFile,
  { params, freeze }: { readonly params?: readonly string[]; readonly freeze?: readonly string[] },
): Selection {
  const { parameters, freeze: nodes } = withoutFrozen(model, params && chooseParameters(model, params), freeze);
  return { parameters, freeze: nodes, doubtful: params === undefined ? doubtfulParameters(model, parameters) : [] };
}

function withoutFrozen(
  model: ModelFile,
  chosen: string[] | undefined,
  freeze: readonly string[] | undefined,
): Omit<Selection, "doubtful"> {
  if (freeze === undefined) return { parameters: chosen, freeze };
  const nodes = new Set(
    [...allNodes(model.graph.nodes)].flatMap(({ op, name, outputs }) => (op === "Constant" ? [] : [name, ...outputs])),
  );
  const owners = new Map(model.ties.map(({ owner, copy }) => [copy, owner]));
  const tensors = [...model.parameters, ...model.statistics, ...model.constants];
  const held = new Map(
    freeze.flatMap((each) => {
      const asked = owners.get(each) ?? each;
      const isNode = nodes.has(each) && !owners.has(each);
      const found = isNode ? undefined : tensors.find(({ name, label }) => name === asked || label === asked);
      return found ? [[each, found.name] as const] : [];
    }),
  );
  if (held.size === 0) return { parameters: chosen, freeze: [...freeze] };
  const constant = new Set(held.values());
  return {
    parameters: (chosen ?? model.parameters.map(({ name }) => name)).filter((name) => !constant.has(name)),
    freeze: freeze.filter((each) => !held.has(each)),
  };
}

type Named = Pick<TensorRole, "name" | "label" | "node">;

const SHOWN = 8;

export function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
