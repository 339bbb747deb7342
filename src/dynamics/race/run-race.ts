import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { Objective } from "../../optimizers/objective.ts";
import { follow, type Walk, type WalkCost } from "../../optimizers/walk.ts";
import type { ToyFunction } from "../../toys/toy.ts";

/** How a walk can end, each by a rule; the first that holds counts. */
export const ENDS = [
  { name: "reached", rule: "the goal is reached" },
  { name: "diverged", rule: "a coordinate is beyond 10⁸ times the size of the start, or no number" },
  { name: "minimum", rule: "the gradient is no longer than the tolerance, and every curvature is positive" },
  {
    name: "saddle",
    rule: "the steps are up or shorter than rounding, the gradient is no longer than the tolerance, and a curvature is negative",
  },
  {
    name: "degenerate",
    rule: "the steps are up or shorter than rounding, the gradient is no longer than the tolerance, and the lowest curvature cannot be told from 0, or there are more than 400 dimensions",
  },
  {
    name: "froze",
    rule: "the steps are up, or the optimiser knows no further; the last tenth of them was no longer than rounding",
  },
  {
    name: "oscillated",
    rule: "the steps are up; over the last tenth of them the way was more than ten times as long as what it led away",
  },
  { name: "wandering", rule: "the steps are up, and none of these holds" },
] as const;

export type EndName = (typeof ENDS)[number]["name"];

const FAR = 1e8;
/** Curvatures below this share of the largest cannot be told from 0. */
const FLAT = 1e-9;
/** Dimensions beyond which curvatures at the end are not looked at. */
const MOST_DIMENSIONS = 400;
const ROUNDING = 8 * Number.EPSILON;
const BACK_AND_FORTH = 10;

export interface RaceLimits {
  /** Steps at most. */
  readonly steps: number;
  /** Length of a gradient at which a walk has come to rest. */
  readonly tolerance: number;
}

/** A walk as it was. */
export interface RaceRun {
  readonly end: EndName;
  readonly steps: number;
  readonly value: number;
  readonly gradientNorm: number;
  readonly weights: Float64Array;
  readonly cost: WalkCost;
}

/** What a walk is set out with. */
interface Race {
  readonly toy: ToyFunction;
  /** What the walk is told of it: the same, or with noise. */
  readonly told: Objective;
  readonly walk: Walk;
  readonly start: Float64Array;
  readonly limits: RaceLimits;
  /** Whether it steps at random where there is no slope, so that only a minimum is its end. */
  readonly leavesSaddles: boolean;
  /** Shown the weights at the start and after each step. */
  readonly seen?: (step: number, weights: Float64Array) => void;
}

/** One walk from one start. */
export function runRace({ toy, told, walk, start, limits, leavesSaddles, seen }: Race): RaceRun {
  const { steps: most, tolerance } = limits;
  const slope = new Float64Array(toy.dimension);
  const far = FAR * (1 + largest(start));
  const tailFrom = most - Math.ceil(most / 10);
  let steps = 0;
  let weights = start;
  let tail = start.slice();
  const before = start.slice();
  let length = 0;
  /** The kind of critical point that the walk came to and has not left. */
  let resting: EndName | undefined;
  const settled = (at: Float64Array): EndName | undefined => {
    if (toy.goal.isReached(at)) return "reached";
    if (!(largest(at) <= far)) return "diverged";
    toy.gradient(at, slope);
    resting = norm2(slope) > tolerance ? undefined : (resting ?? kindAt(toy, at));
    if (resting === undefined || resting === "minimum") return resting;
    // Saddles are left sooner or later by whoever still moves.
    const isStill = distance(before, at) <= ROUNDING * (1 + largest(at));
    return isStill && steps > 0 && !leavesSaddles ? kindAt(toy, at) : undefined;
  };
  seen?.(0, start);
  let end = settled(start);
  const cost = { values: 0, gradients: 0, products: 0 };
  if (end === undefined && most > 0) {
    Object.assign(
      cost,
      follow(told, walk, (now) => {
        weights = now;
        steps++;
        seen?.(steps, now);
        end = settled(now);
        if (steps === tailFrom) tail = now.slice();
        else if (steps > tailFrom) length += distance(before, now);
        before.set(now);
        return end !== undefined || steps >= most;
      }),
    );
  }
  const last = weights.slice();
  toy.gradient(last, slope);
  return {
    end:
      end ??
      (resting && kindAt(toy, last)) ??
      unfinished(steps < most ? 0 : length, distance(tail, last), ROUNDING * (1 + largest(last))),
    steps,
    value: toy.value(last),
    gradientNorm: norm2(slope),
    weights: last,
    cost,
  };
}

function unfinished(length: number, away: number, rounding: number): EndName {
  if (length <= rounding) return "froze";
  return length > BACK_AND_FORTH * away ? "oscillated" : "wandering";
}

/** The kind of a critical point by all curvatures there. */
function kindAt(f: Objective, at: Float64Array): EndName {
  const n = f.dimension;
  if (n > MOST_DIMENSIONS) return "degenerate";
  const hessian = new Float64Array(n * n);
  const unit = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    unit[i] = 1;
    f.hessianVector(at, unit, hessian.subarray(i * n, (i + 1) * n));
    unit[i] = 0;
  }
  const { values } = symmetricEigen(hessian, n, false);
  const flat = FLAT * Math.max(-values[0], values[n - 1]);
  if (values[0] < -flat) return "saddle";
  return values[0] > flat ? "minimum" : "degenerate";
}

/** NaN where a coordinate is. */
function largest(x: Float64Array): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]);
    if (!(size <= most)) most = size;
    if (Number.isNaN(size)) return size;
  }
  return most;
}

function distance(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - y[i]) ** 2;
  return Math.sqrt(sum);
}
