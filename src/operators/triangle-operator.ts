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

/** Row by row, two at a time: what is left of the diagonal gives both a_ik v_k to row i, and a_ik v_i to row k. */
function triangleTimes(
  matrix: Float64Array,
  n: number,
  chosen: Uint32Array,
  runs: readonly (readonly [at: number, length: number])[],
  v: Float64Array,
): Float64Array {
  const m = chosen.length;
  const image = new Float64Array(m);
  const at = (i: number, k: number) => matrix[chosen[i] * n + chosen[k]];
  for (let i = 0; i < m; i += 2) {
    const second = Math.min(i + 1, m - 1);
    const vi = v[i];
    const vs = second > i ? v[second] : 0;
    let sum = 0;
    let sumOfSecond = 0;
    for (const [start, length] of runs) {
      if (start >= i) break;
      const shift = chosen[start] - start;
      const row = chosen[i] * n + shift;
      const rowOfSecond = chosen[second] * n + shift;
      const end = Math.min(start + length, i);
      for (let k = start; k < end; k++) {
        const a = matrix[row + k];
        const b = matrix[rowOfSecond + k];
        sum += a * v[k];
        sumOfSecond += b * v[k];
        image[k] += a * vi + b * vs;
      }
    }
    image[i] += sum + at(i, i) * vi;
    if (second === i) continue;
    const coupling = at(second, i);
    image[i] += coupling * vs;
    image[second] += sumOfSecond + coupling * vi + at(second, second) * vs;
  }
  return image;
}
