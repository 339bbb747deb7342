import type { StabilityLimit } from "../../optimizers/stability-limit.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";

/** A training where it stands before a step. */
export interface TrackedPoint {
  readonly problem: Problem;
  /** The loss at the weights, on the examples that are tracked. */
  readonly point: Point;
  /** D of each coordinate, which the optimiser divides by; undefined where it divides by nothing. */
  readonly preconditioner: Float64Array | undefined;
  /** Whether the optimiser divides by something, if only from its first step on. */
  readonly isPreconditioned: boolean;
  /** w of a weight decay that is part of the gradient of an optimiser that divides, and that the loss lacks; else 0. */
  readonly coupledDecay: number;
  /** Examples of a step. */
  readonly batch: number;
  /** Examples in the steps from one measurement to the next. */
  readonly between: number;
  /** The same at each step: what changes is the weights. */
  readonly random: RandomStream;
  /** Vectors that the quantity left at the step before, for itself. */
  readonly memory: Map<string, Float64Array>;
  readonly context: RunContext;
}

/** One number of a curve. */
export interface TrackedNumber {
  /** The curve, as its legend calls it; the same at every step. */
  readonly series: string;
  readonly value: number;
  /** Standard error, or a bound where the text of the quantity says so; null where it is exact up to rounding. */
  readonly error: number | null;
}

/** Something that is measured while a network trains. */
export interface Tracked {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly title: string;
  /** Half a sentence, with its formula. */
  readonly summary: string;
  /** Author year. */
  readonly source: string;
  /** What its axis says. */
  readonly axis: string;
  /** What the error is, and what the numbers do not say, in sentences. */
  readonly says: string;
  /** Whether it is of the tracked examples; else it is of random batches of all, or of the weights alone. */
  readonly isOfExamples: boolean;
  /** Gradients of a tracked example that a measurement takes, about. */
  readonly cost: number;
  /** Whether it is of derivatives of a loss that does not change with the batch. */
  readonly needsFixedLoss?: boolean;
  /** Of what series a stability limit is one, if of any. */
  limits?(limit: StabilityLimit): string | undefined;
  /** Why it cannot be had here, as a sentence; undefined where it can. */
  notFor?(problem: Problem): string | undefined;
  measure(at: TrackedPoint): Promise<readonly TrackedNumber[]>;
}
