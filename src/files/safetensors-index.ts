import { isRecord } from "../util/is-record.ts";
import type { ByteSource } from "./byte-source.ts";
import { inputError } from "./input-error.ts";
import type { LazyArray } from "./lazy-array.ts";
import { readSafetensors } from "./safetensors.ts";

/** Which file holds which tensor. */
export interface SafetensorsIndex {
  /** The files, in the order in which they are named first. */
  readonly shards: readonly string[];
  readonly shardOf: ReadonlyMap<string, string>;
}

/** An index of a large model takes a few megabytes. */
const MAX_INDEX_BYTES = 1 << 26;

/** Whether a file that looks like text may be an index: an object of JSON with a `weight_map`. */
export function isSafetensorsIndex(source: ByteSource): boolean {
  return source.size <= MAX_INDEX_BYTES && isRecord(contentOf(source)?.weight_map);
}

/**
 * The index that Hugging Face's libraries write beside weights in several files, `model.safetensors.index.json`.
 *
 * @throws ThalwegError `bad-safetensors-index` for one that names no file or one outside its folder, `not-weights` for files of PyTorch
 */
export function readSafetensorsIndex(source: ByteSource): SafetensorsIndex {
  const map = contentOf(source)?.weight_map;
  const shardOf = new Map<string, string>();
  for (const [name, shard] of Object.entries(isRecord(map) ? map : {})) {
    // Only names: an index that was downloaded decides on no path.
    if (typeof shard !== "string" || !/^[^/\\]+$/.test(shard) || shard.startsWith("."))
      throw bad(source, `the file of ${name.slice(0, 80)} is no name of a file beside it`);
    if (!shard.endsWith(".safetensors"))
      throw inputError(
        "not-weights",
        `${source.name} names ${shard.slice(0, 80)}, a file of PyTorch, where weights in .safetensors are expected.`,
        { file: source.name },
        "Save the network again with safe_serialization=True (transformers: model.save_pretrained).",
      );
    shardOf.set(name, shard);
  }
  if (shardOf.size === 0) throw bad(source, "its weight_map names no tensor");
  return { shards: [...new Set(shardOf.values())], shardOf };
}

/**
 * The tensors of all files of an index, read lazily.
 *
 * @param open a file by its name
 * @throws ThalwegError `bad-safetensors-index` where a file lacks a tensor that it should hold, or holds another; what `open` and
 * readSafetensors throw
 */
export function readShards(
  source: ByteSource,
  { shards, shardOf }: SafetensorsIndex,
  open: (shard: string) => ByteSource,
): Map<string, LazyArray> {
  const arrays = new Map<string, LazyArray>();
  for (const shard of shards) {
    for (const [name, array] of readSafetensors(open(shard))) {
      if (shardOf.get(name) !== shard)
        throw bad(
          source,
          `${shard} holds ${name.slice(0, 80)}, which it has ${shardOf.has(name) ? "in another file" : "not"}`,
        );
      arrays.set(name, array);
    }
  }
  const missing = [...shardOf].find(([name]) => !arrays.has(name));
  if (missing) throw bad(source, `${missing[1]} does not hold ${missing[0].slice(0, 80)}`);
  return arrays;
}

function contentOf(source: ByteSource): Readonly<Record<string, unknown>> | undefined {
  try {
    const content: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(source.read(0, source.size)));
    return isRecord(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function bad(source: ByteSource, reason: string) {
  return inputError(
    "bad-safetensors-index",
    `${source.name} is not the index of the files beside it: ${reason}.`,
    { file: source.name },
    "Download the index and all files that it names again, of one version.",
  );
}
