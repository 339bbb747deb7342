import { z } from "zod";
import type { LossValue } from "../problem/point.ts";
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

/** The same on the data and on held-out examples. */
export const lossesOnBoth = losses.extend({
  test: losses.nullable().describe("On held-out examples; null where none were given."),
});

export type Losses = z.output<typeof losses>;
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
 * Loss and accuracy at every point, until the time is up. The network is compiled once and the data are fed once, whatever
 * the number of points. Cost: a forward pass for each, and one on the held-out examples.
 *
 * @param weightsOf θ of a point, asked for when its turn comes
 * @param along says that they are origin + Σ xᵢ vᵢ; their losses are then those of their θ up to rounding
 */
export async function lossesAt(
  problem: Problem,
  count: number,
  weightsOf: (index: number) => Float64Array,
  context: RunContext,
  along?: Along,
): Promise<LossesOnBoth> {
  const { heldOut } = problem;
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
  const measure = async (i: number): Promise<() => void> => {
    throwIfInterrupted(context);
    const theta = weightsOf(i);
    const coordinates = along?.coordinatesOf(i);
    const value = async (examples: typeof unseen, by: typeof parts) => {
      await using point = problem.at(theta, { examples });
      return by && coordinates ? by.value(point, coordinates, context) : point.anyValue(context);
    };
    const seen = await value(undefined, parts);
    const others = unseen && (await value(unseen, unseenParts));
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

class Column {
  private readonly loss: (number | null)[];
  private readonly accuracy: (number | null)[];

  constructor(count: number) {
    this.loss = new Array<number | null>(count).fill(null);
    this.accuracy = new Array<number | null>(count).fill(null);
  }

  set(i: number, { loss, accuracy }: LossValue): void {
    this.loss[i] = loss;
    this.accuracy[i] = accuracy ?? null;
  }

  losses(): Losses {
    return { loss: this.loss, accuracy: this.accuracy.every((each) => each === null) ? null : this.accuracy };
  }
}
