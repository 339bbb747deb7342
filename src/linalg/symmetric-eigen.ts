import { ThalwegError } from "../util/thalweg-error.ts";
import { PANEL, reduceToBand, type Reflections } from "./band-reduction.ts";
import { chaseBand, type Tridiagonalization } from "./chase-band.ts";
import { decoupledBlocks } from "./decoupled-blocks.ts";
import { chosenRows } from "./lower-rows.ts";
import { backTransform, TOGETHER } from "./transform-back.ts";
import { copyTriangle } from "./triangle.ts";
import { tridiagonalEigen } from "./tridiagonal-eigen.ts";
import { tridiagonalVectors } from "./tridiagonal-vectors.ts";

export interface SymmetricEigen {
  /** Eigenvalues, ascending. */
  readonly values: Float64Array;
  /** Unit eigenvectors in the order of the values; empty unless asked for. */
  readonly vectors: Float64Array[];
}

/** Every eigenvalue of a matrix, with the reduced matrix from which its eigenvectors can be had one by one. */
export interface SymmetricSpectrum {
  /** Eigenvalues, ascending. */
  readonly values: Float64Array;
  /**
   * Unit eigenvectors to the eigenvalues at these places, orthogonal to each other, a few at a time in the order of
   * the places. Cost: 8 n² flops each; in a cluster of k eigenvalues another 16 nk.
   */
  vectorsAt(places: readonly number[]): Iterable<readonly Float64Array[]>;
}

/** Below this a triangle in plain memory is done before kernels are at hand. */
const SIMD_FROM = 32;

/**
 * All eigenvalues, and on request eigenvectors, of a dense symmetric matrix: Householder reduction to
 * tridiagonal form (of a large one to a band, and from there), block by block where it falls into several, then
 * implicit QL.
 *
 * Absolute error of a value: a small multiple of ε‖A‖.
 * Cost: 4/3 n³ flops for values; + about 12 n³ for vectors. Memory: one copy of the matrix (two with vectors).
 *
 * @param matrix n × n, row-major, symmetric; left as it is
 * @throws internal error `matrix-size`; check error `eigen-not-converged` for NaN or ∞
 *
 * @example
 * symmetricEigen(Float64Array.of(2, 1, 1, 2), 2, false).values; // [1, 3]
 */
export function symmetricEigen(matrix: Float64Array, n: number, wantVectors: boolean): SymmetricEigen {
  const parts = toTheEnd(reduceSymmetric(matrix, n));
  const solved = parts.map(({ reflections, reduced }) => {
    const eigen = tridiagonalEigen(reduced.diagonal, reduced.offDiagonal, wantVectors ? "all" : "none");
    if (wantVectors) {
      const back = backTransform(reflections, reduced.chase);
      for (let at = 0; at < eigen.vectors.length; at += TOGETHER) back(eigen.vectors.slice(at, at + TOGETHER));
    }
    return eigen;
  });
  const order = ascending(solved.map(({ values }) => values));
  return {
    values: Float64Array.from(order, ({ part, place }) => solved[part].values[place]),
    vectors: wantVectors
      ? order.map(({ part, place }) => spread(solved[part].vectors[place], parts[part].indices, n))
      : [],
  };
}

/**
 * The same values in steps, and eigenvectors of some of them by inverse iteration. Yields the share of the work
 * that is done, each time after a few milliseconds at n = 1000.
 *
 * @throws as {@link symmetricEigen}
 */
export function* symmetricSpectrum(matrix: Float64Array, n: number): Generator<number, SymmetricSpectrum> {
  return spectrumOf(yield* reduceSymmetric(matrix, n), n);
}

/**
 * The spectrum of a matrix of dimension n that was reduced, here or in another thread.
 *
 * @throws check error `eigen-not-converged` for NaN or ∞
 */
