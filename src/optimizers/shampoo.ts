import { z } from "zod";
import { inverseFourthRoot } from "./inverse-root.ts";
import { matrixShape } from "./matrix-arithmetic.ts";
import { defineMatrixOptimizer, type MatrixRule } from "./optimizer.ts";
import { stepSize } from "./parameters.ts";

/**
 * Matrices, and tensors of more axes with all but the first together, are preconditioned on both sides by the gradients that they
 * had: a Kronecker factor of AdaGrad's full matrix each. Vectors take AdaGrad's diagonal (Duchi et al. 2011). A vector of a toy
 * is one row. Cost a step: products of square matrices of rows and columns.
 */
export const shampoo = defineMatrixOptimizer({
  name: "shampoo",
  title: "Shampoo",
  summary: "the gradient of a matrix between inverse roots of the squares of its rows and columns",
  formula: String.raw`L_t = L_{t-1} + G_tG_t^\top,\; R_t = R_{t-1} + G_t^\top G_t,\quad \Theta_t = \Theta_{t-1} - \eta\,(L_t+\varepsilon)^{-1/4}\,G_t\,(R_t+\varepsilon)^{-1/4}`,
  source: "Gupta, Koren & Singer (2018)",
  parameters: z.object({
    lr: stepSize(0.1),
    eps: z.number().positive().default(1e-4).describe("ε, added to the diagonals"),
  }),
  rule({ lr, eps }): MatrixRule<"stepSize"> {
    return {
      state(shape) {
        const matrix = matrixShape(shape);
        if (matrix === undefined) return [{ name: "sum", shape }];
        const [rows, columns] = matrix;
        return [
          { name: "left", shape: [rows, rows] },
          { name: "right", shape: [columns, columns] },
        ];
      },
      numbers: (_step, size = lr) => ({ stepSize: size }),
      update(a, { weight, gradient, state, numbers }, shape) {
        const matrix = matrixShape(shape);
        if (matrix === undefined) {
          const sum = a.add(state[0], a.mul(gradient, gradient));
          const step = a.div(gradient, a.sqrt(a.add(sum, eps)));
          return { weight: a.sub(weight, a.mul(step, numbers.stepSize)), state: [sum] };
        }
        const [rows, columns] = matrix;
        const slope = a.reshaped(gradient, matrix);
        const turned = a.transposed(slope);
        const left = a.add(state[0], a.times(slope, turned));
        const right = a.add(state[1], a.times(turned, slope));
        const [leftRoot, rightRoot] = [
          inverseFourthRoot(a, a.add(left, a.mul(a.identity(rows), eps)), rows),
          inverseFourthRoot(a, a.add(right, a.mul(a.identity(columns), eps)), columns),
        ];
        const step = a.reshaped(a.times(a.times(leftRoot, slope), rightRoot), shape);
        return { weight: a.sub(weight, a.mul(step, numbers.stepSize)), state: [left, right] };
      },
    };
  },
});
