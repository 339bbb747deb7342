import { z } from "zod";
import { axpy, norm2 } from "../linalg/vector.ts";
import { defineOptimizer } from "./optimizer.ts";
import { stepSize } from "./parameters.ts";
import { gradientAt } from "./walk.ts";

/** θ ← θ − η∇L(θ + ρ∇L(θ)/‖∇L(θ)‖): the gradient from the worst point at distance ρ, to first order. */
export const sharpnessAware = defineOptimizer({
  name: "sam",
  title: "SAM",
  summary: "the gradient as it is a little way uphill: sharp minima repel",
  formula: String.raw`\theta_{t+1} = \theta_t - \eta\,\nabla L\bigl(\theta_t + \rho\,\nabla L(\theta_t)/\lVert\nabla L(\theta_t)\rVert\bigr)`,
  source: "Foret, Kleiner, Mobahi & Neyshabur (2021)",
  parameters: z.object({
    lr: stepSize(1e-3),
    rho: z.number().positive().default(0.05).describe("how far uphill ρ"),
  }),
  *walk({ lr, rho }, { start }) {
    const weights = start.slice();
    for (;;) {
      const slope = yield* gradientAt(weights);
      const length = norm2(slope);
      const uphill = weights.slice();
      if (length > 0) axpy(rho / length, slope, uphill);
      axpy(-lr, yield* gradientAt(uphill), weights);
      yield { kind: "step", weights };
    }
  },
});
