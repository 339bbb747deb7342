import { z } from "zod";
import { adamRule } from "./adam-rule.ts";
import { type MatrixArithmetic, matrixShape } from "./matrix-arithmetic.ts";
import { defineMatrixOptimizer, type MatrixRule } from "./optimizer.ts";
import { decayRate, stepSize } from "./parameters.ts";

/** Coefficients of the quintic that brings singular values near 1 fastest (Jordan 2024): within about 0.7 and 1.2. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
/** What keeps a matrix of zeros from being divided by its length. */
const TINY = 1e-7;

/** X ← aX + (bXXᵀ + c(XXᵀ)²)X from X = G/‖G‖: the singular vectors stay, the singular values go to about 1. */
export function newtonSchulz<T>(
  a: MatrixArithmetic<T>,
  matrix: T,
  [rows, columns]: readonly [number, number],
  steps: number,
): T {
  const isTall = rows > columns;
  const wide = isTall ? a.transposed(matrix) : matrix;
  let x = a.div(wide, a.add(a.sqrt(a.sum(a.mul(wide, wide))), TINY));
  for (let i = 0; i < steps; i++) {
    const square = a.times(x, a.transposed(x));
    const polynomial = a.add(a.mul(square, B), a.mul(a.times(square, square), C));
    x = a.add(a.mul(x, A), a.times(polynomial, x));
  }
  return isTall ? a.transposed(x) : x;
}

/**
 * Matrices, and tensors of more axes with all but the first together, move by an orthogonal matrix near their momentum, times
 * √max(1, rows/columns); vectors and numbers by Adam, whose step size is a number of its own. A vector of a toy is one row,
 * which moves by about its unit vector. The author takes Adam for embeddings and the last layer, too, which no shape tells.
 */
export const muon = defineMatrixOptimizer({
  name: "muon",
  title: "Muon",
  summary: "matrices move by the orthogonal part of their momentum, the rest by Adam",
  formula: String.raw`B_t = \beta B_{t-1} + (1-\beta)G_t,\quad \Theta_t = (1-\eta w)\,\Theta_{t-1} - \eta\sqrt{\max(1, m/n)}\;\mathrm{NS}\bigl(\beta B_t + (1-\beta)G_t\bigr)`,
  source: "Jordan (2024)",
  parameters: z.object({
    lr: stepSize(0.02),
    momentum: decayRate(0.95, "share β of the momentum that stays"),
    weightDecay: z.number().min(0).default(0).describe("weight decay w, decoupled: θ ← (1 − ηw)θ before the step"),
    iterations: z.int().min(1).max(30).default(5).describe("iterations of Newton–Schulz"),
    vectorLr: z.number().positive().default(3e-4).describe("step size of vectors, by Adam"),
    beta1: decayRate(0.9, "share β₁ of Adam's mean that stays"),
    beta2: decayRate(0.95, "share β₂ of Adam's mean square that stays"),
    eps: z.number().min(0).default(1e-10).describe("ε of Adam"),
  }),
  rule({
    lr,
    momentum,
    weightDecay,
    iterations,
    vectorLr,
    beta1,
    beta2,
    eps,
  }): MatrixRule<"scaled" | "damped" | "kept" | "matrixStep" | "matrixKept"> {
    const vectors = adamRule({ lr: vectorLr, beta1, beta2, eps, weightDecay, amsgrad: false }, true);
    return {
      state: (shape) =>
        matrixShape(shape) === undefined
          ? vectors.state.map((name) => ({ name, shape }))
          : [{ name: "momentum_buffer", shape }],
      numbers: (step, size = lr) => ({
        ...vectors.numbers(step, (vectorLr * size) / lr),
        matrixStep: size,
        matrixKept: 1 - size * weightDecay,
      }),
      update(a, tensor, shape) {
        const { weight, gradient, state, numbers } = tensor;
        const matrix = matrixShape(shape);
        if (matrix === undefined) return vectors.update(a, tensor);
        const mean = a.add(a.mul(state[0], momentum), a.mul(gradient, 1 - momentum));
        const ahead = a.add(a.mul(mean, momentum), a.mul(gradient, 1 - momentum));
        const orthogonal = a.reshaped(newtonSchulz(a, a.reshaped(ahead, matrix), matrix, iterations), shape);
        const [rows, columns] = matrix;
        const from = weightDecay === 0 ? weight : a.mul(weight, numbers.matrixKept);
        const step = a.mul(orthogonal, Math.sqrt(Math.max(1, rows / columns)));
        return { weight: a.sub(from, a.mul(step, numbers.matrixStep)), state: [mean] };
      },
    };
  },
});
