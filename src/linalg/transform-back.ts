import { type Reflections, startOfReflection } from "./band-reduction.ts";
import type { Chase } from "./chase-band.ts";
import { kernelMemory } from "./kernel-memory.ts";

/** Vectors that are transformed to each reading of the reflections. */
export const TOGETHER = 4;

/** Below this it is done before a memory is made. */
const SIMD_FROM = 32;

/**
 * z ← z − factor v (v · z) for the `length` elements from v on, and as many rows, from z on, of the four vectors; then for the next
 * elements and rows, `count` times. z and v are places in one array.
 */
type Reflect = (z: number, v: number, length: number, count: number, factor: number) => void;

/**
 * What turns up to four eigenvectors of the tridiagonal matrix into eigenvectors of A, in place.
 * Cost: 4 n² multiplications each; 2 n² where the band is tridiagonal.
 */
export function backTransform(
  { vectors: reflections, halfSquares }: Reflections,
  chase: Chase,
  simd = halfSquares.length >= SIMD_FROM,
): (vectors: readonly Float64Array[]) => void {
  const n = halfSquares.length;
  const { width } = chase;
  // Rows beyond the last are zeros, as the vectors of the chase are there.
  const v = TOGETHER * (n + width);
  const elements = v + n + width;
  const memory = simd ? kernelMemory(8 * elements) : null;
  const all = memory ? new Float64Array(memory.buffer, 0, elements) : new Float64Array(elements);
  const reflect: Reflect = memory
    ? (z, at, length, count, factor) => memory.kernels.reflect_four(8 * z, 8 * at, length, count, factor)
    : plainReflect(all);
  return (vectors) => {
    all.fill(0, 0, v);
    vectors.forEach((vector, j) => {
      for (let i = 0; i < n; i++) all[TOGETHER * i + j] = vector[i];
    });
    // The reflections of the chase, the last one first.
    let made = chase.vectors.length;
    for (let k = n - 3; k >= 0 && made > 0; k--) {
      const count = Math.ceil((n - 1 - k) / width);
      made -= width * count;
      all.set(chase.vectors.subarray(made, made + width * count), v);
      // Those of a sweep meet no row twice.
      reflect(TOGETHER * (k + 1), v, width, count, 1);
    }
    for (let i = 1; i < n; i++) {
      if (halfSquares[i] === 0) continue;
      const start = startOfReflection(i);
      all.set(reflections.subarray(start, start + i), v);
      reflect(0, v, i, 1, 1 / halfSquares[i]);
    }
    vectors.forEach((vector, j) => {
      for (let i = 0; i < n; i++) vector[i] = all[TOGETHER * i + j];
    });
  };
}

function plainReflect(all: Float64Array): Reflect {
  return (z, v, length, count, factor) => {
    for (let from = 0; from < length * count; from += length) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let k = from; k < from + length; k++) {
        const x = all[v + k] * factor;
        const row = z + TOGETHER * k;
        s0 += x * all[row];
        s1 += x * all[row + 1];
        s2 += x * all[row + 2];
        s3 += x * all[row + 3];
      }
      for (let k = from; k < from + length; k++) {
        const x = all[v + k];
        const row = z + TOGETHER * k;
        all[row] -= s0 * x;
        all[row + 1] -= s1 * x;
        all[row + 2] -= s2 * x;
        all[row + 3] -= s3 * x;
      }
    }
  };
}
