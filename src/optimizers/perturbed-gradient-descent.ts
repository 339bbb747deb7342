import { z } from "zod";
import { axpy, norm2 } from "../linalg/vector.ts";
import { defineOptimizer } from "./optimizer.ts";
import { stepSize } from "./parameters.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { gradientAt } from "./walk.ts";

/** A point of the ball of that radius, uniformly. */
export function inBall(dimension: number, radius: number, random: RandomStream): Float64Array {
  const direction = random.normalVector(dimension);
  const length = (radius * random.uniform() ** (1 / dimension)) / norm2(direction);
  return direction.map((x) => length * x);
}

/**
 * Gradient descent that takes a random step out of a small ball where the gradient is small and no such step was taken lately
 * (Algorithm 1 of Jin et al. 2017, without its rule for stopping): it leaves strict saddles in a number of steps that
 * grows with the logarithm of the dimension.
 */
export const perturbedGradientDescent = defineOptimizer({
  name: "pgd",
  title: "perturbed gradient descent",
  summary: "gradient descent that is nudged at random where the gradient is small",
  formula: String.raw`\theta_{t+1} = \theta_t + \xi_t - \eta\,\nabla L(\theta_t + \xi_t),\quad \xi_t \sim \mathrm{U}(B_0(r)) \text{ where } \lVert\nabla L\rVert \le g`,
  source: "Jin, Ge, Netrapalli, Kakade & Jordan (2017)",
  parameters: z.object({
    lr: stepSize(1e-3),
    radius: z.number().positive().default(1e-3).describe("radius r of the ball that a nudge is drawn from"),
    threshold: z.number().min(0).default(1e-3).describe("length g of the gradient below which it is nudged"),
    interval: z.int().min(1).default(100).describe("steps between two nudges at least"),
  }),
  leavesSaddles: true,
  *walk({ lr, radius, threshold, interval }, { start, random }) {
    const weights = start.slice();
    let last = Number.NEGATIVE_INFINITY;
    for (let step = 0; ; step++) {
      let slope = yield* gradientAt(weights);
      if (norm2(slope) <= threshold && step - last >= interval) {
        last = step;
        axpy(1, inBall(weights.length, radius, random), weights);
        slope = yield* gradientAt(weights);
      }
      axpy(-lr, slope, weights);
      yield { kind: "step", weights };
    }
  },
});
