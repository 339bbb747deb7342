import { z } from "zod";
import { dimension } from "./dimension.ts";
import { defineToy } from "./toy.ts";

/** The value at which a walk has settled. */
const SETTLED = 1e-10;

/**
 * Σ 100(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²: a bent valley with a flat bottom; the least minimum is at (1, …, 1). From four dimensions on there
 * is a second one near (−1, 1, …, 1), of value 3.70 to 3.99, which is not the goal (Shang & Qiu 2006).
 */
export const rosenbrock = defineToy({
  name: "rosenbrock",
  summary: "a bent valley with a flat bottom, from 4 dimensions on with a second minimum near (−1, 1, …, 1)",
  formula: String.raw`\sum_{i<n} 100\,(x_{i+1} - x_i^2)^2 + (1 - x_i)^2`,
  source: "Rosenbrock (1960)",
  parameters: z.object({ n: dimension(2, 2) }),
  make({ n }) {
    const value = (x: Float64Array) => {
      let sum = 0;
      for (let i = 0; i + 1 < n; i++) sum += 100 * (x[i + 1] - x[i] * x[i]) ** 2 + (1 - x[i]) ** 2;
      return sum;
    };
    return {
      dimension: n,
      value,
      gradient(x, into) {
        into.fill(0);
        for (let i = 0; i + 1 < n; i++) {
          const a = x[i];
          const off = x[i + 1] - a * a;
          into[i] += -400 * a * off - 2 * (1 - a);
          into[i + 1] += 200 * off;
        }
      },
      hessianVector(x, v, into) {
        into.fill(0);
        for (let i = 0; i + 1 < n; i++) {
          const a = x[i];
          const cross = -400 * a;
          into[i] += (1200 * a * a - 400 * x[i + 1] + 2) * v[i] + cross * v[i + 1];
          into[i + 1] += cross * v[i] + 200 * v[i + 1];
        }
      },
      // Residuals √2·10(xᵢ₊₁ − xᵢ²) and √2(1 − xᵢ).
      gaussNewtonVector(x, v, into) {
        into.fill(0);
        for (let i = 0; i + 1 < n; i++) {
          const change = 200 * (v[i + 1] - 2 * x[i] * v[i]);
          into[i] += 2 * v[i] - 2 * x[i] * change;
          into[i + 1] += change;
        }
      },
      goal: { kind: "settle", says: `the value is at most ${SETTLED}`, isReached: (x) => value(x) <= SETTLED },
      critical: [{ at: new Float64Array(n).fill(1), kind: "minimum" }],
      // Around the usual start, (−1.2, 1, −1.2, …).
      start: (random) => random.normalVector(n).map((x, i) => (i % 2 === 0 ? -1.2 : 1) + 0.1 * x),
    };
  },
});
