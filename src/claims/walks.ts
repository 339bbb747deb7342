import { walkOf } from "../optimizers/coordinate-walk.ts";
import type { Objective } from "../optimizers/objective.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { follow } from "../optimizers/walk.ts";
import { createRandom, type RandomStream } from "../random/random-stream.ts";

/** An optimiser with its numbers on a function, and where it begins. */
interface Outing {
  readonly on: Objective;
  readonly by: ReturnType<Optimizer["with"]>;
  readonly from: Float64Array;
  /** Of optimisers that draw; the others need none. */
  readonly random?: RandomStream;
}

/** Steps beyond which nobody waits. */
const MOST = 100_000_000;

/**
 * Shows where a walk is after each step, in a vector that goes on with it, until `isThere` gives true.
 *
 * @returns steps until then; NaN where it never does
 *
 * @example
 * const on = saddle.with({});
 * stepsUntil({ on, by: gradientDescent.with({ lr: 0.1 }), from: Float64Array.of(0, 1e-3) }, on.goal.isReached); // 73
 */
export function stepsUntil({ on, by, from, random = createRandom(0) }: Outing, isThere: Visit, most = MOST): number {
  let steps = 0;
  let found = false;
  follow(on, walkOf(by, { start: from, random }), (weights) => {
    steps++;
    found = isThere(weights, steps);
    return found || steps >= most;
  });
  return found ? steps : Number.NaN;
}

type Visit = (weights: Float64Array, steps: number) => boolean;

/** Where a walk is after so many steps. */
export function placeAfter(outing: Outing, steps: number): Float64Array {
  let place = outing.from;
  stepsUntil(outing, (weights, step) => {
    if (step === steps) place = weights.slice();
    return step === steps;
  });
  return place;
}
