import { isSameTensor } from "../graph/same-graph.ts";
import { toPrecision } from "../onnx/decode-tensor.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { ParameterSpace } from "../problem/parameter-space.ts";
import type { Problem } from "../problem/problem.ts";
import { isSameLoss } from "../problem/same-loss.ts";
import { usesBatchStatistics } from "../problem/with-statistics.ts";
import type { Doubt, OtherWeights } from "../runs/subject.ts";
import { isFloat } from "../util/tensor.ts";
import { listed } from "./choose-parameters.ts";
import { replaceWeights } from "./replace-weights.ts";
import { requireSameNetwork } from "./require-same-network.ts";
import { openWeights } from "./weights-file.ts";

/**
 * The weights that a file holds for the network of a problem, by name: a checkpoint (.safetensors, .npz), or the same
 * network exported with other weights (.onnx).
 *
 * @throws ThalwegError of kind "input": those of `replaceWeights`; `another-network` for an ONNX file that computes
 *   something else from the same weights; `not-weights` for a file of another kind
 */
export function weightsOf(problem: Problem, model: ModelFile, path: string): OtherWeights {
  return weightsIn(path, model, {
    space: problem.space,
    parameters: problem.options.parameters,
    requireSame: (network) => requireSameNetwork(problem, model, network),
    isSameLoss: (other) => isSameLoss(problem, other),
    takesStatistics: usesBatchStatistics(problem),
  });
}

interface Holder {
  readonly space: ParameterSpace;
  /** Tensors that count as parameters; those that the model proposes when absent. */
  readonly parameters: readonly string[] | undefined;
  /** @throws input error `another-network` */
  requireSame(network: ModelFile): void;
  /** Whether the model with other tensors beside its parameters has the same loss. */
  isSameLoss(other: ModelFile): boolean;
  /** Whether statistics come from the batch, whatever the files hold of them. */
  readonly takesStatistics: boolean;
}

/** The same for whatever has the parameters of the model. */
export function weightsIn(path: string, model: ModelFile, holder: Holder): OtherWeights {
  const { space, parameters, requireSame, isSameLoss: isSame, takesStatistics } = holder;
  const { sha256, beside, arrays, network, close } = openWeights(path, model);
  try {
    if (network) requireSame(network);
    const replaced = replaceWeights(model, arrays, path);
    const chosen = chosenParameters(replaced.model, parameters);
    const elsewhere = differing(model, replaced.model, new Set(chosen.map(({ name }) => name)));
    const { kept, leftOut } = replaced;
    const staying = () => [
      ...(elsewhere.length > 0 && !isSame(replaced.model) ? elsewhere : []),
      ...(takesStatistics ? [] : kept),
    ];
    return {
      path,
      sha256,
      beside: beside.map((each) => ({ path: each.name, sha256: each.sha256 })),
      theta: space.flatten(new Map(chosen.map((each) => [each.name, each]))),
      model: replaced.model,
      name() {
        const count = staying().length;
        return count === 0 ? path : `${path} with ${count} ${count === 1 ? "tensor" : "tensors"} of the model's own`;
      },
      differing: elsewhere,
      doubts: doubtsAbout(path, { elsewhere, kept, leftOut }),
    };
  } finally {
    close();
  }
}

interface Unequal {
  /** Tensors beside the parameters that hold other numbers in the file. */
  readonly elsewhere: readonly string[];
  /** Statistics that the file does not have. */
  readonly kept: readonly string[];
  /** Tensors of the file that the model has no place for. */
  readonly leftOut: readonly string[];
}

function doubtsAbout(path: string, { elsewhere, kept, leftOut }: Unequal): Doubt[] {
  const said = (about: Doubt["about"], names: readonly string[], one: string, several: string): Doubt[] =>
    names.length === 0
      ? []
      : [{ about, text: `${path}: ${names.length} ${names.length === 1 ? one : several} (${listed(names)}).` }];
  return [
    ...said(
      "differing",
      elsewhere,
      "tensor that is no parameter here holds other numbers than the model's, which stay",
      "tensors that are no parameters here hold other numbers than the model's, which stay",
    ),
    ...said(
      "statistics",
      kept,
      "statistic of normalisation is not in it: that of the model stays, where the weights are others",
      "statistics of normalisation are not in it: those of the model stay, where the weights are others",
    ),
    ...said(
      "left out",
      leftOut,
      "tensor has no place in the model: the network that was saved may use it",
      "tensors have no place in the model: the network that was saved may use them",
    ),
  ];
}

/** Tensors beside the parameters that hold other numbers. */
function differing(ours: ModelFile, theirs: ModelFile, parameters: ReadonlySet<string>): string[] {
  return [...ours.tensors].flatMap(([name, { tensor }]) => {
    const other = theirs.tensors.get(name)?.tensor;
    if (parameters.has(name) || !tensor || !other) return [];
    // Numbers that a file holds to more digits are the model's where they round to them.
    return isSameTensor(tensor, isFloat(tensor.dtype) ? toPrecision(other, tensor.dtype) : other) ? [] : [name];
  });
}
