import type { Objective } from "../optimizers/objective.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { placeAfter } from "./walks.ts";

/**
 * (I − M)/η for the matrix M of one step, θ ← Mθ, on a function whose gradient is linear and 0 at 0: the curvatures that
 * gradient descent with η would need for such a step.
 *
 * @param by an optimiser with its numbers, η among them
 * @returns n × n; its rows are what a step makes of the axes
 *
 * @example
 * stepMatrix(quadratic.with({ kappa: 4, n: 2 }), gradientDescent.with({ lr: 0.1 }), 0.1); // 1, 0, 0, 4
 */
export function stepMatrix(on: Objective, by: ReturnType<Optimizer["with"]>, lr: number): Float64Array {
  const n = on.dimension;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const from = new Float64Array(n);
    from[i] = 1;
    placeAfter({ on, by, from }, 1).forEach((x, k) => (matrix[i * n + k] = (from[k] - x) / lr));
  }
  return matrix;
}
