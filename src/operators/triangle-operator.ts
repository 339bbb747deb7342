import { consecutive } from "../linalg/lower-rows.ts";
import type { LinearOperator } from "./linear-operator.ts";

/**
 * The operator of some rows and columns of a symmetric matrix that is held in memory, row-major, where it lies: a product
 * reads each element of their lower triangle once. Cost m² multiplications a product for m rows.
 *
 * A copy that kernels work on would pay from some sixty products on: memory that was not there before costs more than
 * arithmetic.
 *
 * @param matrix n × n; only its lower triangle is read
 * @param chosen the rows and columns, ascending
 */
export function triangleOperator(matrix: Float64Array, n: number, chosen: Uint32Array, name: string): LinearOperator {
  const runs = consecutive(chosen);
  return {
    dimension: chosen.length,
    symmetric: true,
    precision: "float64",
    preferredBlock: 1,
    name,
    apply: (block) => Promise.resolve(block.map((v) => triangleTimes(matrix, n, chosen, runs, v))),
  };
}

/** Rows that are read together: the sums of one alone would wait for one another. */
const ROWS = 4;

/**
 * Four rows at a time: what is left of the diagonal gives both a_ik v_k to row i, and a_ik v_i to row k. Of the block on the
 * diagonal each element is taken by itself; of rows beyond the last the last one stands, times 0.
 */
function triangleTimes(
  matrix: Float64Array,
  n: number,
  chosen: Uint32Array,
  runs: readonly (readonly [at: number, length: number])[],
  v: Float64Array,
): Float64Array {
  const m = chosen.length;
  const image = new Float64Array(m);
  for (let i = 0; i < m; i += ROWS) {
    const rowOf = (k: number) => chosen[Math.min(i + k, m - 1)] * n;
    const [row0, row1, row2, row3] = [rowOf(0), rowOf(1), rowOf(2), rowOf(3)];
    const valueOf = (k: number) => (i + k < m ? v[i + k] : 0);
    const [v0, v1, v2, v3] = [valueOf(0), valueOf(1), valueOf(2), valueOf(3)];
    let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
    for (const [start, length] of runs) {
      if (start >= i) break;
      const shift = chosen[start] - start;
      const end = Math.min(start + length, i);
      for (let k = start, at = k + shift; k < end; k++, at++) {
        const a = matrix[row0 + at];
        const b = matrix[row1 + at];
        const c = matrix[row2 + at];
        const d = matrix[row3 + at];
        const x = v[k];
        sum0 += a * x;
        sum1 += b * x;
        sum2 += c * x;
        sum3 += d * x;
        image[k] += a * v0 + b * v1 + (c * v2 + d * v3);
      }
    }
    const sums = [sum0, sum1, sum2, sum3];
    const end = Math.min(i + ROWS, m);
    for (let k = i; k < end; k++) {
      image[k] += sums[k - i];
      for (let j = i; j <= k; j++) {
        const a = matrix[chosen[k] * n + chosen[j]];
        image[k] += a * v[j];
        if (j < k) image[j] += a * v[k];
      }
    }
  }
  return image;
}
