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

/** While one point is computed, the weights of the next are written. */
const AT_ONCE = 2;

/**
 * Loss and accuracy at every point, until the time is up. The network is compiled once and the data are fed once, whatever
 * the number of points. Cost: a forward pass for each, and one on the held-out examples.
 *
 * @param weightsOf θ of a point, asked for when its turn comes
 */
export async function lossesAt(
  problem: Problem,
  count: number,
  weightsOf: (index: number) => Float64Array,
  context: RunContext,
): Promise<LossesOnBoth> {
  const { heldOut } = problem;
  const unseen = heldOut && problem.sampleOf(heldOut);
  const [here, there] = [new Column(count), new Column(count)];
  const pending = function* (): Generator<number> {
    for (let i = 0; i < count && context.outOfTime?.() !== true; i++) yield i;
  };
  const measure = async (i: number): Promise<() => void> => {
    throwIfInterrupted(context);
    const theta = weightsOf(i);
    const value = async (examples: typeof unseen) => {
      await using point = problem.at(theta, { examples });
      return point.anyValue(context);
    };
    const seen = await value(undefined);
    const others = unseen && (await value(unseen));
    return () => {
      here.set(i, seen);
      if (others) there.set(i, others);
      context.progress?.({ stage: "points", done: i + 1, total: count });
    };
  };
  try {
    await inOrder(pending(), AT_ONCE, measure);
  } finally {
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
