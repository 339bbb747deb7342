import type { KernelMemory } from "./kernel-memory.ts";

/** Elements that are worked on at a time: lengths of vectors are rounded up to a multiple, and zeros follow. */
export const ROWS = 4;

export const roundUp = (length: number) => ROWS * Math.ceil(length / ROWS);

/** Vectors in one array, one after the other, of which several make a sum at once. */
interface VectorArithmetic {
  /** The first elements of the array ← vⱼ · w over the first `length` elements, for `count` vectors from v on, `stride` apart. */
  dots(w: number, length: number, v: number, stride: number, count: number): void;
  /** w += Σ cⱼ vⱼ, the factors in the first elements of the array. */
  combine(w: number, length: number, v: number, stride: number, count: number): void;
}

/** Some of the vectors of pairs: `count` of them from `first` on, each or every second one. */
export interface Chosen {
  readonly first: number;
  readonly count: number;
  readonly step: 1 | 2;
}

/** Where the vectors are in an array that begins with room for as many numbers, in elements. */
export interface PairPlaces {
  /** From one vector to the next. */
  readonly stride: number;
  /** The first one. */
  readonly pairs: number;
  /** Pairs of vectors that are put off at most. */
  readonly most: number;
}

/** Elements that the vectors of all pairs take: they are read four at a time, from whichever one, or every second one. */
export function roomForPairs({ stride, most }: Pick<PairPlaces, "stride" | "most">): number {
  return (roundUp(2 * most) + 2 * ROWS) * stride;
}

/** Pairs of vectors u and w whose updates A ← A − uwᵀ − wuᵀ of a symmetric matrix are put off. */
export class PutOffUpdates {
  /** u₀, w₀, u₁, w₁, …: zeros at first. */
  readonly pairs: readonly Float64Array[];
  private readonly all: Float64Array;
  private readonly at: PairPlaces;
  private readonly arithmetic: VectorArithmetic;

  /** @param memory that of the array, where it has kernels */
  constructor(all: Float64Array, memory: KernelMemory | null, at: PairPlaces) {
    this.all = all;
    this.at = at;
    this.arithmetic = memory ? simdArithmetic(memory) : plainArithmetic(all);
    this.pairs = Array.from({ length: 2 * at.most }, (_, i) => all.subarray(this.place(i), this.place(i) + at.stride));
  }

  /** Where a vector begins in the array. */
  place(index: number): number {
    return this.at.pairs + index * this.at.stride;
  }

  /** The inner products of the vector there in the array, its first m elements, with the chosen ones. */
  dots(place: number, m: number, { first, count, step }: Chosen): Float64Array {
    this.arithmetic.dots(place, roundUp(m), this.place(first), step * this.at.stride, count);
    return this.all.slice(0, count);
  }

  /** Adds to the first m elements of the vector there in the array the chosen ones, each times its factor; that of itself has to be zero. */
  combine(place: number, m: number, { first, count, step }: Chosen, factors: Float64Array): void {
    this.all.set(factors);
    this.all.fill(0, count, roundUp(count));
    this.arithmetic.combine(place, roundUp(m), this.place(first), step * this.at.stride, count);
  }

  /** Makes the updates of the first `count` pairs in row i of A, which begins there in the array. */
  updateRow(place: number, i: number, count: number): void {
    if (count === 0) return;
    const own = Float64Array.from({ length: 2 * count }, (_, j) => this.all[this.place(j) + i]);
    this.combine(place, i + 1, { first: 0, count: 2 * count, step: 1 }, crossed(own));
  }

  /** From w = A u on the first m rows to that of the updated A, for `width` pairs after the first `count`. */
  correct(m: number, count: number, width: number): void {
    if (count === 0) return;
    const made: Chosen = { first: 0, count: 2 * count, step: 1 };
    for (let j = count; j < count + width; j++) {
      const products = this.dots(this.place(2 * j), m, made);
      this.combine(this.place(2 * j + 1), m, made, crossed(products));
    }
  }
}

/** The factors of −Σ (uwᵀ + wuᵀ) x, from the inner products of u₀, w₀, … with x: each is that of the other one of its pair. */
function crossed(products: Float64Array): Float64Array {
  return products.map((_, j) => -products[j ^ 1]);
}

function simdArithmetic({ kernels }: KernelMemory): VectorArithmetic {
  const { dots_f64: dots, combine_f64: combine } = kernels;
  const groups = (count: number) => Math.ceil(count / 4);
  return {
    dots: (w, length, v, stride, count) => dots(8 * w, length, 8 * v, 8 * stride, groups(count), 0),
    combine: (w, length, v, stride, count) => combine(8 * w, length, 8 * v, 8 * stride, groups(count), 0),
  };
}

function plainArithmetic(all: Float64Array): VectorArithmetic {
  return {
    dots(w, length, v, stride, count) {
      for (let j = 0; j < count; j++) {
        const vj = v + j * stride;
        let sum = 0;
        for (let k = 0; k < length; k++) sum += all[vj + k] * all[w + k];
        all[j] = sum;
      }
    },
    combine(w, length, v, stride, count) {
      for (let j = 0; j < count; j++) {
        const vj = v + j * stride;
        const c = all[j];
        for (let k = 0; k < length; k++) all[w + k] += c * all[vj + k];
      }
    },
  };
}
