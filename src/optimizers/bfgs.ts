import { z } from "zod";
import { identityMatrix } from "../linalg/dense.ts";
import { dot } from "../linalg/vector.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { defineOptimizer } from "./optimizer.ts";
import { type CurvatureMemory, lineSearch, quasiNewtonWalk } from "./quasi-newton.ts";

/** Dimensions beyond which the matrix is not kept: 128 MiB. */
const MOST = 4096;

/** An estimate of H⁻¹ as a matrix, from the identity on. */
export class InverseHessian implements CurvatureMemory {
  readonly dimension: number;
  /** Row-major, symmetric. */
  matrix: Float64Array;

  constructor(dimension: number) {
    this.dimension = dimension;
    this.matrix = identityMatrix(dimension);
  }

  times(vector: Float64Array): Float64Array {
    const { dimension: n, matrix } = this;
    return vector.map((_, i) => dot(matrix.subarray(i * n, (i + 1) * n), vector));
  }

  /** H⁻¹ ← (1−ρsyᵀ)H⁻¹(1−ρysᵀ) + ρssᵀ, ρ = 1/sᵀy. */
  learn(s: Float64Array, y: Float64Array): void {
    const { dimension: n, matrix } = this;
    const rho = 1 / dot(s, y);
    const image = this.times(y);
    const factor = rho * (1 + rho * dot(y, image));
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) matrix[i * n + j] += factor * s[i] * s[j] - rho * (s[i] * image[j] + image[i] * s[j]);
  }

  forget(): void {
    this.matrix = identityMatrix(this.dimension);
  }
}

/** Q-superlinear near a minimum (Dennis & Moré 1974), at the price of a matrix. */
export const bfgs = defineOptimizer({
  name: "bfgs",
  title: "BFGS",
  summary: "Newton's step from all changes of the gradient, as a matrix",
  formula: String.raw`\theta_{t+1} = \theta_t - \alpha_t B_t\,\nabla L(\theta_t),\quad B_{t+1} = (1-\rho s y^\top) B_t (1-\rho y s^\top) + \rho s s^\top`,
  source: "Broyden, Fletcher, Goldfarb, Shanno (1970)",
  parameters: z.object({ lineSearch }),
  walk({ lineSearch: search }, { start }) {
    if (start.length > MOST)
      throw new ThalwegError({
        kind: "usage",
        code: "too-large",
        message: `BFGS keeps a matrix, and ${start.length} dimensions are more than the ${MOST} that it may have.`,
        hint: "Use lbfgs.",
      });
    return quasiNewtonWalk(new InverseHessian(start.length), search, start);
  },
});
