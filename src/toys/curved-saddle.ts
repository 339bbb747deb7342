import { z } from "zod";
import { inBall } from "../optimizers/perturbed-gradient-descent.ts";
import { type CriticalPoint, defineToy } from "./toy.ts";

/**
 * ½(a w₁² + b w₂²) + c w₁w₂²: for b < 0 the way down from the saddle bends along w₁ = −c w₂²/(a−2b), not along the bottom of the
 * valley, w₁ = −(c/a) w₂². For b > 0 the origin is a minimum between two saddles of height ab²/8c².
 */
export const curvedSaddle = defineToy({
  name: "curved",
  summary: "a saddle whose way down bends; for b > 0 a minimum between two saddles",
  formula: String.raw`\tfrac12(a w_1^2 + b w_2^2) + c\,w_1 w_2^2`,
  source: "THEORY C6",
  parameters: z.object({
    a: z.number().positive().default(1).describe("curvature a across"),
    b: z.number().default(-0.5).describe("curvature b along"),
    c: z.number().positive().default(1).describe("how it bends"),
    radius: z.number().positive().default(0.1).describe("radius of the disc that walks begin in"),
  }),
  make: ({ a, b, c, radius }) => {
    const across = -b / (2 * c);
    const along = Math.sqrt(Math.max(0, a * b) / (2 * c * c));
    const origin: CriticalPoint = {
      at: new Float64Array(2),
      kind: b > 0 ? "minimum" : b < 0 ? "saddle" : "degenerate",
    };
    return {
      dimension: 2,
      value: ([x, y]) => 0.5 * (a * x * x + b * y * y) + c * x * y * y,
      gradient(at, into) {
        const x = at[0];
        const y = at[1];
        into[0] = a * x + c * y * y;
        into[1] = b * y + 2 * c * x * y;
      },
      hessianVector(at, v, into) {
        const cross = 2 * c * at[1];
        const first = a * v[0] + cross * v[1];
        into[1] = cross * v[0] + (b + 2 * c * at[0]) * v[1];
        into[0] = first;
      },
      goal: { kind: "leave", says: "|w₂| is at least ½", isReached: (at) => Math.abs(at[1]) >= 0.5 },
      critical:
        b > 0
          ? [
              origin,
              { at: Float64Array.of(across, along), kind: "saddle" },
              { at: Float64Array.of(across, -along), kind: "saddle" },
            ]
          : [origin],
      start: (random) => inBall(2, radius, random),
    };
  },
});
