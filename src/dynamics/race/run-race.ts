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
export const MOST_DIMENSIONS = 400;
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
  /** Shown the weights at the start and after each step, and what was asked until then. */
  readonly seen?: (step: number, weights: Float64Array, cost: WalkCost) => void;
}

/** What is kept of the places of a walk to say how it went. */
export class Footprints {
  private readonly far: number;
  private readonly tailFrom: number;
  private tail: Float64Array;
  private readonly before: Float64Array;
  private readonly most: number;
  private length = 0;
  steps = 0;

  /** @param most steps at most */
  constructor(start: Float64Array, most: number) {
    this.far = FAR * (1 + largest(start));
    this.most = most;
    this.tailFrom = most - Math.ceil(most / 10);
    this.tail = start.slice();
    this.before = start.slice();
  }

  step(at: Float64Array): void {
    this.steps++;
    if (this.steps === this.tailFrom) this.tail = at.slice();
    else if (this.steps > this.tailFrom) this.length += distance(this.before, at);
    this.before.set(at);
  }

  isFar(at: Float64Array): boolean {
    return !(largest(at) <= this.far);
  }

  /** Whether that would be a step of no more than rounding. */
  isStill(at: Float64Array): boolean {
    return distance(this.before, at) <= ROUNDING * (1 + largest(at));
  }

  /** How a walk went that has no end of its own. */
  unfinished(last: Float64Array): EndName {
    const length = this.steps < this.most ? 0 : this.length;
    if (length <= ROUNDING * (1 + largest(last))) return "froze";
    return length > BACK_AND_FORTH * distance(this.tail, last) ? "oscillated" : "wandering";
  }
}

/** One walk from one start. */
export function runRace({ toy, told, walk, start, limits, leavesSaddles, seen }: Race): RaceRun {
  const { steps: most, tolerance } = limits;
  const slope = new Float64Array(toy.dimension);
  const prints = new Footprints(start, most);
  let weights = start;
  /** The kind of critical point that the walk came to and has not left. */
  let resting: EndName | undefined;
  let hasMoved = false;
  const settled = (at: Float64Array): EndName | undefined => {
    if (toy.goal.isReached(at)) return "reached";
    if (prints.isFar(at)) return "diverged";
    toy.gradient(at, slope);
    resting = norm2(slope) > tolerance ? undefined : (resting ?? kindAt(toy, at));
    if (resting === undefined || resting === "minimum") return resting;
    // Saddles are left sooner or later by whoever still moves.
    return hasMoved && prints.isStill(at) && !leavesSaddles ? kindAt(toy, at) : undefined;
  };
  const cost = { values: 0, gradients: 0, products: 0 };
  seen?.(0, start, cost);
  let end = settled(start);
  if (end === undefined && most > 0) {
    const spent = follow(told, walk, (now, spentSoFar) => {
      weights = now;
      hasMoved = true;
      seen?.(prints.steps + 1, now, spentSoFar);
      end = settled(now);
      prints.step(now);
      return end !== undefined || prints.steps >= most;
    });
    Object.assign(cost, spent);
  }
  const last = weights.slice();
  toy.gradient(last, slope);
  return {
    end: end ?? (resting && kindAt(toy, last)) ?? prints.unfinished(last),
    steps: prints.steps,
    value: toy.value(last),
    gradientNorm: norm2(slope),
    weights: last,
    cost,
  };
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
  return kindOfHessian(hessian, n);
}

/** The kind of a critical point by its Hessian. */
export function kindOfHessian(hessian: Float64Array, n: number): EndName {
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
