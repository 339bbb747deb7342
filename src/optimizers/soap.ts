import { z } from "zod";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { type Block, matrixShape } from "./matrix-arithmetic.ts";
import { defineMatrixOptimizer, type MatrixRule } from "./optimizer.ts";
import { damping, decayRate, stepSize } from "./parameters.ts";

/**
 * Adam in the eigenbases of Shampoo's factors, which are taken anew every few steps, between the steps: they are the one thing
 * that takes more than products. As in its authors' implementation the first gradient makes the first bases, and no step. Vectors
 * take Adam itself. A vector of a toy is one row. Cost: products of square matrices of rows and columns a step, and their
 * eigenvectors every few.
 */
export const soap = defineMatrixOptimizer({
  name: "soap",
  title: "SOAP",
  summary: "Adam in the eigenbasis of Shampoo's preconditioner",
  formula: String.raw`\Theta_t = \Theta_{t-1} - \eta\,Q_L\,\frac{Q_L^\top \hat M_t Q_R}{\sqrt{\hat V_t} + \varepsilon}\,Q_R^\top,\quad V_t = \beta_2V_{t-1} + (1-\beta_2)(Q_L^\top G_tQ_R)^2`,
  source: "Vyas et al. (2024)",
  parameters: z.object({
    lr: stepSize(3e-3),
    beta1: decayRate(0.95, "share β₁ of the mean that stays"),
    beta2: decayRate(0.95, "share β₂ of the mean square that stays"),
    shampooBeta: decayRate(0.95, "share of the means of GGᵀ and GᵀG that stays"),
    eps: damping(1e-8),
    frequency: z.int().min(1).default(10).describe("steps between two eigenbases"),
  }),
  rule({ lr, beta1, beta2, shampooBeta, eps, frequency }): MatrixRule<Numbers> {
    return {
      state(shape) {
        const moments = ["exp_avg", "exp_avg_sq"].map((name) => ({ name, shape }));
        const matrix = matrixShape(shape);
        if (matrix === undefined) return moments;
        const sides = matrix.flatMap((n, i) =>
          [
            ["left", "left_basis"],
            ["right", "right_basis"],
          ][i].map((name) => ({ name, shape: [n, n] })),
        );
        return [...moments, ...sides];
      },
      // The first gradient is kept out of the moments: β of them is 0 all the same.
      numbers: (step, size = lr) => ({
        stepSize: step === 0 ? 0 : size / (1 - beta1 ** step),
        spread: step === 0 ? 1 : Math.sqrt(1 - beta2 ** step),
        mean: step === 0 ? 0 : 1 - beta1,
        square: step === 0 ? 0 : 1 - beta2,
      }),
      update(a, { weight, gradient, state, numbers }, shape) {
        const matrix = matrixShape(shape);
        const mean = blended(a, state[0], gradient, beta1, numbers.mean);
        const [, , left, leftBasis, right, rightBasis] = state;
        const within = (x: typeof weight) =>
          matrix === undefined
            ? x
            : a.reshaped(a.times(a.times(a.transposed(leftBasis), a.reshaped(x, matrix)), rightBasis), shape);
        const slope = within(gradient);
        const square = blended(a, state[1], a.mul(slope, slope), beta2, numbers.square);
        const scaled = a.div(within(mean), a.add(a.div(a.sqrt(square), numbers.spread), Math.max(eps, TINY)));
        const step =
          matrix === undefined
            ? scaled
            : a.reshaped(a.times(a.times(leftBasis, a.reshaped(scaled, matrix)), a.transposed(rightBasis)), shape);
        const moved = a.sub(weight, a.mul(step, numbers.stepSize));
        if (matrix === undefined) return { weight: moved, state: [mean, square] };
        const plain = a.reshaped(gradient, matrix);
        const turned = a.transposed(plain);
        return {
          weight: moved,
          state: [
            mean,
            square,
            blended(a, left, a.times(plain, turned), shampooBeta, 1 - shampooBeta),
            leftBasis,
            blended(a, right, a.times(turned, plain), shampooBeta, 1 - shampooBeta),
            rightBasis,
          ],
        };
      },
      between: {
        isDue: (step) => step === 0 || (step + 1) % frequency === 0,
        renewed: (state, shape) => {
          if (matrixShape(shape) === undefined) return state;
          const [mean, square, left, , right] = state;
          return [mean, square, left, eigenbasis(left), right, eigenbasis(right)];
        },
      },
    };
  },
});

type Numbers = "stepSize" | "spread" | "mean" | "square";

/** Where ε and the mean square are 0, the mean is. */
const TINY = 1e-30;

function blended<T>(a: Arithmetic<T>, mean: T, next: T, stays: number, enters: T | number): T {
  return a.add(a.mul(mean, stays), a.mul(next, enters));
}

/** Eigenvectors as columns. */
function eigenbasis(symmetric: Block): Block {
  const n = symmetric.shape[0];
  const { vectors } = symmetricEigen(symmetric.data, n, true);
  const data = new Float64Array(n * n);
  vectors.forEach((vector, j) => vector.forEach((x, i) => (data[i * n + j] = x)));
  return { shape: [n, n], data };
}
