import { z } from "zod";
import { norm2 } from "../linalg/vector.ts";
import { moreSorensen } from "./more-sorensen.ts";
import { defineOptimizer } from "./optimizer.ts";
import { krylovDimensions } from "./parameters.ts";
import { spectrumAt } from "./spectral-step.ts";
import { gradientAt, valueAt } from "./walk.ts";

/** A step is taken where it gives this share of what was promised. */
const ACCEPTED = 1e-4;
/** Below the first share of the promise the region shrinks, above the second it may grow. */
const [POOR, GOOD] = [0.25, 0.75];

/**
 * The best step of the local quadratic within a region that is as wide as the quadratic has been right. It leaves a saddle even
 * from the point itself, where there is no gradient: the hard case. Where the space is larger than the Krylov space, the best
 * step of that one (Gould et al. 1999).
 */
export const exactTrustRegion = defineOptimizer({
  name: "trust-region",
  title: "exact trust region",
  summary: "the best step of the local quadratic within a trust region: no saddle holds it",
  formula: String.raw`\theta_{t+1} = \theta_t + p,\quad (H + \mu)p = -g,\; \mu \ge \max(0, -\lambda_{\min}),\; \lVert p\rVert = \Delta \text{ where } \mu > 0`,
  source: "Moré & Sorensen (1983)",
  parameters: z.object({
    radius: z.number().positive().default(1).describe("radius Δ of the first trust region"),
    largest: z.number().positive().default(1000).describe("largest radius"),
    krylov: krylovDimensions,
  }),
  leavesSaddles: true,
  *walk({ radius: first, largest, krylov }, { start }) {
    const weights = start.slice();
    let radius = Math.min(first, largest);
    let value = yield* valueAt(weights);
    for (;;) {
      const slope = yield* gradientAt(weights);
      const spectrum = yield* spectrumAt(weights, slope, krylov);
      if (spectrum === undefined) return;
      const { step: shares, promised, multiplier } = moreSorensen(spectrum.values, spectrum.slopes, radius);
      if (!(promised < 0)) return;
      const step = spectrum.combined(shares);
      const ahead = weights.map((x, i) => x + step[i]);
      const found = yield* valueAt(ahead);
      // Where the promise is below the rounding of the value, the quadratic is believed.
      const isRounding = Math.abs(promised) <= 16 * Number.EPSILON * Math.abs(value);
      const ratio = isRounding ? 1 : (found - value) / promised;
      if (!(ratio >= POOR)) radius = norm2(step) / 4;
      else if (ratio > GOOD && multiplier > 0) radius = Math.min(2 * radius, largest);
      if (ratio > ACCEPTED) {
        weights.set(ahead);
        value = found;
      }
      yield { kind: "step", weights };
    }
  },
});
