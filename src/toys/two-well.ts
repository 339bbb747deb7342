import { z } from "zod";
import { dimension } from "./dimension.ts";
import { type CriticalPoint, defineToy } from "./toy.ts";

/** Above the lowest value, at which a walk has settled. */
const SETTLED = 1e-10;

/** ¼w⁴ − ½s w² + ½ Σ xᵢ²: two minima at w = ±√s and a barrier of s²/4; one minimum where s ≤ 0. */
export const twoWell = defineToy({
  name: "two-well",
  summary: "two minima and the barrier between them",
  formula: String.raw`\tfrac14 w^4 - \tfrac{s}{2} w^2 + \tfrac12 \sum_{i>1} x_i^2`,
  source: "THEORY E8",
  parameters: z.object({
    s: z.number().default(1).describe("s; minima at ±√s, barrier s²/4"),
    n: dimension(2, 1),
  }),
  make({ s, n }) {
    const well = Math.sqrt(Math.max(0, s));
    const lowest = s > 0 ? -(s * s) / 4 : 0;
    const value = (x: Float64Array) =>
      x.reduce((sum, each, i) => sum + (i === 0 ? each ** 4 / 4 - (s * each * each) / 2 : (each * each) / 2), 0);
    const at = (w: number) => {
      const x = new Float64Array(n);
      x[0] = w;
      return x;
    };
    const wells: readonly CriticalPoint[] = [
      { at: at(-well), kind: "minimum" },
      { at: at(0), kind: n === 1 ? "maximum" : "saddle" },
      { at: at(well), kind: "minimum" },
    ];
    return {
      dimension: n,
      value,
      gradient(x, into) {
        into.set(x);
        into[0] = x[0] * (x[0] * x[0] - s);
      },
      hessianVector(x, v, into) {
        into.set(v);
        into[0] = (3 * x[0] * x[0] - s) * v[0];
      },
      goal: {
        kind: "settle",
        says: `the value is within ${SETTLED} of the lowest`,
        isReached: (x) => value(x) - lowest <= SETTLED,
      },
      critical: s > 0 ? wells : [{ at: at(0), kind: s < 0 ? "minimum" : "degenerate" }],
      start: (random) => random.normalVector(n),
    };
  },
});