export function spectrumOf(parts: SymmetricReduction, n: number): SymmetricSpectrum {
  const solved = parts.map(({ reduced }) => tridiagonalEigen(reduced.diagonal, reduced.offDiagonal, "none").values);
  const order = ascending(solved);
  return {
    values: Float64Array.from(order, ({ part, place }) => solved[part][place]),
    *vectorsAt(places) {
      const ofReduced = new Map<number, Float64Array>();
      const back = new Map<number, ReturnType<typeof backTransform>>();
      const sorted = places.toSorted((a, b) => a - b);
      for (const [part, { reduced }] of parts.entries()) {
        const own = sorted.filter((place) => order[place].part === part);
        const values = Float64Array.from(own, (place) => solved[part][order[place].place]);
        tridiagonalVectors(reduced.diagonal, reduced.offDiagonal, values).forEach((z, i) => ofReduced.set(own[i], z));
      }
      for (let at = 0; at < places.length;) {
        const { part } = order[places[at]];
        const other = places.findIndex((place, i) => i > at && order[place].part !== part);
        const group = places.slice(at, Math.min(at + TOGETHER, other < 0 ? places.length : other));
        const { indices, reflections, reduced } = parts[part];
        const vectors = group.flatMap((place) => ofReduced.get(place) ?? []);
        const ofPart = back.get(part) ?? backTransform(reflections, reduced.chase);
        back.set(part, ofPart);
        ofPart(vectors);
        yield vectors.map((vector) => spread(vector, indices, n));
        at += group.length;
      }
    },
  };
}

/** A symmetric matrix, block by block as it falls apart, each reduced to tridiagonal form: plain data. */
export type SymmetricReduction = readonly ReducedBlock[];

interface ReducedBlock {
  /** The rows and columns of the block, ascending. */
  readonly indices: Uint32Array;
  readonly reflections: Reflections;
  readonly reduced: Tridiagonalization;
}

/**
 * The reduction of a matrix, which is nearly all of the work. Yields the share of it that is done.
 *
 * @throws internal error `matrix-size`
 */
export function* reduceSymmetric(matrix: Float64Array, n: number): Generator<number, SymmetricReduction> {
  if (matrix.length !== n * n) {
    throw new ThalwegError({
      kind: "internal",
      code: "matrix-size",
      message: `A ${n} × ${n} matrix needs ${n * n} elements, but ${matrix.length} were given.`,
    });
  }
  const blocks = decoupledBlocks(matrix, n);
  const work = blocks.reduce((sum, { length }) => sum + length ** 3, 0);
  const parts: ReducedBlock[] = [];
  let done = 0;
  for (const indices of blocks) {
    const { length } = indices;
    const triangle = copyTriangle(chosenRows(matrix, n, indices), PANEL, length >= SIMD_FROM);
    const share = (from: number, to: number) => (step: number) =>
      (done + (from + (to - from) * step) * length ** 3) / work;
    const { band, reflections } = yield* scaled(reduceToBand(triangle, length, widthOf(length)), share(0, TO_BAND));
    const reduced = yield* scaled(chaseBand(band), share(TO_BAND, 1));
    parts.push({ indices, reflections, reduced });
    done += length ** 3;
  }
  return parts;
}

/** From this size on, a matrix does not fit the cache, and is reduced to a band first. */
const BAND_FROM = 500;

function widthOf(n: number): number {
  return n < BAND_FROM ? 1 : 8;
}

/** Share of the time that the reduction to the band takes. */
const TO_BAND = 0.95;

/** The same steps, with what each yields. */
function* scaled<T>(steps: Generator<number, T>, scale: (share: number) => number): Generator<number, T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield scale(step.value);
  }
}

/** Takes all steps of {@link symmetricSpectrum} at once. */
export function toTheEnd<T>(steps: Generator<number, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Where the eigenvalues of all blocks are, in the order of their values. */
function ascending(values: readonly Float64Array[]): { readonly part: number; readonly place: number }[] {
  return values
    .flatMap((each, part) => Array.from(each, (_, place) => ({ part, place })))
    .sort((a, b) => values[a.part][a.place] - values[b.part][b.place]);
}

function spread(vector: Float64Array, indices: Uint32Array, n: number): Float64Array {
  if (indices.length === n) return vector;
  const whole = new Float64Array(n);
  indices.forEach((index, i) => {
    whole[index] = vector[i];
  });
  return whole;
}
