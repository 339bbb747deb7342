import { z } from "zod";
import { inBall } from "../optimizers/perturbed-gradient-descent.ts";
import { defineToy } from "./toy.ts";

/** x³ − 3xy²: three ways down and a Hessian of zero between them. */
export const monkeySaddle = defineToy({
  name: "saddle:monkey",
  summary: "three ways down between three ways up; no curvature at all in the middle",
  formula: String.raw`x^3 - 3 x y^2`,
  source: "Hilbert & Cohn-Vossen (1932)",
  parameters: z.object({
    radius: z.number().positive().default(0.1).describe("radius of the disc that walks begin in"),
  }),
  make: ({ radius }) => ({
    dimension: 2,
    value: ([x, y]) => x * x * x - 3 * x * y * y,
    gradient(at, into) {
      const x = at[0];
      const y = at[1];
      into[0] = 3 * (x * x - y * y);
      into[1] = -6 * x * y;
    },
    hessianVector(at, v, into) {
      const a = 6 * at[0];
      const b = -6 * at[1];
      const first = a * v[0] + b * v[1];
      into[1] = b * v[0] - a * v[1];
      into[0] = first;
    },
    goal: {
      kind: "leave",
      says: "the distance from the middle is at least 1",
      isReached: (at) => Math.hypot(at[0], at[1]) >= 1,
    },
    critical: [{ at: new Float64Array(2), kind: "degenerate" }],
    start: (random) => inBall(2, radius, random),
  }),
});
