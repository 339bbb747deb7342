import { dot, plusMultiple } from "../../linalg/vector.ts";
import type { ForwardLoss } from "../../problem/forward-loss.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { OtherWeights } from "../../runs/subject.ts";
import { ROUNDINGS } from "../../quantities/rounding-yardsticks.ts";
import type { RunContext } from "../../util/run-context.ts";
import { isNotFinite } from "../../util/thalweg-error.ts";
import { criticalSharpness, criticalSharpnessByRate } from "./critical-sharpness.ts";
import { criticalStep, type Change } from "./critical-step.ts";
import { slopeByDifferences } from "./slope-by-differences.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";
import { type PointNumbers, type StepNumbers, WITHOUT_DERIVATIVES } from "./trajectory-result.ts";

/** What a network tells that can only be run forward: the loss, and what rounding leaves of it. */
export interface ForwardHere {
  readonly theta: Float64Array;
  readonly loss: number;
  readonly lossRounding: number;
}

/**
 * The numbers of one checkpoint without derivatives: loss and accuracy. What rounding leaves of the loss is what moving
 * each weight and each output by a roundoff changes of it, a few times over.
 *
 * Cost: two losses.
 */
export async function measureForwardCheckpoint(
  forward: ForwardLoss,
  { weights, sha256 }: { readonly weights: string; readonly sha256: string },
  random: RandomStream,
  context: RunContext,
): Promise<{ readonly numbers: PointNumbers; readonly here: ForwardHere }> {
  const theta = forward.network.parameters;
  const { loss, accuracy, exampleLosses, divisor } = await forward.value(theta, context);
  const moved = await forward.value(theta, context, random.split("rounding"));
  const lossRounding =
    (ROUNDINGS * exampleLosses.reduce((sum, x, i) => sum + Math.abs(moved.exampleLosses[i] - x), 0)) / divisor;
  return {
    numbers: {
      weights,
      sha256,
      loss,
      lossRounding,
      accuracy: accuracy ?? null,
      ...WITHOUT_DERIVATIVES,
      products: 0,
      converged: true,
    },
    here: { theta, loss, lossRounding },
  };
}

/**
 * A step without derivatives: its length, the change of the loss, and its critical sharpness from forward passes alone. The
 * slope that this needs is the difference of losses about the start, at multiples of the step where the loss tells.
 * Undefined where the two are the same weights.
 *
 * Cost: the losses of the critical step, and six for the slope.
 */
export async function measureForwardStep(
  forward: ForwardLoss,
  { theta: home, loss, lossRounding }: ForwardHere,
  from: string,
  { path: to, theta, doubts }: Pick<OtherWeights, "path" | "theta" | "doubts">,
  { options, context }: { readonly options: TrajectoryOptions; readonly context: RunContext },
): Promise<StepNumbers | undefined> {
  const d = theta.map((x, i) => x - home[i]);
  const square = dot(d, d);
  if (square === 0) return undefined;
  const changeAt = async (t: number): Promise<Change | null> => {
    try {
      const { loss: other } = await forward.value(plusMultiple(home, t, d), context);
      // A larger loss is rounded in proportion.
      const larger = Math.max(1, loss === 0 ? 1 : Math.abs(other / loss));
      return { value: other - loss, rounding: lossRounding * (1 + larger) };
    } catch (error) {
      if (isNotFinite(error)) return null;
      throw error;
    }
  };
  const atEnd = await changeAt(1);
  const critical = await criticalStep((t) => (t === 1 ? Promise.resolve(atEnd) : changeAt(t)), {
    slope: undefined,
    passes: options.passes,
  });
  const slope = critical.multiple === null ? undefined : await slopeByDifferences(changeAt, critical.multiple);
  return {
    from,
    to,
    length: Math.sqrt(square),
    change: atEnd?.value ?? null,
    changeRounding: atEnd?.rounding ?? 0,
    slope: slope?.value ?? null,
    slopeError: slope?.error ?? null,
    curvature: null,
    curvatureError: null,
    remainder: null,
    hill: null,
    critical: {
      ...critical,
      passes: critical.passes + (slope?.passes ?? 0),
      ...criticalSharpness(critical, slope, square),
      ...criticalSharpnessByRate(critical, options),
    },
    doubts: doubts.map(({ text }) => text),
  };
}
