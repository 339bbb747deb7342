import { throughPoints } from "./curve.ts";
import type { PathKind } from "./path.ts";
import { trainCurve } from "./train-curve.ts";

/** Straight pieces between the ends and trained bends (Garipov et al. 2018). */
export const chain: PathKind = {
  name: "chain",
  noun: "polygonal chain",
  summary: "straight pieces between bends that are trained",
  isSearched: true,
  find(ground, ends, options, random, context) {
    const pieces = options.bends + 1;
    const weightsAt = (t: number) =>
      Array.from({ length: pieces + 1 }, (_, k) => Math.max(0, 1 - Math.abs(t * pieces - k)));
    const basis = { points: pieces + 1, weightsAt };
    return trainCurve(ground, ends, basis, options, random, context);
  },
  curve: ([a, b], points) => throughPoints([a, ...points, b]),
  cost: ({ steps }) => ({ losses: 0, gradients: 0, sampled: steps }),
};
