import { distance } from "../../linalg/vector.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { type RunContext, throwIfInterrupted } from "../../util/run-context.ts";
import { straight } from "./curve.ts";
import type { FoundWay, Ground, PathOptions } from "./path.ts";

/** A step of every number, at first, as a share of how far the ends are apart in it, on average. */
const FIRST_STEP = 0.1;
const [DECAY, SQUARE_DECAY, TINY] = [0.9, 0.99, 1e-12];

/** A way that is a sum of points with weights that depend on t: the first and the last are the ends. */
export interface Basis {
  /** How many points there are, with the ends. */
  readonly points: number;
  weightsAt(t: number): readonly number[];
}

/** The point of a way at t, written where `into` is, which is none of the points. */
export function combined(
  points: readonly Float64Array[],
  weights: readonly number[],
  into: Float64Array = new Float64Array(points[0].length),
): Float64Array {
  const sum = into.fill(0);
  points.forEach((point, k) => {
    if (weights[k] !== 0) for (let i = 0; i < sum.length; i++) sum[i] += weights[k] * point[i];
  });
  return sum;
}

/**
 * The points between the ends of a way of least mean loss, ∫ L(Σ wₖ(t) Pₖ) dt, its ends fixed (Garipov et al. 2018): at a random t, ∂/∂Pₖ is
 * wₖ(t)·∇L; steps by Adam (Kingma & Ba 2015), falling to 0 along a cosine. They begin on the straight line.
 * Cost: one gradient a step.
 */
export async function trainCurve(
  ground: Ground,
  [a, b]: readonly [Float64Array, Float64Array],
  { points: count, weightsAt }: Basis,
  { steps }: Pick<PathOptions, "steps">,
  random: RandomStream,
  context: RunContext,
): Promise<FoundWay> {
  const line = straight(a, b);
  const points = Array.from({ length: count }, (_, k) => line.at(k / (count - 1)).slice());
  const inner = points.slice(1, -1);
  const means = inner.map((point) => new Float64Array(point.length));
  const squares = inner.map((point) => new Float64Array(point.length));
  const apart = distance(a, b) / Math.sqrt(a.length);
  const here = new Float64Array(a.length);
  for (let step = 1; step <= steps; step++) {
    throwIfInterrupted(context);
    if (context.outOfTime?.() === true) return { points: inner, isWhole: false };
    // Each stretch of the way gets as many steps as any other.
    const t = ((step % STRETCHES) + random.uniform()) / STRETCHES;
    const weights = weightsAt(t);
    const slope = await ground.sampledGradient(combined(points, weights, here));
    const rate = ((FIRST_STEP * apart) / 2) * (1 + Math.cos((Math.PI * (step - 1)) / steps));
    inner.forEach((point, k) => {
      const weight = weights[k + 1];
      const [mean, square] = [means[k], squares[k]];
      for (let i = 0; i < point.length; i++) {
        const g = weight * slope[i];
        mean[i] = DECAY * mean[i] + (1 - DECAY) * g;
        square[i] = SQUARE_DECAY * square[i] + (1 - SQUARE_DECAY) * g * g;
        const [first, second] = [mean[i] / (1 - DECAY ** step), square[i] / (1 - SQUARE_DECAY ** step)];
        point[i] -= (rate * first) / (Math.sqrt(second) + TINY);
      }
    });
    context.progress?.({ stage: "training the way", done: step, total: steps });
  }
  return { points: inner, isWhole: true };
}

const STRETCHES = 8;
