import type { Tensor } from "../util/tensor.ts";
import type { Dataset } from "./dataset.ts";

/** Numbers read at a time. */
const PIECE = 2 ** 20;

/** Below it float32 keeps fewer digits than its own. */
const LEAST_NORMAL = 2 ** -126;

/**
 * How many examples of one dataset are examples of another: inputs and labels are the same numbers in float32, wherever
 * they stand. Told by 53 bits of a hash of each: two of 10⁵ and 10⁵ others agree by accident with a chance of 10⁻⁶.
 *
 * @param some read once, and the hashes kept
 * @param all read once, or until all of the others are found
 */
export function sharedExamples(some: Dataset, all: Dataset): number {
  const wanted = new Map<number, number>();
  for (const key of keysOf(some)) wanted.set(key, (wanted.get(key) ?? 0) + 1);
  let shared = 0;
  for (const key of keysOf(all)) {
    shared += wanted.get(key) ?? 0;
    wanted.delete(key);
    if (wanted.size === 0) break;
  }
  return shared;
}

/** A key for each example. */
function* keysOf(dataset: Dataset): Generator<number> {
  const perExample = dataset.inputs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 1);
  const rows = Math.max(1, Math.floor(PIECE / perExample));
  for (let start = 0; start < dataset.examples; start += rows) {
    const end = Math.min(dataset.examples, start + rows);
    const { inputs, y } = dataset.batch(start, end);
    const words = [...dataset.inputs.map(({ name }) => inputs[name]), y].map(wordsOf);
    for (let row = 0; row < end - start; row++) yield keyOf(words, row, end - start);
  }
}

/** Equal for equal numbers: 0 has one sign, and what was stored in float32 is what it was rounded from. */
function wordsOf({ dtype, data }: Tensor): Uint32Array {
  const made = dtype === "float32" ? new Float32Array(data.length) : new Float64Array(data.length);
  const isWide = dtype === "float64";
  for (let i = 0; i < data.length; i++) made[i] = (isWide ? single(data[i]) : data[i]) + 0;
  return new Uint32Array(made.buffer);
}

/** In float32, where that has the number with all its digits. */
function single(x: number): number {
  const rounded = Math.fround(x);
  return Math.abs(rounded) >= LEAST_NORMAL && Number.isFinite(rounded) ? rounded : x;
}

/** Of the words of one row: MurmurHash3 (Appleby 2011) with its constants for 32 bits, and with those of a lane for 128. */
function keyOf(tensors: readonly Uint32Array[], row: number, rows: number): number {
  let [a, b] = [0, 0];
  for (const words of tensors) {
    const each = words.length / rows;
    for (let i = row * each; i < (row + 1) * each; i++) {
      a ^= Math.imul(turned(Math.imul(words[i], 0xcc9e2d51), 15), 0x1b873593);
      a = (Math.imul(turned(a, 13), 5) + 0xe6546b64) | 0;
      b ^= Math.imul(turned(Math.imul(words[i], 0x239b961b), 16), 0xab0e9789);
      b = (Math.imul(turned(b, 17), 5) + 0x561ccd1b) | 0;
    }
  }
  return mixed(a) * 2 ** 21 + (mixed(b) >>> 11);
}

function turned(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function mixed(x: number): number {
  const once = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
