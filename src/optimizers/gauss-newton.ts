import { z } from "zod";
import { dot, plusMultiple } from "../linalg/vector.ts";
import { gaussNewtonStep } from "./gauss-newton-step.ts";
import { defineOptimizer } from "./optimizer.ts";
import { solving } from "./parameters.ts";
import { gradientAt, valueAt } from "./walk.ts";

/** Share of the decrease that the slope promises, below which a step is halved. */
const DECREASE = 1e-4;
const MOST_HALVES = 30;

/**
 * θ ← θ − αG⁺g with α halved from 1 until the value falls (Armijo 1966). G = JᵀMJ has no negative curvature: the step leads down,
 * saddles are not seen, and where G is 0 it is 0. It ends where no length gives less.
 */
export const gaussNewton = defineOptimizer({
  name: "gauss-newton",
  title: "Gauss–Newton",
  summary: "to the minimum of the loss with the outputs taken as linear, or less far until it falls",
  formula: String.raw`\theta_{t+1} = \theta_t - \alpha\,G(\theta_t)^{+}\,\nabla L(\theta_t),\quad G = J^\top \nabla_z^2\ell\, J`,
  source: "Gauss (1809); Schraudolph (2002) for losses that are no squares",
  parameters: z.object(solving),
  asks: "gauss-newton",
  *walk({ tolerance, iterations }, { start }) {
    let weights = start.slice();
    let value = yield* valueAt(weights);
    for (;;) {
      const slope = yield* gradientAt(weights);
      const { step } = yield* gaussNewtonStep(weights, slope, { damping: 0, tolerance, most: iterations });
      const promised = dot(slope, step);
      if (!(promised < 0)) return;
      // Where the promise is below the rounding of the value, the step is believed.
      const most = -promised <= 16 * Number.EPSILON * Math.abs(value) ? Infinity : value;
      let length = 1;
      let ahead = weights.map((x, i) => x + step[i]);
      let found = yield* valueAt(ahead);
      for (let i = 0; !(found <= most + DECREASE * length * promised); i++) {
        if (i === MOST_HALVES) return;
        length /= 2;
        const share = length;
        const from = weights;
        ahead = plusMultiple(from, share, step);
        found = yield* valueAt(ahead);
      }
      weights = ahead;
      value = found;
      yield { kind: "step", weights };
    }
  },
});
