import { CHUNK } from "./multi-vector.ts";
import type { VectorSet } from "./multi-vector.ts";
import type { FloatType } from "../util/tensor.ts";
import { type Kernel, kernelMemory, MOST_BYTES } from "./kernel-memory.ts";

/** Vectors of one memory. */
const CAPACITY = 32;

/** Up to 32 vectors in a WebAssembly memory of their own, handled by SIMD kernels. */
export class SimdSet implements VectorSet {
  private count = 0;
  private readonly capacity: number;
  private readonly rows: (Float32Array | Float64Array)[];
  private readonly chunk: Float64Array;
  private readonly coefficients: Float64Array;
  private readonly base: number;
  private readonly stride: number;
  private readonly width: number;
  private readonly dotsKernel: Kernel;
  private readonly combineKernel: Kernel;

  /** An empty set; null where there is no SIMD or no memory for it. */
  static create(dimension: number, precision: FloatType): SimdSet | null {
    const width = precision === "float32" ? 4 : 8;
    // Rows end in zeros up to a multiple of four elements, so that no kernel has a remainder.
    const stride = 4 * Math.ceil(dimension / 4) * width;
    const base = 8 * (CHUNK + CAPACITY);
    const capacity = Math.min(CAPACITY, 4 * Math.floor((MOST_BYTES - base) / (4 * stride)));
    if (capacity === 0) return null;
    const memory = kernelMemory(base + capacity * stride);
    return memory && new SimdSet(memory.buffer, memory.kernels, dimension, precision, capacity, base, stride, width);
  }

  private constructor(
    buffer: ArrayBuffer,
    exports: Readonly<Record<string, Kernel>>,
    dimension: number,
    precision: FloatType,
    capacity: number,
    base: number,
    stride: number,
    width: number,
  ) {
    this.capacity = capacity;
    this.base = base;
    this.stride = stride;
    this.width = width;
    this.chunk = new Float64Array(buffer, 0, CHUNK);
    this.coefficients = new Float64Array(buffer, 8 * CHUNK, CAPACITY);
    const Row = precision === "float32" ? Float32Array : Float64Array;
    this.rows = Array.from({ length: capacity }, (_, j) => new Row(buffer, base + j * stride, dimension));
    this.dotsKernel = exports[precision === "float32" ? "dots_f32" : "dots_f64"];
    this.combineKernel = exports[precision === "float32" ? "combine_f32" : "combine_f64"];
  }

  get length(): number {
    return this.count;
  }

  get full(): boolean {
    return this.count === this.capacity;
  }

  push(vector: Float64Array): void {
    this.rows[this.count++].set(vector);
  }

  addDots(w: Float64Array, start: number, end: number, result: Float64Array): void {
    if (this.count === 0) return;
    const n = this.load(w, end - start);
    this.dotsKernel(0, n, this.base + start * this.width, this.stride, Math.ceil(this.count / 4), 8 * CHUNK);
    for (let j = 0; j < this.count; j++) result[j] += this.coefficients[j];
  }

  addCombination(coefficients: Float64Array, w: Float64Array, start: number, end: number): void {
    let first = 0;
    let last = this.count;
    while (first < last && coefficients[first] === 0) first++;
    while (first < last && coefficients[last - 1] === 0) last--;
    if (first === last) return;
    first -= first & 3;
    const n = this.load(w, end - start);
    const groups = Math.ceil((last - first) / 4);
    // The group of the last vector may hold rows that are not in the set.
    this.coefficients.fill(0, last - first, 4 * groups);
    for (let j = first; j < last; j++) this.coefficients[j - first] = coefficients[j];
    this.combineKernel(0, n, this.base + first * this.stride + start * this.width, this.stride, groups, 8 * CHUNK);
    w.set(w.length === CHUNK ? this.chunk : this.chunk.subarray(0, w.length));
  }

  /** Copies w into the memory, followed by zeros up to a multiple of four, and returns that length. */
  private load(w: Float64Array, length: number): number {
    const n = 4 * Math.ceil(length / 4);
    this.chunk.set(w);
    if (n > length) this.chunk.fill(0, length, n);
    return n;
  }
}
