import { z } from "zod";
import { dimension } from "./dimension.ts";
import { defineToy } from "./toy.ts";

/**
 * The function of Du et al. 2017 on which gradient descent meets d saddles one after the other, each closer than the one
 * before: it takes a number of steps that is exponential in d, where perturbed gradient descent takes a polynomial one. In
 * stage i, the first coordinate with |xᵢ| < 2τ, it is a saddle in xᵢ until τ, then bends into the next; all are even in
 * every coordinate. Outside of the domain of the paper (later coordinates up to τ) the formulas are continued.
 */
export const octopus = defineToy({
  name: "octopus",
  summary: "a chain of saddles, each of which leads closer to the next",
  formula: String.raw`\sum_{j<i} L(x_j - 4\tau)^2 + g_i(x_i, x_{i+1}) + \sum_{j>i} L x_j^2 - (i-1)\nu`,
  source: "Du, Jin, Lee, Jordan, Póczos & Singh (2017)",
  parameters: z.object({
    d: dimension(5, 1).describe("saddles d, one a dimension"),
    l: z.number().positive().default(1).describe("L: the curvature across is 2L"),
    gamma: z.number().positive().default(0.5).describe("γ: the curvature down is −2γ"),
    tau: z.number().positive().default(Math.E).describe("length τ of a stage"),
  }),
  make({ d, l, gamma, tau }) {
    /** The way down of a stage: value, slope, curvature. */
    const down = (x: number): readonly [number, number, number] => {
      if (x <= tau) return [-gamma * x * x, -2 * gamma * x, -2 * gamma];
      const u = x - tau;
      const a = (-14 * l + 10 * gamma) / (3 * tau);
      const b = (5 * l - 3 * gamma) / (2 * tau * tau);
      return [
        -gamma * x * x + a * u ** 3 + b * u ** 4,
        -2 * gamma * x + 3 * a * u * u + 4 * b * u ** 3,
        -2 * gamma + 6 * a * u + 12 * b * u * u,
      ];
    };
    /** Half the curvature of the next coordinate meanwhile, from L to −γ: value, slope, curvature. */
    const next = (x: number): readonly [number, number, number] => {
      if (x <= tau) return [l, 0, 0];
      const u = (x - 2 * tau) / tau;
      const s = l + gamma;
      return [
        -gamma - s * (10 * u ** 3 + 15 * u ** 4 + 6 * u ** 5),
        (-s * (30 * u ** 2 + 60 * u ** 3 + 30 * u ** 4)) / tau,
        (-s * (60 * u + 180 * u ** 2 + 120 * u ** 3)) / (tau * tau),
      ];
    };
    const nu = 4 * l * tau * tau - down(2 * tau)[0];
    /** The coordinate that is on its way; d where all are through. */
    const stageOf = (x: Float64Array) => {
      let i = 0;
      while (i < d && Math.abs(x[i]) >= 2 * tau) i++;
      return i;
    };
    return {
      dimension: d,
      value(x) {
        const stage = stageOf(x);
        let sum = -stage * nu;
        for (let j = 0; j < d; j++) {
          const size = Math.abs(x[j]);
          if (j < stage) sum += l * (size - 4 * tau) ** 2;
          else if (j === stage) sum += down(size)[0];
          else sum += (j === stage + 1 ? next(Math.abs(x[stage]))[0] : l) * size * size;
        }
        return sum;
      },
      gradient(x, into) {
        const stage = stageOf(x);
        for (let j = 0; j < d; j++) {
          const size = Math.abs(x[j]);
          const sign = x[j] < 0 ? -1 : 1;
          if (j < stage) into[j] = sign * 2 * l * (size - 4 * tau);
          else if (j === stage)
            into[j] = sign * (down(size)[1] + (j + 1 < d ? next(size)[1] * x[j + 1] * x[j + 1] : 0));
          else into[j] = 2 * (j === stage + 1 ? next(Math.abs(x[stage]))[0] : l) * x[j];
        }
      },
      hessianVector(x, v, into) {
        const stage = stageOf(x);
        for (let j = 0; j < d; j++) into[j] = 2 * l * v[j];
        if (stage >= d) return;
        const size = Math.abs(x[stage]);
        const sign = x[stage] < 0 ? -1 : 1;
        into[stage] = down(size)[2] * v[stage];
        if (stage + 1 >= d) return;
        const [across, slope, curvature] = next(size);
        const y = x[stage + 1];
        const cross = 2 * sign * slope * y;
        into[stage] += curvature * y * y * v[stage] + cross * v[stage + 1];
        into[stage + 1] = cross * v[stage] + 2 * across * v[stage + 1];
      },
      goal: { kind: "leave", says: "all saddles are behind", isReached: (x) => stageOf(x) === d },
      critical: [
        { at: new Float64Array(d), kind: d === 1 ? "maximum" : "saddle" },
        { at: new Float64Array(d).fill(4 * tau), kind: "minimum" },
      ],
      start: (random) => Float64Array.from({ length: d }, () => random.uniform()),
    };
  },
});
