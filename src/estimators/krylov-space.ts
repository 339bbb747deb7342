import { accumulate, combine, dots, joint, orthogonalize } from "../linalg/multi-vector.ts";
import type { Basis } from "../linalg/multi-vector.ts";
import { symmetricSpectrum, toTheEnd } from "../linalg/symmetric-eigen.ts";
import { tridiagonalEigen } from "../linalg/tridiagonal-eigen.ts";
import { tridiagonalVectors } from "../linalg/tridiagonal-vectors.ts";
import { axpy, norm2, scale } from "../linalg/vector.ts";
import { VectorBasis } from "../linalg/vector-basis.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { roundoff } from "./products.ts";

export interface KrylovOptions {
  /** The operator that the caller multiplies with; its precision is that of the basis. */
  readonly operator: LinearOperator;
  /** Orthonormal vectors that span the start. */
  readonly start: readonly Float64Array[];
  /** Orthonormal vectors outside which the space lives: it then belongs to PAP, P = I − LLᵀ. */
  readonly locked?: Basis;
  /** Where given, a direction lost to an invariant subspace is replaced by a random one orthogonal to everything. */
  readonly refill?: RandomStream;
}

/** A space is taken for invariant where ‖A q‖, without what lies in it, is this or less: 64 u ‖A‖. */
export function invariantBelow(operator: LinearOperator, scale: number): number {
  return 64 * roundoff(operator) * scale;
}

/** Ritz values, ascending, and what is asked for of the pairs at some places among them. */
export interface RitzPairs {
  readonly values: Float64Array;
  /** ‖A y − θ y‖. */
  residuals(places: readonly number[]): Float64Array;
  /** Coordinates of the Ritz vectors in the basis. */
  coordinates(places: readonly number[]): Float64Array[];
}

/**
 * A (block) Krylov space of a symmetric operator with full reorthogonalisation:
 *
 *   A Q = Q T + X Cᵀ,   QᵀQ = I,   QᵀX = 0,
 *
 * Q the basis, T = QᵀAQ, X the pending block whose products come next, C its coupling to the basis.
 * The caller multiplies: `absorb(A · pending())` appends X to Q and makes the next X. So several
 * spaces can share one block product. The relation survives `restart`, which compresses Q to some of
 * its Ritz vectors (thick restart: Wu & Simon 2000).
 *
 * What T already implies of A X (its components along the last block) and XᵀAX are removed first; what
 * full reorthogonalisation then still finds is rounding and asymmetry of the operator, and half of it
 * goes into T, so that T is the symmetric part of what was measured. No ghost copies can appear. So
 * little is left to find that one pass of Gram–Schmidt nearly always suffices.
 *
 * Cost: one product, 4mn flops for each new vector; memory mn numbers of the operator's precision.
 */
export class KrylovSpace {
  private readonly options: KrylovOptions;
  private readonly width: number;
  private readonly locked: Basis;
  private basis: VectorBasis;
  private next: Float64Array[];
  /** Lower triangle of T by rows. */
  private rows: Float64Array[] = [];
  /** coupling[j][a] = xₐᵀ A qⱼ; absent where it is zero. */
  private coupling = new Map<number, Float64Array>();
  /** Largest ‖A q‖ seen: a lower bound of ‖A‖. */
  private size = 0;
  private tridiagonal: boolean;

  constructor(options: KrylovOptions) {
    this.options = options;
    this.width = options.start.length;
    this.locked = options.locked ?? [];
    this.basis = this.emptyBasis();
    this.next = [...options.start];
    this.tridiagonal = options.start.length === 1;
  }

  /** The orthonormal vectors that wait for their products; empty once the space is invariant. */
  pending(): readonly Float64Array[] {
    return this.next;
  }

  vectors(): VectorBasis {
    return this.basis;
  }

  /** Size of the basis. */
  get length(): number {
    return this.basis.length;
  }

