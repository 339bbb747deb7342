import { z } from "zod";
import type { LossEstimate, LossValue } from "../problem/loss-value.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import { real } from "../result/real.ts";
import { inOrder } from "../util/in-order.ts";
import { type RunContext, throwIfInterrupted } from "../util/run-context.ts";

const numbers = z.array(real.nullable());

/** Loss and accuracy at many points, in one pass each; null where nothing was measured. */
export const losses = z.object({
  loss: numbers.describe("L; NaN or ±∞ where it is that, null where it was not measured."),
  accuracy: numbers.nullable().describe("Share of right predictions; null where there are none."),
});

/** The same with what the draw of the examples may have changed each loss by. */
export const estimatedLosses = losses.extend({
  standardError: numbers
    .nullable()
    .default(null)
    .describe(
      "Standard error of the loss over the draw of the examples; null where it was not measured, or where examples have no loss of their own.",
    ),
});

/** The same on the data and on held-out examples. */
export const lossesOnBoth = estimatedLosses.extend({
  test: estimatedLosses.nullable().describe("On held-out examples; null where none were given."),
});

export type Losses = z.output<typeof estimatedLosses>;
export type LossesOnBoth = z.output<typeof lossesOnBoth>;

/** Directions that all points lie along: what is linear in the weights is then computed once. */
export interface Along {
  readonly origin: Float64Array;
  readonly vectors: readonly Float64Array[];
  /** Coordinates of a point; undefined for one whose weights are to be taken as they are, bit for bit. */
  readonly coordinatesOf: (index: number) => readonly number[] | undefined;
}

/** From so many points on. */
const WORTH_PARTS = 8;

/** While one point is computed, the weights of the next are written. */
const AT_ONCE = 2;

/**
 * Loss and accuracy at every point, with the standard error of the loss over the draw of the examples, until the time is up. The network is compiled once and the data are fed once, whatever
 * the number of points. Cost: a forward pass for each, and one on the held-out examples.
 *
 * @param weightsOf θ of a point, asked for when its turn comes; it may be written where `into` is, which is read before the
 *   next is asked for
 * @param along says that they are origin + Σ xᵢ vᵢ; their losses are then those of their θ up to rounding
 */
export async function lossesAt(
  problem: Problem,
  count: number,
  weightsOf: (index: number, into: Float64Array) => Float64Array,
  context: RunContext,
  along?: Along,
): Promise<LossesOnBoth> {
  const { heldOut } = problem;
  const isEstimated = problem.coupled === undefined;
  const unseen = heldOut && problem.sampleOf(heldOut);
  const openAlong = async (sample: typeof unseen) =>
    along === undefined || count < WORTH_PARTS
      ? undefined
      : problem.lossesAlong(along.origin, along.vectors, { sample, context });
  const [parts, unseenParts] = [await openAlong(undefined), unseen && (await openAlong(unseen))];
  const [here, there] = [new Column(count), new Column(count)];
  const pending = function* (): Generator<number> {
    for (let i = 0; i < count && context.outOfTime?.() !== true; i++) yield i;
  };
  const into = new Float64Array(problem.space.dimension);
  const value = (point: Point, coordinates: readonly number[] | undefined, by: typeof parts) => {
    if (by === undefined || coordinates === undefined)
      return isEstimated ? point.anyEstimate(context) : point.anyValue(context);
    return isEstimated ? by.estimate(point, coordinates, context) : by.value(point, coordinates, context);
  };
  const measure = async (i: number): Promise<() => void> => {
    throwIfInterrupted(context);
    const theta = weightsOf(i, into);
    // Both copy θ before anything is waited for.
    await using seenFrom = problem.at(theta);
    await using unseenFrom = unseen && problem.at(theta, { examples: unseen });
    const coordinates = along?.coordinatesOf(i);
    const seen = await value(seenFrom, coordinates, parts);
    const others = unseenFrom && (await value(unseenFrom, coordinates, unseenParts));
    return () => {
      here.set(i, seen);
      if (others) there.set(i, others);
      context.progress?.({ stage: "points", done: i + 1, total: count });
    };
  };
  try {
    await inOrder(pending(), AT_ONCE, measure);
  } finally {
    parts?.release();
    unseenParts?.release();
    unseen?.feeds.release();
  }
  return { ...here.losses(), test: unseen ? there.losses() : null };
}

/** Numbers of points as they come in; null for a column in which nothing was measured. */
class Column {
  private readonly loss: (number | null)[];
  private readonly accuracy: (number | null)[];
  private readonly standardError: (number | null)[];

  constructor(count: number) {
    const nothing = () => new Array<number | null>(count).fill(null);
    this.loss = nothing();
    this.accuracy = nothing();
    this.standardError = nothing();
  }

  set(i: number, value: LossValue | LossEstimate): void {
    this.loss[i] = value.loss;
    this.accuracy[i] = value.accuracy ?? null;
    if ("standardError" in value && Number.isFinite(value.standardError)) this.standardError[i] = value.standardError;
  }

  losses(): Losses {
    return { loss: this.loss, accuracy: orNull(this.accuracy), standardError: orNull(this.standardError) };
  }
}

/** Null where nothing was measured at any point. */
export function orNull<T>(values: readonly (T | null)[]): (T | null)[] | null {
  return values.every((value) => value === null) ? null : [...values];
}
