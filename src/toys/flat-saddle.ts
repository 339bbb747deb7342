import { z } from "zod";
import { defineToy } from "./toy.ts";

/** ½x² + αx²y² − y⁴: on the axis of y the slope is of third order, so that a walk from y₀ takes about 1/(8ηy₀²) steps. */
export const flatSaddle = defineToy({
  name: "flat",
  summary: "a saddle whose way down is flat to third order",
  formula: String.raw`\tfrac12 x^2 + \alpha x^2 y^2 - y^4`,
  source: "THEORY C3",
  parameters: z.object({
    alpha: z.number().default(0.5).describe("α, how the valley narrows along the way"),
    y0: z.number().positive().lt(0.5).default(0.1).describe("how far along the way down walks begin, on either side"),
  }),
  make: ({ alpha, y0 }) => ({
    dimension: 2,
    value: ([x, y]) => 0.5 * x * x + alpha * x * x * y * y - y ** 4,
    gradient(at, into) {
      const x = at[0];
      const y = at[1];
      into[0] = x + 2 * alpha * x * y * y;
      into[1] = 2 * alpha * x * x * y - 4 * y * y * y;
    },
    hessianVector(at, v, into) {
      const x = at[0];
      const y = at[1];
      const cross = 4 * alpha * x * y;
      const first = (1 + 2 * alpha * y * y) * v[0] + cross * v[1];
      into[1] = cross * v[0] + (2 * alpha * x * x - 12 * y * y) * v[1];
      into[0] = first;
    },
    goal: { kind: "leave", says: "|y| is at least ½", isReached: (at) => Math.abs(at[1]) >= 0.5 },
    critical: [{ at: new Float64Array(2), kind: "degenerate" }],
    start: (random) => Float64Array.of(y0 * random.normal(), random.uniform() < 0.5 ? -y0 : y0),
  }),
});
