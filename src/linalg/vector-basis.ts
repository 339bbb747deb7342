import type { FloatType } from "../util/tensor.ts";
import { joint } from "./multi-vector.ts";
import type { VectorSet } from "./multi-vector.ts";
import { SimdSet } from "./simd-set.ts";

/** Below this dimension a call costs more than the arithmetic it saves. */
const SIMD_FROM = 2000;

/**
 * A growing set of long vectors, made for Gram–Schmidt: `orthogonalize`, `dots` and `combine` take it
 * as they take an array of vectors, and run on SIMD kernels where the dimension is worth it.
 *
 * With precision float32 the vectors may be rounded to float32, in half the memory: orthogonality then
 * ends near 1e-7, below what products in float32 can tell. Sums are in float64 in any case.
 *
 * @example
 * const basis = new VectorBasis(2, "float64");
 * basis.push(Float64Array.of(1, 0));
 * orthogonalize(basis, Float64Array.of(3, 4)); // [0, 4]
 */
export class VectorBasis implements VectorSet {
  private readonly dimension: number;
  private readonly precision: FloatType;
  private readonly segments: SimdSet[] = [];
  /** Vectors that no SIMD memory took. */
  private readonly plain: Float64Array[] = [];
  private set: VectorSet = joint([]);

  constructor(dimension: number, precision: FloatType) {
    this.dimension = dimension;
    this.precision = precision;
  }

  get length(): number {
    return this.set.length;
  }

  /** Appends a copy. */
  push(vector: Float64Array): void {
    const target = this.plain.length > 0 || this.dimension < SIMD_FROM ? null : this.room();
    if (target === null) this.plain.push(Float64Array.from(vector));
    else target.push(vector);
    this.set = joint([...this.segments, this.plain]);
  }

  addDots(w: Float64Array, start: number, end: number, result: Float64Array): void {
    this.set.addDots(w, start, end, result);
  }

  addCombination(coefficients: Float64Array, w: Float64Array, start: number, end: number): void {
    this.set.addCombination(coefficients, w, start, end);
  }

  private room(): SimdSet | null {
    const last = this.segments.at(-1);
    if (last !== undefined && !last.full) return last;
    const added = SimdSet.create(this.dimension, this.precision);
    if (added !== null) this.segments.push(added);
    return added;
  }
}
