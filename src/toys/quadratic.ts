import { z } from "zod";
import { dimension } from "./dimension.ts";
import { defineToy } from "./toy.ts";

/** The loss at which a walk that is to settle has. */
const SETTLED = 1e-10;

/**
 * ½ Σ λᵢ zᵢ² with curvatures from 1 to κ, evenly in the logarithm; z is x with coordinates i and n+1−i turned against each
 * other by an angle.
 */
export const quadratic = defineToy({
  name: "quadratic",
  summary: "a bowl with curvatures from 1 to κ, turned out of the axes where asked",
  formula: String.raw`\tfrac12 \sum_i \lambda_i z_i^2,\quad \lambda_i = \kappa^{(i-1)/(n-1)}`,
  source: "THEORY D1, D11",
  parameters: z.object({
    kappa: z.number().min(1).default(100).describe("condition number κ"),
    n: dimension(2, 1),
    angle: z.number().default(0).describe("radians by which pairs of coordinates are turned"),
  }),
  make({ kappa, n, angle }) {
    const curvatures = Float64Array.from({ length: n }, (_, i) => (n === 1 ? kappa : kappa ** (i / (n - 1))));
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    /** λ z of a vector, turned back. */
    const times = (v: Float64Array, into: Float64Array) => {
      for (let i = 0, j = n - 1; i <= j; i++, j--) {
        if (i === j || angle === 0) {
          into[i] = curvatures[i] * v[i];
          into[j] = curvatures[j] * v[j];
          continue;
        }
        const a = curvatures[i] * (cosine * v[i] + sine * v[j]);
        const b = curvatures[j] * (cosine * v[j] - sine * v[i]);
        into[i] = cosine * a - sine * b;
        into[j] = sine * a + cosine * b;
      }
    };
    const scratch = new Float64Array(n);
    const value = (x: Float64Array) => {
      times(x, scratch);
      return x.reduce((sum, each, i) => sum + each * scratch[i], 0) / 2;
    };
    return {
      dimension: n,
      value,
      gradient: times,
      hessianVector: (_x, v, into) => times(v, into),
      // Residuals √λᵢ zᵢ.
      gaussNewtonVector: (_x, v, into) => times(v, into),
      goal: { kind: "settle", says: `the value is at most ${SETTLED}`, isReached: (x) => value(x) <= SETTLED },
      critical: [{ at: new Float64Array(n), kind: "minimum" }],
      start: (random) => random.normalVector(n),
    };
  },
});
