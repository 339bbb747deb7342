import { type Reflections, startOfReflection } from "./band-reduction.ts";
import type { Chase } from "./chase-band.ts";

/** Vectors that are transformed to each reading of the reflections. */
export const TOGETHER = 4;

/** Up to four eigenvectors of the tridiagonal matrix to eigenvectors of A, in place. Cost: 4 n² multiplications each; 2 n² where the band is tridiagonal. */
export function transformBack(reflections: Reflections, chase: Chase, vectors: readonly Float64Array[]): void {
  const four = Array.from({ length: TOGETHER }, (_, j) => vectors[j] ?? new Float64Array(chase.n));
  backToBand(chase, four);
  backToMatrix(reflections, four);
}

/** The reflections of a chase, the last one first. */
function backToBand({ n, width, vectors }: Chase, [z0, z1, z2, z3]: readonly Float64Array[]): void {
  let made = vectors.length / width;
  for (let k = n - 3; k >= 0 && made > 0; k--) {
    const blocks = Math.ceil((n - 1 - k) / width);
    for (let block = blocks - 1; block >= 0; block--) {
      const at = --made * width;
      const start = k + 1 + block * width;
      const size = Math.min(width, n - start);
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let i = 0; i < size; i++) {
        const v = vectors[at + i];
        s0 += v * z0[start + i];
        s1 += v * z1[start + i];
        s2 += v * z2[start + i];
        s3 += v * z3[start + i];
      }
      for (let i = 0; i < size; i++) {
        const v = vectors[at + i];
        z0[start + i] -= s0 * v;
        z1[start + i] -= s1 * v;
        z2[start + i] -= s2 * v;
        z3[start + i] -= s3 * v;
      }
    }
  }
}

/** z ← Qz. */
function backToMatrix({ vectors, halfSquares }: Reflections, [z0, z1, z2, z3]: readonly Float64Array[]): void {
  const n = halfSquares.length;
  for (let i = 1; i < n; i++) {
    const h = halfSquares[i];
    if (h === 0) continue;
    const start = startOfReflection(i);
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let k = 0; k < i; k++) {
      const x = vectors[start + k];
      s0 += x * z0[k];
      s1 += x * z1[k];
      s2 += x * z2[k];
      s3 += x * z3[k];
    }
    s0 /= h;
    s1 /= h;
    s2 /= h;
    s3 /= h;
    for (let k = 0; k < i; k++) {
      const x = vectors[start + k];
      z0[k] -= s0 * x;
      z1[k] -= s1 * x;
      z2[k] -= s2 * x;
      z3[k] -= s3 * x;
    }
  }
}
