import { dirname, join } from "node:path";
import type { FileHash } from "../data/content-hash.ts";
import { HEAD_BYTES, fileKind } from "../files/file-kind.ts";
import { inputError } from "../files/input-error.ts";
import { type LazyArray, tensorArray } from "../files/lazy-array.ts";
import { readNpz } from "../files/npz.ts";
import { readSafetensors } from "../files/safetensors.ts";
import { isSafetensorsIndex, readSafetensorsIndex, readShards } from "../files/safetensors-index.ts";
import { type HashedFile, openHashedFile } from "../io/open-hashed-file.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { readModel } from "./read-model.ts";
import { requireWritten } from "./require-written.ts";

/** A file of weights, to be closed. */
export interface WeightsFile {
  /** Of the file itself. */
  readonly sha256: string;
  /** Files that an ONNX file or an index keeps its numbers in, each with its own hash. */
  readonly beside: readonly FileHash[];
  readonly arrays: ReadonlyMap<string, LazyArray>;
  /** Of an ONNX file: the network that it holds. */
  readonly network: ModelFile | undefined;
  close(): void;
}

/**
 * Opens a file of weights, whatever its kind: .safetensors, the index of several, .npz, or an ONNX file.
 *
 * @param like the network that they are for: what it has separately, an ONNX file has, too
 * @throws ThalwegError of kind "input": `not-weights` for a file of another kind or a built-in network, and those of the readers
 */
export function openWeights(path: string, like: Pick<ModelFile, "tensors" | "limits">): WeightsFile {
  requireWritten(path);
  const opened: HashedFile[] = [];
  const open = (file: string) => {
    const source = openHashedFile(file);
    opened.push(source);
    return source;
  };
  const close = () => opened.splice(0).forEach((source) => source.close());
  try {
    const source = open(path);
    return { sha256: source.sha256, ...arraysOf(source, like, open), close };
  } catch (error) {
    close();
    throw error;
  }
}

function arraysOf(
  source: HashedFile,
  { tensors, limits }: Pick<ModelFile, "tensors" | "limits">,
  open: (path: string) => HashedFile,
): Pick<WeightsFile, "arrays" | "network" | "beside"> {
  const kind = fileKind(source.read(0, Math.min(HEAD_BYTES, source.size)));
  switch (kind?.name) {
    case "safetensors":
      return { arrays: readSafetensors(source), network: undefined, beside: [] };
    case "npz":
      return { arrays: readNpz(source), network: undefined, beside: [] };
    case "ONNX": {
      const { model, externalData } = readModel(source.name, {
        limit: limits.raised,
        isSeparate: (name) => tensors.has(name),
      });
      return { arrays: arraysIn(model), network: model, beside: externalData };
    }
    default:
      if (kind?.name === "CSV" && isSafetensorsIndex(source)) return shardsOf(source, open);
      throw inputError(
        "not-weights",
        `${source.name} is ${kind?.title ?? "of no kind that is known"}, where weights are expected.`,
        { file: source.name },
        kind?.arraysRemedy ??
          kind?.remedy ??
          "Give the weights as .safetensors or .npz, one array a parameter under its ONNX name, or as an ONNX file of the same network.",
      );
  }
}

/** Weights in several files, which an index names. */
function shardsOf(
  index: HashedFile,
  open: (path: string) => HashedFile,
): Pick<WeightsFile, "arrays" | "network" | "beside"> {
  const beside: FileHash[] = [];
  const named = (path: string) => {
    try {
      return open(path);
    } catch (error) {
      if (!(error instanceof ThalwegError) || error.code !== "file-not-found") throw error;
      throw inputError(
        error.code,
        `${path}, which ${index.name} names, does not exist.`,
        { file: path },
        "Put all files that the index names beside it, of one version.",
      );
    }
  };
  const arrays = readShards(index, readSafetensorsIndex(index), (shard) => {
    const file = named(join(dirname(index.name), shard));
    beside.push({ name: file.name, sha256: file.sha256 });
    return file;
  });
  return { arrays, network: undefined, beside };
}

/** The tensors of a model as arrays by name. */
export function arraysIn({ tensors, file }: ModelFile): ReadonlyMap<string, LazyArray> {
  return new Map(
    [...tensors].flatMap(([name, { tensor }]) =>
      tensor === undefined ? [] : [[name, tensorArray(name, file, tensor.dtype, tensor)] as const],
    ),
  );
}