  /** Takes A · pending(), which it may overwrite. */
  absorb(products: readonly Float64Array[]): void {
    const old = this.basis.length;
    const block = this.next;
    const known = this.couplingColumns(block.length);
    for (const w of products) this.size = Math.max(this.size, norm2(w));

    const found = products.map((w, a) => {
      accumulate(
        this.basis,
        known[a].map((c) => -c),
        w,
      );
      const row = new Float64Array(old + a + 1);
      row.set(known[a]);
      this.rows.push(row);
      const onBlock = dots(block, w);
      onBlock.forEach((c, b) => axpy(-c, block[b], w));
      return onBlock;
    });
    for (const vector of block) this.basis.push(vector);
    const everything = joint([this.locked, this.basis]);
    products.forEach((w, a) => {
      const rest = orthogonalize(everything, w).coefficients.subarray(this.locked.length);
      axpy(1, rest.subarray(old), found[a]);
      found[a] = Float64Array.of(...rest.subarray(0, old), ...found[a]);
    });
    found.forEach((coefficients, a) => {
      const row = this.rows[old + a];
      for (let j = 0; j < old; j++) row[j] += coefficients[j] / 2;
      for (let b = 0; b <= a; b++) row[old + b] = (coefficients[old + b] + found[b][old + a]) / 2;
    });
    this.nextBlock(products, everything, old);
    if (this.options.refill !== undefined) this.refill(this.options.refill);
  }

  private emptyBasis(): VectorBasis {
    const { dimension, precision } = this.options.operator;
    return new VectorBasis(dimension, precision);
  }

  /** QᵀA xₐ for each pending xₐ, as T implies it. */
  private couplingColumns(count: number): Float64Array[] {
    const columns = Array.from({ length: count }, () => new Float64Array(this.basis.length));
    for (const [j, coefficients] of this.coupling) columns.forEach((column, a) => (column[j] = coefficients[a]));
    return columns;
  }

  /** Orthonormalises the remainders into the next block and notes the coupling. */
  private nextBlock(remainders: readonly Float64Array[], everything: Basis, old: number): void {
    const lost = invariantBelow(this.options.operator, this.size);
    const accepted: Float64Array[] = [];
    const factors = remainders.map((w) => {
      const within = orthogonalize(accepted, w);
      const coefficients = within.coefficients;
      const length = within.after;
      if (length <= lost) return coefficients;
      scale(1 / length, w);
      if (length < 0.5 * within.before) {
        // What the block had in common is gone, and rounding along the basis weighs more in the rest.
        orthogonalize(joint([everything, accepted]), w);
        scale(1 / norm2(w), w);
      }
      accepted.push(w);
      return Float64Array.of(...coefficients, length);
    });
    this.next = accepted;
    this.coupling = new Map();
    factors.forEach((factor, a) => {
      const padded = new Float64Array(accepted.length);
      padded.set(factor);
      this.coupling.set(old + a, padded);
    });
  }

  private refill(random: RandomStream): void {
    const { dimension } = this.options.operator;
    while (this.next.length < this.width && this.basis.length + this.next.length + this.locked.length < dimension) {
      const everything = joint([this.locked, this.basis, this.next]);
      const w = random.normalVector(dimension);
      orthogonalize(everything, w);
      scale(1 / norm2(w), w);
      orthogonalize(everything, w);
      scale(1 / norm2(w), w);
      this.next.push(w);
      for (const [j, coefficients] of this.coupling) {
        const padded = new Float64Array(this.next.length);
        padded.set(coefficients);
        this.coupling.set(j, padded);
      }
    }
  }

  /** Diagonal and off-diagonal of T, and the coupling to the pending vector, of a space of width 1. */
  jacobi(): { diagonal: Float64Array; offDiagonal: Float64Array; last: number } {
    const m = this.basis.length;
    return {
      diagonal: Float64Array.from(this.rows, (row, i) => row[i]),
      offDiagonal: Float64Array.from({ length: Math.max(0, m - 1) }, (_, i) => this.rows[i + 1][i]),
      last: this.coupling.get(m - 1)?.[0] ?? 0,
    };
  }

