import type { PathKind } from "./path.ts";
import { combined, trainCurve } from "./train-curve.ts";

const weightsAt = (t: number): readonly number[] => [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];

/** (1−t)²·A + 2t(1−t)·P + t²·B with one trained point P (Garipov et al. 2018). */
export const bezier: PathKind = {
  name: "bezier",
  noun: "Bézier curve",
  summary: "a quadratic Bézier curve whose middle point is trained",
  async find(ground, ends, options, random, context) {
    const points = await trainCurve(ground, ends, { points: 3, weightsAt }, options, random, context);
    return { at: (t) => (t === 0 ? ends[0] : t === 1 ? ends[1] : combined(points, weightsAt(t))) };
  },
};
