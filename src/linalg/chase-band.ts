import { kernelMemory } from "./kernel-memory.ts";
import { keptFirst } from "./reflection.ts";
import type { SymmetricBand } from "./symmetric-band.ts";

/** QᵀBQ = T for a band B, Q the product of the reflections I − vvᵀ in the order in which they were made. */
export interface Tridiagonalization {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
  /** The v, each as many elements as the band is wide, zeros where there is nothing to be done; plain data. */
  readonly chase: Chase;
}

export interface Chase {
  readonly n: number;
  readonly width: number;
  readonly vectors: Float64Array;
}

/** Sweeps between two pauses. */
const SWEEPS = 32;

/**
 * A band to tridiagonal form, in place: column after column loses what is below its subdiagonal, and the reflection
 * that does it makes a bulge below the band, of which the first column is chased down to the end, as much as the next
 * sweep needs (Murata & Horikoshi 1975; Bischof, Lang & Sun 2000). Yields the share of the work that is done.
 *
 * Cost: 7 n² w flops for the width w; none where w is 1. Absolute error of an element: a small multiple of ε‖B‖.
 */
export function* chaseBand(band: SymmetricBand, simd = true): Generator<number, Tridiagonalization> {
  const { n, width, elements } = band;
  // What is tridiagonal stays as it is.
  const sweeps = width === 1 ? 0 : Math.max(0, n - 2);
  const vectors = new Float64Array(sweeps === 0 ? 0 : width * stepsBefore(sweeps, n, width));
  if (sweeps > 0) {
    const chase = (simd && simdChase(band)) || plainChase(band);
    for (let k = 0; k < sweeps; k += SWEEPS) {
      const to = Math.min(k + SWEEPS, sweeps);
      const [start, end] = [k, to].map((sweep) => width * stepsBefore(sweep, n, width));
      chase.sweep(k, to, vectors.subarray(start, end));
      yield 1 - ((n - to) / n) ** 2;
    }
    chase.finish();
  }
  return {
    diagonal: Float64Array.from({ length: n }, (_, i) => elements[band.at(i, i)]),
    offDiagonal: Float64Array.from({ length: Math.max(0, n - 1) }, (_, i) => elements[band.at(i + 1, i)]),
    chase: { n, width, vectors },
  };
}

/** Reflections of the first sweeps. */
function stepsBefore(sweeps: number, n: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < sweeps; k++) sum += Math.ceil((n - 1 - k) / width);
  return sum;
}

interface Sweeping {
  /** Sweeps `from` to `to`, whose vectors it writes into an array of zeros. */
  sweep(from: number, to: number, vectors: Float64Array): void;
  /** Makes what the band has become of it. */
  finish(): void;
}

/** The width of a band for which there is a kernel. */
const KERNEL_WIDTH = 8;

/**
 * Sweeps of the kernel `chase_sweeps`, on a copy whose largest element a power of two brings near to 1: squares then need no
 * scaling of their own. Null where there is none for the width.
 */
function simdChase({ n, width, stride, elements }: SymmetricBand): Sweeping | null {
  if (width !== KERNEL_WIDTH) return null;
  const size = (n + 2 * width) * stride;
  const room = width * SWEEPS * Math.ceil(n / width);
  const memory = kernelMemory(8 * (size + room + width));
  if (!memory) return null;
  const copy = new Float64Array(memory.buffer, 0, size);
  const made = new Float64Array(memory.buffer, 8 * size, room);
  let largest = 0;
  for (const x of elements) largest = Math.max(largest, Math.abs(x));
  const exponent = largest > 0 && largest < Infinity ? Math.floor(Math.log2(largest)) : 0;
  const power = 2 ** Math.max(-MOST_EXPONENT, Math.min(MOST_EXPONENT, exponent));
  for (let i = 0; i < elements.length; i++) copy[i] = elements[i] / power;
  return {
    sweep(from, to, vectors) {
      memory.kernels.chase_sweeps(0, n, from, to, made.byteOffset, made.byteOffset + made.byteLength);
      vectors.set(made.subarray(0, vectors.length));
    },
    finish() {
      for (let i = 0; i < elements.length; i++) elements[i] = copy[i] * power;
    },
  };
}

