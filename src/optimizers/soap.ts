import { z } from "zod";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import type { Shape } from "../util/tensor.ts";
import { sizeOf } from "../util/tensor.ts";
import { type Block, blockArithmetic, matrixShape, zeros } from "./matrix-arithmetic.ts";
import { defineOptimizer } from "./optimizer.ts";
import { damping, decayRate, stepSize } from "./parameters.ts";
import { gradientAt } from "./walk.ts";

const { add, mul, times, transposed } = blockArithmetic;

/** The means of GGᵀ and GᵀG, and the orthogonal bases, columns, in which they are diagonal. */
interface Side {
  mean: Block;
  basis: Block;
}

/** A tensor and what is kept of it. */
interface Kept {
  readonly from: number;
  readonly to: number;
  readonly matrix: readonly [number, number] | undefined;
  mean: Block;
  square: Block;
  sides: { readonly left: Side; readonly right: Side } | undefined;
}

function eigenbasis(symmetric: Block): Block {
  const n = symmetric.shape[0];
  const { vectors } = symmetricEigen(symmetric.data, n, true);
  const data = new Float64Array(n * n);
  vectors.forEach((vector, j) => vector.forEach((x, i) => (data[i * n + j] = x)));
  return { shape: [n, n], data };
}

/** x between the bases of its rows and columns: QₗᵀXQᵣ into them, QₗXQᵣᵀ out of them. */
const into = ({ left, right }: NonNullable<Kept["sides"]>, x: Block) =>
  times(times(transposed(left.basis), x), right.basis);
const outOf = ({ left, right }: NonNullable<Kept["sides"]>, x: Block) =>
  times(times(left.basis, x), transposed(right.basis));

/**
 * Adam in the eigenbases of Shampoo's factors, which are taken anew every few steps; the first ones are those of the first
 * gradient. Vectors take Adam itself. A vector of a toy is one row. It decomposes matrices, and walks only.
 */
export const soap = defineOptimizer({
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
  *walk({ lr, beta1, beta2, shampooBeta, eps, frequency }, { start, shapes = [[1, start.length]] }) {
    const weights = start.slice();
    const tensors = keptOf(shapes);
    const blended = (mean: Block, next: Block, share: number) => add(mul(mean, share), mul(next, 1 - share));
    for (let step = 0; ; step++) {
      const slope = yield* gradientAt(weights);
      const scaled = lr / (1 - beta1 ** (step + 1));
      const spread = Math.sqrt(1 - beta2 ** (step + 1));
      for (const tensor of tensors) {
        const { from, to, matrix } = tensor;
        const gradient = { shape: matrix ?? [to - from], data: slope.slice(from, to) };
        if (matrix !== undefined && tensor.sides === undefined) tensor.sides = firstSides(gradient);
        const { sides } = tensor;
        const seen = sides === undefined ? gradient : into(sides, gradient);
        tensor.mean = blended(tensor.mean, gradient, beta1);
        tensor.square = blended(tensor.square, mul(seen, seen), beta2);
        const mean = sides === undefined ? tensor.mean : into(sides, tensor.mean);
        const { data } = tensor.square;
        const step1 = { shape: mean.shape, data: mean.data.map((m, i) => m / (Math.sqrt(data[i]) / spread + eps)) };
        const back = sides === undefined ? step1 : outOf(sides, step1);
        for (let i = from; i < to; i++) weights[i] -= scaled * back.data[i - from];
        if (sides === undefined) continue;
        const turned = transposed(gradient);
        sides.left.mean = blended(sides.left.mean, times(gradient, turned), shampooBeta);
        sides.right.mean = blended(sides.right.mean, times(turned, gradient), shampooBeta);
        if ((step + 1) % frequency === 0 && slope.every(Number.isFinite))
          for (const side of [sides.left, sides.right]) side.basis = eigenbasis(side.mean);
      }
      yield { kind: "step", weights };
    }
  },
});

function firstSides(gradient: Block): NonNullable<Kept["sides"]> {
  const turned = transposed(gradient);
  const [left, right] = [times(gradient, turned), times(turned, gradient)].map((mean) => ({
    mean,
    basis: eigenbasis(mean),
  }));
  return { left, right };
}

function keptOf(shapes: readonly Shape[]): Kept[] {
  let end = 0;
  return shapes.map((shape) => {
    const from = end;
    end += sizeOf(shape);
    const matrix = matrixShape(shape);
    const like = zeros(matrix ?? [end - from]);
    return { from, to: end, matrix, mean: like, square: like, sides: undefined };
  });
}
