import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { FileSource } from "../io/open-file.ts";
import { openFile } from "../io/open-file.ts";
import { readSafetensors } from "../files/safetensors.ts";
import { decodeModel, type ModelFile } from "../onnx/decode-model.ts";
import { replaceWeights } from "./replace-weights.ts";

/** A model as it was read from disk. */
export interface LoadedModel {
  readonly path: string;
  /** Of the model file, in hexadecimal. */
  readonly sha256: string;
  readonly model: ModelFile;
  /** The model with the file's own weights, where others were put in. */
  readonly original?: ModelFile;
  /** What was done to it, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads an ONNX file, with the data that it keeps beside it, and puts in the weights of a checkpoint.
 *
 * @param weights a .safetensors file whose tensors replace those of the same name
 * @throws ThalwegError of kind "input" for everything that can be wrong with the files
 */
export function loadModel(path: string, weights?: string): LoadedModel {
  const bytes = readWhole(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const beside = new Map<string, FileSource>();
  try {
    const model = decodeModel(bytes, {
      file: path,
      external: (location, offset, length) => {
        const source = beside.get(location) ?? openFile(join(dirname(path), location));
        beside.set(location, source);
        return source.read(offset, length ?? source.size - offset);
      },
    });
    return weights === undefined
      ? { path, sha256, model, notes: [] }
      : withWeights({ path, sha256, model, notes: [] }, weights);
  } finally {
    for (const source of beside.values()) source.close();
  }
}

function withWeights(loaded: LoadedModel, file: string): LoadedModel {
  const source = openFile(file);
  try {
    const { model, unused } = replaceWeights(loaded.model, readSafetensors(source), file);
    const left = unused.length === 0 ? "" : ` ${unused.length} of its tensors are not in the model and were left out.`;
    return {
      ...loaded,
      model,
      original: loaded.model,
      notes: [...loaded.notes, `The weights were taken from ${file}.${left}`],
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