  /** T as a full matrix, row-major. */
  projected(): Float64Array {
    const m = this.basis.length;
    const matrix = new Float64Array(m * m);
    this.rows.forEach((row, i) => {
      for (let j = 0; j <= i; j++) matrix[i * m + j] = matrix[j * m + i] = row[j];
    });
    return matrix;
  }

  /** Σ Cᵢⱼ²: the squared Frobenius norm of the coupling. */
  couplingSquare(): number {
    let sum = 0;
    for (const coefficients of this.coupling.values()) for (const c of coefficients) sum += c * c;
    return sum;
  }

  /** X Cᵀ c: the part outside the basis of the product of A with Q c. */
  leak(c: Float64Array): Float64Array {
    const [leaked] = combine(this.next, [this.onPending(c)], this.options.operator.dimension);
    return leaked;
  }

  /** All Ritz values: O(m²) while the space has width 1, else 4/3 m³ flops. Each vector costs m or m² times a few. */
  ritz(): RitzPairs {
    if (this.tridiagonal) {
      const { diagonal, offDiagonal, last } = this.jacobi();
      const eigen = tridiagonalEigen(diagonal, offDiagonal, "ends");
      return {
        values: eigen.values,
        residuals: (places) => Float64Array.from(places, (place) => Math.abs(last * eigen.last[place])),
        coordinates(places) {
          const ascending = places.toSorted((a, b) => a - b);
          const found = tridiagonalVectors(
            diagonal,
            offDiagonal,
            Float64Array.from(ascending, (place) => eigen.values[place]),
          );
          return places.map((place) => found[ascending.indexOf(place)]);
        },
      };
    }
    const { values, vectorsAt } = toTheEnd(symmetricSpectrum(this.projected(), this.basis.length));
    const coordinates = (places: readonly number[]) => [...vectorsAt(places)].flat();
    return {
      values,
      residuals: (places) =>
        this.next.length === 0
          ? new Float64Array(places.length)
          : Float64Array.from(coordinates(places), (s) => norm2(this.onPending(s))),
      coordinates,
    };
  }

  /** Cᵀ s: what the product of A with Q s has along the pending vectors. */
  private onPending(s: Float64Array): Float64Array {
    const sum = new Float64Array(this.next.length);
    for (const [j, coefficients] of this.coupling) axpy(s[j], coefficients, sum);
    return sum;
  }

  /** The vectors Q s for coordinates s. */
  lift(coordinates: readonly Float64Array[]): Float64Array[] {
    return combine(this.basis, coordinates, this.options.operator.dimension);
  }

  /** Compresses the basis to the chosen Ritz vectors; T becomes diagonal, the coupling is carried over. */
  restart(pairs: RitzPairs, keep: readonly number[]): void {
    const coordinates = pairs.coordinates(keep);
    const couplings = coordinates.map((s) => this.onPending(s));
    const vectors = this.lift(coordinates);
    this.basis = this.emptyBasis();
    for (const vector of vectors) this.basis.push(vector);
    this.rows = keep.map((i, at) => {
      const row = new Float64Array(at + 1);
      row[at] = pairs.values[i];
      return row;
    });
    this.coupling = new Map(couplings.map((coefficients, j) => [j, coefficients]));
    this.tridiagonal = false;
  }
}

/** `count` random orthonormal vectors orthogonal to `locked`; fewer where the dimension ends. */
export function randomBlock(
  random: RandomStream,
  dimension: number,
  count: number,
  locked: Basis = [],
): Float64Array[] {
  const block: Float64Array[] = [];
  while (block.length < count && block.length + locked.length < dimension) {
    const w = random.normalVector(dimension);
    const everything = joint([locked, block]);
    orthogonalize(everything, w);
    scale(1 / norm2(w), w);
    orthogonalize(everything, w);
    scale(1 / norm2(w), w);
    block.push(w);
  }
  return block;
}
