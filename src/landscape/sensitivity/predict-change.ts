import { dot, norm2, plusMultiple } from "../../linalg/vector.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Problem } from "../../problem/problem.ts";
import type { Sample } from "../../problem/sample.ts";
import type { RunContext } from "../../util/run-context.ts";

/** What is known at the weights before anything is changed. */
export interface Home {
  readonly loss: number;
  /** What rounding leaves of the loss. */
  readonly lossRounding: number;
  /** Of the gradient, as a length. */
  readonly gradientRounding: number;
  /** Of ‖ΔH‖₂, as products show it. */
  readonly productRounding: number;
  /** On held-out examples; null where there are none. */
  readonly test: { readonly loss: number; readonly lossRounding: number } | null;
}

/** What a step does to the loss, as derivatives predict it and as it is. */
export interface PredictedChange {
  /** gᵀd. */
  readonly slope: number;
  /** ½ dᵀHd. */
  readonly curvature: number;
  /** gᵀd + ½ dᵀHd. */
  readonly predicted: number;
  /** What the terms behind and rounding may add; +∞ where the loss is not finite beside. */
  readonly error: number;
  /** L(θ + d) − L(θ). */
  readonly measured: number;
  /** What rounding leaves of that. */
  readonly measuredError: number;
  /** Share of right predictions at θ + d. */
  readonly accuracy: number | null;
  /** The same on held-out examples, whose loss has no derivatives taken; null where there are none. */
  readonly test: Pick<PredictedChange, "measured" | "measuredError" | "accuracy"> | null;
}

/** The terms behind are estimated from two: those that follow and kinks are taken to be no larger than this leaves. */
const SAFETY = 2;

/**
 * L(θ + d) − L(θ) by gᵀd + ½ dᵀHd, with an error that does not know what is measured: with φ(t) = L(θ + td), what the parabola
 * leaves at t = ½ and t = −1 gives the cubic and the quartic term,
 *
 *   r(t) = φ(t) − φ(0) − tφ′ − ½t²φ″ ≈ at³ + bt⁴,   3a = 16 r(½) − r(−1),   b = r(−1) + a,
 *
 * and the error is {@link SAFETY} (|a| + |b|), with what rounding leaves of the losses, of g and of H in it. Cost: a product of H, three losses.
 *
 * @param steps d, as it is in the arithmetic of the network: θ + d is what is run
 */
export async function predictChanges(
  problem: Problem,
  gradient: Float64Array,
  home: Home,
  steps: readonly Float64Array[],
  context: RunContext,
): Promise<PredictedChange[]> {
  const products = await problem.point.product(hessianProduct, steps, context);
  const found: PredictedChange[] = [];
  const unseen = home.test && problem.heldOut ? problem.sampleOf(problem.heldOut) : undefined;
  try {
    for (const [i, d] of steps.entries()) {
      const slope = dot(gradient, d);
      const curvature = dot(d, products[i]) / 2;
      const length = norm2(d);
      const at = (t: number) => changeAt(problem, stepped(problem, d, t), home, undefined, context);
      const [half, back, whole] = [await at(0.5), await at(-1), await at(1)];
      const rest = (t: number, change: number) => change - t * slope - t * t * curvature;
      const [atHalf, atBack] = [rest(0.5, half.change), rest(-1, back.change)];
      const cubic = (16 * atHalf - atBack) / 3;
      const quartic = atBack + cubic;
      const derivatives = home.gradientRounding * length + (home.productRounding * length ** 2) / 2;
      const error = SAFETY * (Math.abs(cubic) + Math.abs(quartic)) + derivatives + 2 * half.rounding;
      found.push({
        slope,
        curvature,
        predicted: slope + curvature,
        error: Number.isFinite(error) ? error : Number.POSITIVE_INFINITY,
        measured: whole.change,
        measuredError: length === 0 ? 0 : whole.rounding,
        accuracy: whole.accuracy,
        test: home.test && unseen ? await onUnseen(d, length, home.test, unseen) : null,
      });
    }
  } finally {
    unseen?.feeds.release();
  }
  return found;

  async function onUnseen(d: Float64Array, length: number, from: LossAtHome, examples: Sample) {
    const { change, accuracy, rounding } = await changeAt(problem, stepped(problem, d, 1), from, examples, context);
    return { measured: change, measuredError: length === 0 ? 0 : rounding, accuracy };
  }
}

type LossAtHome = Pick<Home, "loss" | "lossRounding">;

function stepped({ point }: Problem, d: Float64Array, t: number): Float64Array {
  return plusMultiple(point.parameters, t, d);
}

async function changeAt(
  problem: Problem,
  theta: Float64Array,
  home: LossAtHome,
  examples: Sample | undefined,
  context: RunContext,
) {
  await using point = problem.at(theta, { examples });
  const { loss, accuracy = null } = await point.anyValue(context);
  // A larger loss is rounded in proportion.
  const rounding = home.lossRounding * (1 + (home.loss === 0 ? 1 : Math.max(1, Math.abs(loss / home.loss))));
  return { change: loss - home.loss, accuracy, rounding };
}