/** Powers of two that are numbers, and whose inverses are. */
const MOST_EXPONENT = 1000;

function plainChase(band: SymmetricBand): Sweeping {
  const { n, width, elements } = band;
  const u = new Float64Array(width);
  const x = new Float64Array(width);
  const scratch = new Float64Array(width);
  return {
    sweep(from, to, vectors) {
      let made = 0;
      for (let k = from; k < to; k++) {
        let column = k;
        for (let start = k + 1; start < n; start += width) {
          const size = Math.min(width, n - start);
          for (let i = 0; i < size; i++) x[i] = elements[band.at(start + i, column)];
          const { h, coupling } = keptFirst(x, u, size);
          if (h !== 0) {
            elements[band.at(start, column)] = coupling;
            for (let i = 1; i < size; i++) elements[band.at(start + i, column)] = 0;
            const root = 1 / Math.sqrt(h);
            for (let i = 0; i < size; i++) vectors[made * width + i] = u[i] *= root;
            // What is left of the block whose first column it was.
            if (column + 1 < start) fromLeft(band, u, start, size, column + 1, start - column - 1, scratch);
            onBothSides(band, u, start, size, scratch);
            fromRight(band, u, start, size);
          }
          made++;
          column = start;
        }
      }
    },
    finish: () => undefined,
  };
}

/** (I − vvᵀ) on rows `start` …, in the columns from `left` on. */
function fromLeft(
  { elements, stride, width }: SymmetricBand,
  v: Float64Array,
  start: number,
  size: number,
  left: number,
  columns: number,
  along: Float64Array,
): void {
  const first = start * stride + left - start + 2 * width;
  along.fill(0);
  for (let i = 0; i < size; i++) {
    const row = first + i * (stride - 1);
    const vi = v[i];
    for (let j = 0; j < columns; j++) along[j] += vi * elements[row + j];
  }
  for (let i = 0; i < size; i++) {
    const row = first + i * (stride - 1);
    const vi = v[i];
    for (let j = 0; j < columns; j++) elements[row + j] -= vi * along[j];
  }
}

/** (I − vvᵀ) D (I − vvᵀ) for the block D on the diagonal. */
function onBothSides(
  { elements, stride, width }: SymmetricBand,
  v: Float64Array,
  start: number,
  size: number,
  w: Float64Array,
): void {
  const first = start * stride + 2 * width;
  w.fill(0);
  for (let i = 0; i < size; i++) {
    const row = first + i * (stride - 1);
    let sum = elements[row + i] * v[i];
    for (let j = 0; j < i; j++) {
      sum += elements[row + j] * v[j];
      w[j] += elements[row + j] * v[i];
    }
    w[i] += sum;
  }
  let half = 0;
  for (let i = 0; i < size; i++) half += v[i] * w[i];
  half /= 2;
  for (let i = 0; i < size; i++) w[i] -= half * v[i];
  for (let i = 0; i < size; i++) {
    const row = first + i * (stride - 1);
    for (let j = 0; j <= i; j++) elements[row + j] -= v[i] * w[j] + w[i] * v[j];
  }
}

/** Times (I − vvᵀ): the columns of the block, in the rows below it that the band couples with them. */
function fromRight({ n, elements, stride, width }: SymmetricBand, v: Float64Array, start: number, size: number): void {
  const below = start + size;
  const rows = Math.min(width, n - below);
  for (let r = 0; r < rows; r++) {
    const row = (below + r) * stride + start - below - r + 2 * width;
    let along = 0;
    for (let j = 0; j < size; j++) along += elements[row + j] * v[j];
    for (let j = 0; j < size; j++) elements[row + j] -= along * v[j];
  }
}
