import { z } from "zod";
import { dot } from "../linalg/vector.ts";
import { gaussNewtonStep } from "./gauss-newton-step.ts";
import { defineOptimizer } from "./optimizer.ts";
import { solving } from "./parameters.ts";
import { gradientAt, valueAt } from "./walk.ts";

/** Damping beyond which no step is to be seen. */
const MOST_DAMPING = 1e300;

/**
 * θ ← θ − (G + μ)⁻¹g, taken where the value falls; μ falls with the share of the promised decrease that came (Nielsen 1999:
 * μ ← μ·max(⅓, 1 − (2ρ−1)³)) and rises ever faster while none does.
 */
export const levenbergMarquardt = defineOptimizer({
  name: "levenberg-marquardt",
  title: "Levenberg–Marquardt",
  summary: "Gauss–Newton, damped as far as it is wrong",
  formula: String.raw`\theta_{t+1} = \theta_t - (G(\theta_t) + \mu_t)^{-1}\,\nabla L(\theta_t)`,
  source: "Levenberg (1944); Marquardt (1963); the rule for μ by Nielsen (1999)",
  parameters: z.object({
    damping: z.number().positive().default(1e-3).describe("first damping μ"),
    ...solving,
  }),
  asks: "gauss-newton",
  *walk({ damping, tolerance, iterations }, { start }) {
    const weights = start.slice();
    let value = yield* valueAt(weights);
    let slope = yield* gradientAt(weights);
    let growth = 2;
    for (let mu = damping; mu < MOST_DAMPING;) {
      const asked = { damping: mu, tolerance, most: iterations };
      const { step, image } = yield* gaussNewtonStep(weights, slope, asked);
      const promised = dot(slope, step) + dot(step, image) / 2;
      if (!(promised < 0)) return;
      const ahead = weights.map((x, i) => x + step[i]);
      const found = yield* valueAt(ahead);
      const isRounding = -promised <= 16 * Number.EPSILON * Math.abs(value);
      const ratio = isRounding ? 1 : (found - value) / promised;
      if (ratio > 0) {
        weights.set(ahead);
        value = found;
        slope = yield* gradientAt(weights);
        mu *= Math.max(1 / 3, 1 - (2 * ratio - 1) ** 3);
        growth = 2;
      } else {
        mu *= growth;
        growth *= 2;
      }
      yield { kind: "step", weights };
    }
  },
});
