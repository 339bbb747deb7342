import type { Objective } from "../optimizers/objective.ts";

/**
 * The Hessian of a function column by column, from its products with the axes.
 *
 * @returns n × n, row-major
 */
export function hessianAt(f: Objective, at: Float64Array): Float64Array {
  const n = at.length;
  const matrix = new Float64Array(n * n);
  const axis = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    axis[i] = 1;
    f.hessianVector(at, axis, matrix.subarray(i * n, (i + 1) * n));
    axis[i] = 0;
  }
  return matrix;
}
