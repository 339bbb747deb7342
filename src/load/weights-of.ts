import { isSameGraph, isSameTensor } from "../graph/same-graph.ts";
import { HEAD_BYTES, fileKind } from "../files/file-kind.ts";
import { inputError } from "../files/input-error.ts";
import { type LazyArray, tensorArray } from "../files/lazy-array.ts";
import { readNpz } from "../files/npz.ts";
import { readSafetensors } from "../files/safetensors.ts";
import { type HashedFile, openHashedFile } from "../io/open-hashed-file.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { buildNetwork } from "../problem/network.ts";
import type { Problem } from "../problem/problem.ts";
import type { OtherWeights } from "../runs/subject.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { listed } from "./choose-parameters.ts";
import { loadModel } from "./load-model.ts";
import { replaceWeights } from "./replace-weights.ts";

/**
 * The weights that a file holds for the network of a problem, by name: a checkpoint (.safetensors, .npz), or the same
 * network exported with other weights (.onnx).
 *
 * @throws ThalwegError of kind "input": those of `replaceWeights`; `another-network` for an ONNX file that computes
 *   something else from the same weights; `not-weights` for a file of another kind
 */
export function weightsOf(problem: Problem, model: ModelFile, path: string): OtherWeights {
  const { sha256, arrays, close } = openArrays(problem, model, path);
  try {
    const replaced = replaceWeights(model, arrays, path);
    const chosen = chosenParameters(replaced.model, problem.options.parameters);
    return {
      path,
      sha256,
      theta: problem.space.flatten(new Map(chosen.map((each) => [each.name, each]))),
      model: replaced.model,
      doubts: doubtsAbout(path, {
        elsewhere: differing(model, replaced.model, new Set(chosen.map(({ name }) => name))),
        kept: replaced.kept,
        leftOut: replaced.leftOut,
      }),
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

function doubtsAbout(path: string, { elsewhere, kept, leftOut }: Unequal): string[] {
  const said = (names: readonly string[], one: string, several: string) =>
    names.length === 0 ? [] : [`${path}: ${names.length} ${names.length === 1 ? one : several} (${listed(names)}).`];
  return [
    ...said(
      elsewhere,
      "tensor that is no parameter here holds other numbers than the model's, which stay",
      "tensors that are no parameters here hold other numbers than the model's, which stay",
    ),
    ...said(
      kept,
      "statistic of normalisation is not in it: that of the model stays, where the weights are others",
      "statistics of normalisation are not in it: those of the model stay, where the weights are others",
    ),
    ...said(
      leftOut,
      "tensor has no place in the model: the network that was saved may use it",
      "tensors have no place in the model: the network that was saved may use them",
    ),
  ];
}

interface OpenArrays {
  readonly sha256: string;
  readonly arrays: ReadonlyMap<string, LazyArray>;
  close(): void;
}

function openArrays(problem: Problem, model: ModelFile, path: string): OpenArrays {
  const source = openHashedFile(path);
  try {
    const arrays = arraysOf(source, problem, model);
    return { sha256: source.sha256, arrays, close: () => source.close() };
  } catch (error) {
    source.close();
    throw error;
  }
}

function arraysOf(source: HashedFile, problem: Problem, model: ModelFile): ReadonlyMap<string, LazyArray> {
  const kind = fileKind(source.read(0, Math.min(HEAD_BYTES, source.size)));
  switch (kind?.name) {
    case "safetensors":
      return readSafetensors(source);
    case "npz":
      return readNpz(source);
    case "ONNX": {
      const other = loadModel(source.name).model;
      requireSameNetwork(problem, model, other);
      return arraysIn(other);
    }
    default:
      throw inputError(
        "not-weights",
        `${source.name} is ${kind?.title ?? "of no kind that is known"}, where weights are expected.`,
        { file: source.name },
        "Give the weights as .safetensors or .npz, one array a parameter under its ONNX name, or as an ONNX file of the same network.",
      );
  }
}

function arraysIn({ tensors, file }: ModelFile): ReadonlyMap<string, LazyArray> {
  return new Map(
    [...tensors].flatMap(([name, { tensor }]) =>
      tensor === undefined ? [] : [[name, tensorArray(name, file, tensor.dtype, tensor)] as const],
    ),
  );
}

/** The other file is of the same network where, given the tensors of this one, it computes the same graph. */
function requireSameNetwork({ dataset, options, network, point }: Problem, model: ModelFile, other: ModelFile): void {
  const { model: ours } = replaceWeights(other, arraysIn(model), model.file);
  if (isSame()) return;
  throw inputError(
    "another-network",
    `${other.file} is another network than ${model.file}: with the same weights it computes something else.`,
    { file: other.file },
    "Give weights of the same architecture, exported the same way.",
  );

  function isSame(): boolean {
    try {
      return isSameGraph([buildNetwork(ours, dataset, options, point.batchSize).graph.total], [network.graph.total]);
    } catch (error) {
      if (error instanceof ThalwegError && error.kind === "input") return false;
      throw error;
    }
  }
}

/** Tensors beside the parameters that hold other numbers. */
function differing(ours: ModelFile, theirs: ModelFile, parameters: ReadonlySet<string>): string[] {
  return [...ours.tensors].flatMap(([name, { tensor }]) => {
    const other = theirs.tensors.get(name)?.tensor;
    return parameters.has(name) || !tensor || !other || isSameTensor(tensor, other) ? [] : [name];
  });
}
