import { numberArithmetic } from "../../optimizers/arithmetic.ts";
import type { CoordinateRule } from "../../optimizers/optimizer.ts";
import { maxOf } from "../../util/extremes.ts";

/** The curvature of single examples along a direction. */
export interface ExampleCurvature {
  /** Over all examples: that of the loss. */
  readonly mean: number;
  /** (1/n) Σ (aᵢ − rᵢa)², rᵢ how much an example counts in a mean: 1 where all count alike. */
  readonly variance: number;
}

/** Batches drawn without replacement: B of n examples. */
export interface Draw {
  readonly batch: number;
  readonly examples: number;
}

/** Halvings of the bracket of a limit. */
const HALVINGS = 60;
/** Squarings by which a spectral radius is found: powers up to 2⁴⁰. */
const SQUARINGS = 40;

/** (n − B)/(B (n − 1)): of the variance over examples, what is left in the mean of a batch; 0 for all of them. */
export function shareOfVariance({ batch, examples }: Draw): number {
  return batch >= examples ? 0 : (examples - batch) / (batch * (examples - 1));
}

/**
 * The largest step size at which a linear update is stable in mean square along a direction whose curvature changes from batch
 * to batch (Wu, Ma & E 2018): E x² does not grow under x ↦ M(a_B) x, M the update of weight and state on ½ a x². For plain
 * SGD (1 − ηa)² + η² s² (n − B)/(B(n − 1)) ≤ 1, so that η ≤ 2a/(a² + s² …). With momentum the same of the second moments of
 * weight and velocity together: E M ⊗ M has no eigenvalue beyond 1.
 *
 * Where examples count unequally, the curvature of a batch is a ratio of sums, and this is its law to first order in 1/B.
 *
 * Holds where every example has its minimum at the same place along that direction, so that noise is in the curvature alone, and
 * a batch is drawn anew for each step.
 *
 * @param rule an update that is linear in weight, gradient and state
 * @returns 0 where the curvature is not positive
 * @example
 * meanSquareLimit(sgd.with({}).rule, { mean: 2, variance: 0 }, { batch: 1, examples: 10 }); // 1
 */
export function meanSquareLimit(rule: CoordinateRule, curvature: ExampleCurvature, draw: Draw): number {
  const { mean, variance } = curvature;
  if (!(mean > 0)) return 0;
  const share = shareOfVariance(draw) * variance;
  const isStable = (stepSize: number) => {
    const still = updateMatrix(rule, stepSize, 0);
    const [at, slope] = [updateMatrix(rule, stepSize, mean), difference(updateMatrix(rule, stepSize, 1), still)];
    const second = kronecker(at, at).map((row, i) => row.map((x, j) => x + share * kronecker(slope, slope)[i][j]));
    return logSpectralRadius(second) <= 0;
  };
  let [low, high] = [0, 1 / mean];
  while (isStable(high)) [low, high] = [high, 2 * high];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (isStable(middle)) low = middle;
    else high = middle;
  }
  return low;
}

type Matrix = readonly (readonly number[])[];

/** What a step makes of weight and state where the gradient is curvature × weight, behind the first step. */
function updateMatrix(rule: CoordinateRule, stepSize: number, curvature: number): Matrix {
  const size = 1 + rule.state.length;
  const numbers = rule.numbers(1, stepSize);
  const images = Array.from({ length: size }, (_, column) => {
    const [weight, ...state] = Array.from({ length: size }, (_each, i) => (i === column ? 1 : 0));
    const after = rule.update(numberArithmetic, { weight, gradient: curvature * weight, state, numbers });
    return [after.weight, ...after.state];
  });
  return images.map((_, row) => images.map((image) => image[row]));
}

function difference(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((x, j) => x - b[i][j]));
}

function kronecker(a: Matrix, b: Matrix): Matrix {
  return a.flatMap((row) => b.map((other) => row.flatMap((x) => other.map((y) => x * y))));
}

/** ln of the largest |eigenvalue|: ln ‖M^k‖ / k for k = 2⁴⁰. */
function logSpectralRadius(matrix: Matrix): number {
  let power = matrix;
  let log = 0;
  for (let i = 0; i <= SQUARINGS; i++) {
    const size = maxOf(power.map((row) => maxOf(row.map(Math.abs))));
    if (size === 0) return Number.NEGATIVE_INFINITY;
    const scaled = power.map((row) => row.map((x) => x / size));
    log += Math.log(size) / 2 ** i;
    power = scaled.map((row) => scaled.map((_, j) => row.reduce((sum, x, k) => sum + x * scaled[k][j], 0)));
  }
  return log;
}
