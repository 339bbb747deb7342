import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { type FileHash, jointHash } from "../data/content-hash.ts";
import { openFile } from "../io/open-file.ts";
import { type HashedFile, openHashedFile } from "../io/open-hashed-file.ts";
import { readSafetensors } from "../files/safetensors.ts";
import { decodeModel, type ModelFile } from "../onnx/decode-model.ts";
import { replaceWeights } from "./replace-weights.ts";

/** A model as it was read from disk. */
export interface LoadedModel {
  readonly path: string;
  /**
   * SHA-256 of the model file as it was read, in hexadecimal; with data beside it, that of the lines which
   * `sha256sum` prints for all its files by base name, the model first.
   */
  readonly sha256: string;
  /** The model file and those beside it, each with its own hash. */
  readonly files: readonly FileHash[];
  /** The files beside the model that hold its weights. */
  readonly externalData: readonly FileHash[];
  /** The checkpoint whose weights replace the model's. */
  readonly weights?: FileHash;
  readonly model: ModelFile;
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
 * @param weights a .safetensors file whose tensors replace those of the same name
 * @throws ThalwegError of kind "input" for everything that can be wrong with the files
 */
export function loadModel(path: string, weights?: string): LoadedModel {
  const bytes = readWhole(path);
  const beside = new Map<string, HashedFile>();
  try {
    const model = decodeModel(bytes, {
      file: path,
      external: (location, offset, length) => {
        const source = beside.get(location) ?? openHashedFile(join(dirname(path), location));
        beside.set(location, source);
        return source.read(offset, length ?? source.size - offset);
      },
    });
    const externalData = [...beside.values()].map(({ name, sha256 }) => ({ name, sha256 }));
    const own = { name: path, sha256: createHash("sha256").update(bytes).digest("hex") };
    const files = [own, ...externalData];
    const sha256 = jointHash(files, () => createHash("sha256"));
    const loaded = { path, sha256, files, externalData, model, notes: [], keptStatistics: [], leftOut: [] };
    return weights === undefined ? loaded : withWeights(loaded, weights);
  } finally {
    for (const source of beside.values()) source.close();
  }
}

function withWeights(loaded: LoadedModel, file: string): LoadedModel {
  const source = openHashedFile(file);
  try {
    const { model, leftOut, kept } = replaceWeights(loaded.model, readSafetensors(source), file);
    return {
      ...loaded,
      model,
      weights: { name: file, sha256: source.sha256 },
      original: loaded.model,
      keptStatistics: kept,
      leftOut,
      notes: [...loaded.notes, `The weights were taken from ${file}.`],
    };
  } finally {
    source.close();
  }
}

function readWhole(path: string): Uint8Array {
  const source = openFile(path);
  try {
    return source.read(0, source.size);
  } finally {
    source.close();
  }
}
