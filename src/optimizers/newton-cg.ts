import { z } from "zod";
import { norm2 } from "../linalg/vector.ts";
import { defineOptimizer } from "./optimizer.ts";
import { steihaug } from "./trust-region.ts";
import { gradientAt, valueAt } from "./walk.ts";

/** A step is taken where it gives this share of what was promised. */
const ACCEPTED = 1e-4;
/** Below the first share of the promise the region shrinks, above the second it may grow. */
const [POOR, GOOD] = [0.25, 0.75];

/**
 * Newton's step by conjugate gradients within a trust region, which is as wide as the quadratic has been right. Directions of
 * negative curvature are followed: saddles are left. Near a minimum the residual asked for falls with the gradient, and
 * convergence is superlinear (Nocedal & Wright 2006, algorithms 4.1 and 7.2).
 */
export const newtonCg = defineOptimizer({
  name: "newton-cg",
  title: "Newton–CG",
  summary: "Newton's step by conjugate gradients in a trust region; negative curvature is followed",
  formula: String.raw`\theta_{t+1} = \theta_t + p,\quad p \approx \arg\min_{\lVert p\rVert\le\Delta}\; g^\top p + \tfrac12 p^\top H p`,
  source: "Steihaug (1983); Martens (2010)",
  parameters: z.object({
    radius: z.number().positive().default(1).describe("radius Δ of the first trust region"),
    largest: z.number().positive().default(1000).describe("largest radius"),
    iterations: z.int().min(1).default(250).describe("products of a step at most"),
  }),
  *walk({ radius: first, largest, iterations }, { start }) {
    const weights = start.slice();
    let radius = Math.min(first, largest);
    let value = yield* valueAt(weights);
    for (;;) {
      const slope = yield* gradientAt(weights);
      const tolerance = Math.min(0.5, Math.sqrt(norm2(slope)));
      const { step, promised, end } = yield* steihaug(weights, slope, { radius, tolerance, most: iterations });
      const ahead = weights.map((x, i) => x + step[i]);
      const found = yield* valueAt(ahead);
      // Where the promise is below the rounding of the value, the quadratic is believed.
      const isRounding = Math.abs(promised) <= 16 * Number.EPSILON * Math.abs(value);
      const ratio = isRounding ? 1 : (found - value) / promised;
      if (!(ratio >= POOR)) radius = norm2(step) / 4;
      else if (ratio > GOOD && end !== "residual") radius = Math.min(2 * radius, largest);
      if (ratio > ACCEPTED) {
        weights.set(ahead);
        value = found;
      }
      yield { kind: "step", weights };
    }
  },
});
