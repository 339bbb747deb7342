import type { FileHash } from "../data/content-hash.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { readModel, type ReadModel } from "./read-model.ts";
import { replaceWeights } from "./replace-weights.ts";
import { openWeights } from "./weights-file.ts";

/** A model as it was read from disk. */
export interface LoadedModel extends ReadModel {
  /** The checkpoint whose weights replace the model's. */
  readonly weights?: FileHash;
  /** Files that the checkpoint keeps its numbers in. */
  readonly besideWeights: readonly FileHash[];
  /** The network of the checkpoint, where it is an ONNX file: whether it is this one is for whoever knows the data. */
  readonly saved?: ModelFile;
  /** The model with the file's own weights, where others were put in. */
  readonly original?: ModelFile;
  /** What was done to it, in sentences. */
  readonly notes: readonly string[];
  /** Statistics of the file's own that stayed where a checkpoint has none: of other weights than those that were put in. */
  readonly keptStatistics: readonly string[];
  /** Numbers of a checkpoint that the model has no place for. */
  readonly leftOut: readonly string[];
}

/**
 * Reads an ONNX file, with the data that it keeps beside it, and puts in the weights of a checkpoint.
 *
 * @param options `set`: inputs that are constants, as {@link setInputs} takes them; `weights`: a file whose tensors replace those of the same name: .safetensors, .npz, or an ONNX file of the network
 * @throws ThalwegError of kind "input" for everything that can be wrong with the files
 */
export function loadModel(
  path: string,
  {
    weights,
    importLimit,
    set = [],
  }: { readonly weights?: string; readonly importLimit?: number; readonly set?: readonly string[] } = {},
): LoadedModel {
  const loaded = {
    ...readModel(path, { limit: importLimit, set }),
    notes: set.map((each) => `The input ${each.replace(/=([^=]*)$/, " is $1")} in every example, as asked.`),
    besideWeights: [],
    keptStatistics: [],
    leftOut: [],
  };
  return weights === undefined ? loaded : withWeights(loaded, weights);
}

function withWeights(loaded: LoadedModel, file: string): LoadedModel {
  const { sha256, beside, arrays, network, close } = openWeights(file, loaded.model);
  try {
    const { model, leftOut, kept } = replaceWeights(loaded.model, arrays, file);
    return {
      ...loaded,
      model,
      weights: { name: file, sha256 },
      besideWeights: beside,
      saved: network,
      original: loaded.model,
      keptStatistics: kept,
      leftOut,
      notes: [...loaded.notes, `The weights were taken from ${file}.`],
    };
  } finally {
    close();
  }
}
