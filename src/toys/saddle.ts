import { z } from "zod";
import { inBall } from "../optimizers/perturbed-gradient-descent.ts";
import { dimension } from "./dimension.ts";
import { defineToy } from "./toy.ts";

/** ½ Σ xᵢ² − ½ γ y²: one way down, the last coordinate. */
export const saddle = defineToy({
  name: "saddle",
  summary: "a strict saddle: one direction of negative curvature",
  formula: String.raw`\tfrac12 \sum_{i<n} x_i^2 - \tfrac{\gamma}{2} x_n^2`,
  source: "THEORY C1, C7, D5",
  parameters: z.object({
    gamma: z.number().positive().default(1).describe("size γ of the negative curvature"),
    n: dimension(2, 2),
    radius: z.number().positive().default(0.1).describe("radius of the ball that walks begin in"),
  }),
  make({ gamma, n, radius }) {
    const times = (v: Float64Array, into: Float64Array) => {
      into.set(v);
      into[n - 1] = -gamma * v[n - 1];
    };
    return {
      dimension: n,
      value: (x) => x.reduce((sum, each, i) => sum + (i === n - 1 ? -gamma : 1) * each * each, 0) / 2,
      gradient: times,
      hessianVector: (_x, v, into) => times(v, into),
      goal: {
        kind: "leave",
        says: "the last coordinate is at least 1 away from 0",
        isReached: (x) => Math.abs(x[n - 1]) >= 1,
      },
      critical: [{ at: new Float64Array(n), kind: "saddle" }],
      start: (random) => inBall(n, radius, random),
    };
  },
});
