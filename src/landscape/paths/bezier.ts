import type { PathKind } from "./path.ts";
import { combined, trainCurve } from "./train-curve.ts";

const weightsAt = (t: number): readonly number[] => [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];

/** (1−t)²·A + 2t(1−t)·P + t²·B with one trained point P (Garipov et al. 2018). */
export const bezier: PathKind = {
  name: "bezier",
  noun: "Bézier curve",
  summary: "a quadratic Bézier curve whose middle point is trained",
  isSearched: true,
  find: (ground, ends, options, random, context) =>
    trainCurve(ground, ends, { points: 3, weightsAt }, options, random, context),
  curve: ([a, b], points) => ({
    at: (t, into) => (t === 0 ? a : t === 1 ? b : combined([a, ...points, b], weightsAt(t), into)),
  }),
  cost: ({ steps }) => ({ losses: 0, gradients: 0, sampled: steps }),
};
