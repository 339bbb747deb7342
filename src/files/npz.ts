import type { Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type ByteSource, concatBytes } from "./byte-source.ts";
import type { LazyArray } from "./lazy-array.ts";
import { NPY_PREFIX_BYTES, npyArray, parseNpyHeader } from "./npy.ts";
import { npyChunks } from "./npy-writer.ts";
import { DEFAULT_LIMITS, type ReadLimits } from "./read-limits.ts";
import { readZip } from "./zip.ts";
import { type ZipFile, zipChunks } from "./zip-writer.ts";

const SUFFIX = ".npy";

/** What is in a .npz archive, by name. */
export interface NpzContent {
  readonly arrays: Map<string, LazyArray>;
  /** Arrays of what is no number, text as a rule, with the error of reading them. */
  readonly unreadable: Map<string, ThalwegError>;
}

/**
 * The arrays of a .npz archive by name, in the order of its directory. Only headers are read, and
 * each is compared with the size of its entry, so an absurd claim is refused before any allocation.
 *
 * @throws ThalwegError as readZip and readNpy do
 * @example
 * readNpz(source).get("layer1/weight")?.read();
 */
export function readNpz(source: ByteSource, limits: ReadLimits = DEFAULT_LIMITS): Map<string, LazyArray> {
  const { arrays, unreadable } = readNpzContent(source, limits);
  for (const error of unreadable.values()) throw error;
  return arrays;
}

/**
 * The same, with arrays of text and of other types beside: those of a data set are often the names of its classes.
 *
 * @throws ThalwegError as readNpz does, but for `unsupported-npy-type`
 */
export function readNpzContent(source: ByteSource, limits: ReadLimits = DEFAULT_LIMITS): NpzContent {
  const arrays = new Map<string, LazyArray>();
  const unreadable = new Map<string, ThalwegError>();
  for (const entry of readZip(source, limits)) {
    if (!entry.name.endsWith(SUFFIX)) continue;
    const name = entry.name.slice(0, -SUFFIX.length);
    try {
      const header = parseNpyHeader(entry.prefix(NPY_PREFIX_BYTES), name, source.name);
      arrays.set(name, npyArray(header, name, { ...entry.content, name: source.name }, limits));
    } catch (error) {
      if (!(error instanceof ThalwegError) || error.code !== "unsupported-npy-type") throw error;
      unreadable.set(name, error);
    }
  }
  return { arrays, unreadable };
}

/**
 * The bytes of an uncompressed .npz archive, piece by piece: arrays may have any name an ONNX model
 * gives ("/", "::", dots). The same arrays in the same order give the same bytes.
 */
export function* npzChunks(arrays: Iterable<readonly [name: string, tensor: Tensor]>): Generator<Uint8Array> {
  yield* zipChunks(npyFiles(arrays));
}

/** npzChunks, joined; for archives that fit in memory twice. */
export function encodeNpz(arrays: Iterable<readonly [name: string, tensor: Tensor]>): Uint8Array {
  return concatBytes(npzChunks(arrays));
}

function* npyFiles(arrays: Iterable<readonly [name: string, tensor: Tensor]>): Generator<ZipFile> {
  for (const [name, tensor] of arrays) yield { name: name + SUFFIX, pieces: npyChunks(tensor) };
}
