import { z } from "zod";
import type { Eigenvalue } from "../../estimators/estimate.ts";
import { estimateTrace } from "../../estimators/trace.ts";
import { dot, meanOf } from "../../linalg/vector.ts";
import { dataGradient } from "../../quantities/data-gradient.ts";
import type { Desk } from "../../quantities/desk.ts";
import { exampleNorms } from "../../quantities/example-norms.ts";
import { gradientRounding } from "../../quantities/gradient-rounding.ts";
import { meanRounding } from "../../quantities/mean-rounding.ts";
import { noiseCovarianceOperator } from "../../quantities/noise-covariance-operator.ts";
import { noiseExtremes } from "../../quantities/noise-extremes.ts";
import { noiseTrace } from "../../quantities/noise-trace.ts";
import { defineQuantity } from "../../quantities/quantity.ts";
import { deflatedOperator } from "../../operators/combinators.ts";
import { formatNumber } from "../../util/format-number.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { range } from "../reading.ts";
import { noiseCovarianceCheck } from "./noise-covariance-check.ts";

/** Probes of the two attempts to find the trace of Σ by products. */
const TRACE_PROBES = [24, 96];

/** Of tr Σ: the half-width of an interval that is narrow enough. */
const TRACE_TOLERANCE = 0.05;

/**
 * The trace from the examples' norms must lie in the 99.9 % interval of an estimate from products of Σ,
 * which are computed in another way: what the leading eigenvectors hold of it, and probes of the rest.
 * One estimate in a thousand misses by chance (up to one in 300 where
 * what is sampled has rank one, by χ² with 24 degrees of freedom); so a miss is followed by another estimate from four
 * times as many probes of its own, and only two misses in a row, of less than one run in 10⁵, are an error.
 * Beside the interval, 1 ‰, the residuals of the eigenvectors and the rounding of the trace are allowed.
 */
async function requireSameTrace(
  desk: Desk,
  { trace, rounding, leading }: { trace: number; rounding: number; leading: readonly Eigenvalue[] },
): Promise<void> {
  const { random, context } = desk;
  const known = leading.filter(({ vector }) => vector !== undefined);
  const noiseCovariance = deflatedOperator(
    desk.operator(noiseCovarianceOperator),
    known.flatMap(({ vector }) => vector ?? []),
  );
  const found = known.reduce((sum, { value }) => sum + value, 0);
  const residuals = known.reduce((sum, { residual }) => sum + residual, 0);
  const allowance = 1e-3 * trace + residuals + rounding;
  let whole = "";
  for (const maxProducts of TRACE_PROBES) {
    const { interval } = await estimateTrace(
      noiseCovariance,
      { absoluteTolerance: TRACE_TOLERANCE * trace, maxProducts, confidence: 0.999 },
      random.split(`noise trace ${maxProducts}`),
      context,
    );
    // What is left of Σ has no negative trace.
    const ends = { lower: found + Math.max(0, interval.lower), upper: found + Math.max(0, interval.upper) };
    if (trace >= ends.lower - allowance && trace <= ends.upper + allowance) return;
    whole = range(ends);
  }
  throw new ThalwegError({
    kind: "check",
    code: "noise-trace-disagrees",
    message: `Two ways to the trace of the gradient noise disagree: ${formatNumber(trace)} from the examples' norms, ${whole} from products.`,
  });
}

/** Of a gradient's length: how far the mean of the examples' gradients may lie from it, beside rounding. */
const SAME_MEAN = 1e-2;

/**
 * (1/n) Σ gᵢᵀg must be ‖g‖², to a hundredth of the examples' lengths and to what rounding makes of it.
 */
async function requireSameMean(desk: Desk, mean: number, gradientSquare: number, perExample: number): Promise<void> {
  const rounding = await desk.get(meanRounding);
  const length = Math.sqrt(gradientSquare);
  const off = Math.abs(mean - gradientSquare);
  if (off <= SAME_MEAN * Math.max(gradientSquare, length * Math.sqrt(perExample)) + rounding) return;
  throw new ThalwegError({
    kind: "check",
    code: "examples-depend-on-batch",
    message: `The examples' gradients do not average to the gradient: along it their mean is ${formatNumber(mean / length, 3)} long, and the gradient ${formatNumber(length, 3)}. Either an example's loss depends on the others of its batch, or rounding is larger than was found (${formatNumber(rounding / length, 2)}).`,
    hint: "Batch statistics couple examples: use BatchNormalization in inference form. Rounding shrinks with --precision float64.",
  });
}

/**
 * The mean of the examples' gradients, tr Σ and the products of Σ, each against another way to it; with the products
 * that the trace took.
 *
 * @throws check errors `examples-depend-on-batch` and `noise-trace-disagrees`
 */
export const noiseProofs = defineQuantity({
  name: "proofs of the gradient noise",
  parameters: z.object({}),
  needs: [exampleNorms, dataGradient, meanRounding, noiseTrace, noiseExtremes, gradientRounding],
  cost: ({ problem }) => 25 + Math.min(20, problem.examples),
  compute: async (desk): Promise<{ readonly products: number }> => {
    const { squares, alongMean } = await desk.get(exampleNorms);
    const gradient = await desk.get(dataGradient);
    // The mean of gᵢᵀg is ‖g‖² unless an example's gradient depends on its batch.
    await requireSameMean(desk, meanOf(alongMean), dot(gradient, gradient), meanOf(squares));
    const { top } = await desk.get(noiseExtremes);
    const { value, rounding } = await desk.get(noiseTrace);
    const before = desk.products;
    await requireSameTrace(desk, { trace: value, rounding, leading: top });
    const products = desk.products - before;
    if (top[0].value > 0 && top[0].vector) desk.checks.push(await noiseCovarianceCheck(desk, top[0].vector));
    return { products };
  },
});
