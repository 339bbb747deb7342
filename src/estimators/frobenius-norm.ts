import { z } from "zod";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { exactEstimate } from "./estimate.ts";
import type { Estimate, EstimatorDescription } from "./estimate.ts";
import { denseMatrix, matrixRounding } from "./exact-spectrum.ts";
import { countProducts, requireSymmetric, requireTolerance } from "./products.ts";
import { ResidualSampler } from "./residual-sampler.ts";
import { sampledEstimate } from "./sampled-estimate.ts";
import { MIN_PROBES, skewedMeanInterval } from "./sampling-interval.ts";
import { confidence, countFrom, type OptionsOf, tolerance } from "../util/options.ts";

export const frobeniusOptions = z.object({
  /** Half-width of the interval relative to the norm; default 0.02. */
  tolerance: tolerance.optional(),
  confidence: confidence.optional(),
  maxProducts: countFrom(0).optional(),
  /** `auto` deflates while that saves products and turns exact where that is cheaper. */
  method: z.enum(["auto", "exact", "hutchinson"]).optional(),
});

export type FrobeniusOptions = OptionsOf<typeof frobeniusOptions>;

export const frobeniusEstimator: EstimatorDescription = {
  name: "frobenius-norm",
  summary: "The Frobenius norm √Σλ², with a calibrated confidence interval.",
  formula: String.raw`\lVert A\rVert_F^2 = \lVert T\rVert_F^2 + 2\lVert C\rVert_F^2 + \mathbb E\,\lVert P A P z\rVert^2`,
  source: "Hutchinson 1989 on A²; interval for skewed samples: Hall 1992",
  cost: "38 products at least; n when that is cheaper (then exact)",
  needs: "a symmetric operator",
};

/** ‖PAPz‖² is skewed by nature: fewer probes would not know their own skewness. */
const MIN_SQUARES = 30;

/**
 * ‖A‖_F = √(Σ λᵢ²), with an interval that covers it with the stated probability. Outliers carry nearly
 * all of it for a Hessian: they are deflated, and are then known rather than sampled.
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const norm = await estimateFrobeniusNorm(hessian, {}, random, {});
 * norm.interval; // { lower: 4.21, upper: 4.29, confidence: 0.95 }
 */
export async function estimateFrobeniusNorm(
  operator: LinearOperator,
  options: FrobeniusOptions,
  random: RandomStream,
  context: RunContext,
): Promise<Estimate> {
  requireSymmetric(operator, "The Frobenius norm");
  requireTolerance(options.tolerance);
  const { dimension } = operator;
  const confidence = options.confidence ?? 0.95;
  const tolerance = options.tolerance ?? 0.02;
  const method = options.method ?? "auto";
  const maxProducts = options.maxProducts ?? 1000;
  const products = countProducts(operator, context, method === "exact" ? Number.POSITIVE_INFINITY : maxProducts);
  const exact = async (): Promise<Estimate> => {
    const found = await denseMatrix(products, "Frobenius norm");
    const rounding = matrixRounding(products, "frobenius", found);
    return exactEstimate(found.frobenius, rounding, products.count(), "exact", confidence);
  };
  if (method === "exact") return exact();
  if (method === "auto" && dimension <= 2 * MIN_PROBES && products.affords(dimension)) return exact();

  const sampler = new ResidualSampler(products, random);
  const current = (): Estimate => {
    const rest = skewedMeanInterval(
      sampler.samples.map(({ square }) => square),
      sampler.remaining,
      confidence,
    );
    const known = sampler.exactSquare();
    const value = Math.sqrt(known + rest.mean);
    const rounding = Number.isNaN(value) ? 0 : products.rounding("frobenius", value);
    return {
      value,
      standardError: value === 0 ? 0 : Number.isNaN(value) ? rest.standardError : rest.standardError / (2 * value),
      rounding,
      products: products.count(),
      method:
        sampler.deflated > 0
          ? `Hutchinson on A² after deflating ${sampler.deflated} Krylov directions`
          : "Hutchinson on A²",
      interval: {
        lower: Math.max(0, Math.sqrt(Math.max(0, known + rest.lower)) - rounding),
        upper: Math.sqrt(Math.max(0, known + rest.upper)) + rounding,
        confidence,
      },
      converged: false,
    };
  };
  return sampledEstimate(sampler, products, {
    stage: "Frobenius norm",
    symbol: "‖A‖",
    deflate: method === "auto",
    minProbes: MIN_SQUARES,
    current,
    target: (value) => tolerance * value,
    exact,
  });
}
