import { z } from "zod";
import { studentTQuantile } from "../linalg/distributions.ts";
import { normalQuantile } from "../linalg/normal-quantile.ts";
import { dot } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import type { EstimatorDescription } from "./estimate.ts";
import { countProducts } from "./products.ts";
import { confidence, countFrom, type OptionsOf } from "../util/options.ts";

export const diagonalOptions = z.object({
  /** Products; default 100, at most the dimension (then exact). */
  probes: countFrom(1).optional(),
  /** Default 0.95, for each entry by itself. */
  confidence: confidence.optional(),
});

export type DiagonalOptions = OptionsOf<typeof diagonalOptions>;

export interface DiagonalEstimate {
  readonly value: Float64Array;
  readonly standardError: Float64Array;
  /** What rounding of the products may have added to an entry; it is in the intervals. */
  readonly rounding: number;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly confidence: number;
  readonly products: number;
  readonly method: string;
  /** Whether all probes fitted into the budget. */
  readonly converged: boolean;
}

export const diagonalEstimator: EstimatorDescription = {
  name: "diagonal",
  summary: "Every diagonal entry, with an interval for each.",
  formula: String.raw`a_{ii} = \mathbb E\, z_i (Az)_i,\qquad \operatorname{Var} = \sum_{j\ne i} a_{ij}^2`,
  source: "Bekas, Kokiopoulou & Saad 2007; random signs: Hutchinson 1989",
  cost: "one product a probe; error falls as 1/√probes",
  needs: "any square operator",
};

/**
 * The diagonal from random signs: z ∘ Az has mean diag A and, entry by entry, variance Σ_{j≠i} aᵢⱼ²; signs
 * (unlike normal numbers) make a diagonal matrix exact. Intervals are Student's t with the sample variance
 * of each entry, and what rounding of the products may add, √(n + 256) u ‖A‖F or what was measured (|Δaᵢᵢ| ≤ ‖ΔA‖₂).
 *
 * @throws check error `not-finite`; `interrupted`
 *
 * @example
 * const { value, standardError } = await estimateDiagonal(hessian, { probes: 200 }, random, {});
 */
export async function estimateDiagonal(
  operator: LinearOperator,
  options: DiagonalOptions,
  random: RandomStream,
  context: RunContext,
): Promise<DiagonalEstimate> {
  const { dimension } = operator;
  const confidence = options.confidence ?? 0.95;
  const wanted = Math.max(2, options.probes ?? 100);
  const products = countProducts(operator, context);
  const mean = new Float64Array(dimension);
  const spread = new Float64Array(dimension);
  const exact = wanted >= dimension;
  const total = exact ? dimension : wanted;
  let done = 0;
  let square = 0;
  while (done < total) {
    const size = Math.min(Math.max(1, operator.preferredBlock), total - done);
    if (!products.affords(size) && (exact || done >= 2)) break;
    const block = Array.from({ length: size }, (_, i) => {
      if (!exact) return random.split(`probe ${done + i}`).rademacherVector(dimension);
      const unit = new Float64Array(dimension);
      unit[done + i] = 1;
      return unit;
    });
    const images = await products.apply(block);
    images.forEach((image, b) => {
      const z = block[b];
      square += dot(image, image);
      if (exact) {
        mean[done + b] = image[done + b];
      } else {
        // Welford's update.
        for (let i = 0; i < dimension; i++) {
          const x = z[i] * image[i];
          const change = x - mean[i];
          mean[i] += change / (done + b + 1);
          spread[i] += change * (x - mean[i]);
        }
      }
    });
    done += size;
    products.report("diagonal", total);
  }
  // Σ ‖Aeᵢ‖² over all coordinates, and E ‖Az‖² over signs, are both ‖A‖F².
  const rounding = products.rounding("norm", Math.sqrt(exact ? square : square / Math.max(1, done)));
  if (exact) {
    const missing = (x: number, i: number): number => (i < done ? x : Number.NaN);
    const value = mean.map(missing);
    const standardError = new Float64Array(dimension).map(missing);
    return {
      value,
      standardError,
      rounding,
      lower: value.map((x) => x - rounding),
      upper: value.map((x) => x + rounding),
      confidence,
      products: products.count(),
      method: "exact",
      converged: done === total,
    };
  }
  const p = 0.5 + confidence / 2;
  const quantile = done > 200 ? normalQuantile(p) : studentTQuantile(p, done - 1);
  const standardError = spread.map((s) => Math.sqrt(s / (done * (done - 1))));
  return {
    value: mean,
    standardError,
    rounding,
    lower: mean.map((x, i) => x - quantile * standardError[i] - rounding),
    upper: mean.map((x, i) => x + quantile * standardError[i] + rounding),
    confidence,
    products: products.count(),
    method: "Bekas–Kokiopoulou–Saad with random signs",
    converged: done === total,
  };
}
