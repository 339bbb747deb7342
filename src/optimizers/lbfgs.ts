import { z } from "zod";
import { axpy, dot } from "../linalg/vector.ts";
import { defineOptimizer } from "./optimizer.ts";
import { type CurvatureMemory, lineSearch, quasiNewtonWalk } from "./quasi-newton.ts";

/** The last steps with the changes of the gradient over them: two loops give H⁻¹g (Nocedal 1980). */
function limitedMemory(most: number): CurvatureMemory {
  let pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  return {
    times(gradient) {
      const q = gradient.slice();
      const shares = pairs.map(() => 0);
      for (let i = pairs.length - 1; i >= 0; i--) {
        const { s, y, rho } = pairs[i];
        shares[i] = rho * dot(s, q);
        axpy(-shares[i], y, q);
      }
      const last = pairs.at(-1);
      if (last !== undefined) {
        const scale = 1 / (last.rho * dot(last.y, last.y));
        for (let k = 0; k < q.length; k++) q[k] *= scale;
      }
      pairs.forEach(({ s, y, rho }, i) => axpy(shares[i] - rho * dot(y, q), s, q));
      return q;
    },
    learn(s, y) {
      pairs = [...pairs, { s, y, rho: 1 / dot(s, y) }].slice(-most);
    },
    forget: () => (pairs = []),
  };
}

/** Converges R-linearly (Liu & Nocedal 1989), not superlinearly: that is BFGS. */
export const lbfgs = defineOptimizer({
  name: "lbfgs",
  title: "L-BFGS",
  summary: "Newton's step from the last few changes of the gradient",
  formula: String.raw`\theta_{t+1} = \theta_t - \alpha_t\,\tilde H_t^{-1}\,\nabla L(\theta_t),\quad \tilde H_t^{-1} \text{ from the last } m \text{ pairs } (s, y)`,
  source: "Nocedal (1980); Liu & Nocedal (1989)",
  parameters: z.object({
    memory: z.int().min(1).default(10).describe("pairs m that are kept"),
    lineSearch,
  }),
  walk: ({ memory, lineSearch: search }, { start }) => quasiNewtonWalk(limitedMemory(memory), search, start),
});
