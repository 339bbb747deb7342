import { z } from "zod";
import { studentTQuantile } from "../linalg/distributions.ts";
import { orthogonalize } from "../linalg/multi-vector.ts";
import { thinQr } from "../linalg/thin-qr.ts";
import { dot, norm2 } from "../linalg/vector.ts";
import { scaleOperator } from "../operators/combinators.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { exactEstimate } from "./estimate.ts";
import type { Estimate, EstimatorDescription } from "./estimate.ts";
import { denseMatrix, matrixRounding } from "./exact-spectrum.ts";
import { sphereProbe } from "./probe.ts";
import { countProducts, requireSymmetric, requireTolerance } from "./products.ts";
import type { Products } from "./products.ts";
import { ResidualSampler } from "./residual-sampler.ts";
import { sampledEstimate } from "./sampled-estimate.ts";
import { MIN_PROBES, quadraticFormInterval } from "./sampling-interval.ts";
import { xtrace } from "./xtrace.ts";
import { confidence, countFrom, type OptionsOf, tolerance } from "../util/options.ts";
import { maxOf } from "../util/extremes.ts";

const METHODS = ["auto", "exact", "hutchinson", "hutch++", "xtrace"] as const;

export const traceOptions = z.object({
  /** Half-width of the interval relative to |trace|; default 0.02. */
  tolerance: tolerance.optional(),
  /** Half-width in the units of the trace: enough by itself where it is larger. */
  absoluteTolerance: tolerance.optional(),
  /** Default 0.95. */
  confidence: confidence.optional(),
  /** Default 1000. */
  maxProducts: countFrom(0).optional(),
  method: z.enum(METHODS).optional(),
});

export type TraceOptions = OptionsOf<typeof traceOptions>;

export const traceEstimator: EstimatorDescription = {
  name: "trace",
  summary: "The trace with a calibrated confidence interval; outliers are deflated while that saves products.",
  formula: String.raw`\operatorname{tr} A = \operatorname{tr} Q^\top A Q + \mathbb E\, z^\top P A P z,\qquad P = I - QQ^\top`,
  source:
    "Girard 1989; Hutchinson 1989; Meyer, Musco, Musco & Woodruff 2021 (Hutch++); Epperly, Tropp & Webber 2024 (XTrace); Chen & Hallman 2023",
  cost: "20 products at least; n when that is cheaper (then exact)",
  needs: "a symmetric operator",
};

/**
 * tr A with an interval that covers it with the stated probability.
 *
 * Methods: `auto` plans from eight pilot probes, deflates a Krylov space while that saves products, and
 * takes the exact trace where n is no more than 24 or than the probes still to be drawn; `hutchinson` never deflates; `hutch++` and
 * `xtrace` spend the whole budget at once (exact where that is n products); `exact` applies the operator to the identity.
 * All stop on the interval alone. Not within tolerance at the end of the budget: converged = false, and
 * the interval is valid all the same.
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const trace = await estimateTrace(hessian, { tolerance: 0.01 }, random, {});
 * trace.interval; // { lower: 41.2, upper: 42.0, confidence: 0.95 }
 */
export async function estimateTrace(
  operator: LinearOperator,
  options: TraceOptions,
  random: RandomStream,
  context: RunContext,
): Promise<Estimate> {
  requireSymmetric(operator, "The trace");
  requireTolerance(options.tolerance);
  try {
    return await traceAtScale(operator, options, random, context);
  } catch (error) {
    if (!(error instanceof OutOfScale)) throw error;
    // Squares leave the range of numbers: once more, of the matrix times a power of two.
    const { factor } = error;
    const { absoluteTolerance } = options;
    const scaled = await traceAtScale(
      scaleOperator(operator, factor),
      { ...options, absoluteTolerance: absoluteTolerance && absoluteTolerance * factor },
      random,
      context,
    );
    const { value, standardError, rounding = 0, interval } = scaled;
    return {
      ...scaled,
      value: value / factor,
      standardError: standardError / factor,
      rounding: rounding / factor,
      interval: { ...interval, lower: interval.lower / factor, upper: interval.upper / factor },
    };
  }
}

/** Lengths whose squares, and the squares of these, are numbers with all their digits; and the reciprocals. */
const LEAST = 1e-70;

/** That the first products are too short or too long to be squared, and what makes them ordinary. */
class OutOfScale extends Error {
  readonly factor: number;

  constructor(length: number) {
    super("The products are out of scale.");
    this.factor = 2 ** -Math.round(Math.log2(length));
  }
}

/** @throws OutOfScale on the first products */
function watched(products: Products): Products {
  let isFirst = true;
  return {
    ...products,
    apply: async (block) => {
      const images = await products.apply(block);
      const length = Math.max(0, maxOf(images.map(norm2)));
      if (isFirst && length > 0 && !(length >= LEAST && length <= 1 / LEAST)) throw new OutOfScale(length);
      isFirst = false;
      return images;
    },
  };
}

async function traceAtScale(
  operator: LinearOperator,
  options: TraceOptions,
  random: RandomStream,
  context: RunContext,
): Promise<Estimate> {
  const { dimension } = operator;
  const confidence = options.confidence ?? 0.95;
  const maxProducts = options.maxProducts ?? 1000;
  const products = watched(countProducts(operator, context, maxProducts));
  const method = options.method ?? "auto";
  const target = (value: number): number =>
    Math.max((options.tolerance ?? 0.02) * Math.abs(value), options.absoluteTolerance ?? 0);

  switch (method) {
    case "exact":
      return exactTrace(countProducts(operator, context), confidence);
    case "hutch++":
      if (maxProducts >= dimension) return exactTrace(products, confidence);
      return hutchPlusPlus(products, maxProducts, confidence, target, random);
    case "xtrace": {
      if (maxProducts >= dimension) return exactTrace(products, confidence);
      const { value, standardError, probes, size } = await xtrace(
        products,
        Math.max(4, Math.floor(maxProducts / 2)),
        random,
      );
      const rounding = products.rounding("trace", size);
      const width = standardError * studentTQuantile(0.5 + confidence / 2, probes - 1) + rounding;
      return {
        value,
        standardError,
        rounding,
        products: products.count(),
        method: "XTrace",
        interval: { lower: value - width, upper: value + width, confidence },
        converged: width <= target(value),
      };
    }
    case "auto":
      if (dimension <= 2 * MIN_PROBES && products.affords(dimension)) return exactTrace(products, confidence);
      return sampledTrace(products, true, confidence, target, random);
    case "hutchinson":
      return sampledTrace(products, false, confidence, target, random);
  }
}

async function exactTrace(products: Products, confidence: number): Promise<Estimate> {
  const found = await denseMatrix(products, "trace");
  const { matrix } = found;
  const { dimension } = products.operator;
  let trace = 0;
  for (let i = 0; i < dimension; i++) trace += matrix[i * dimension + i];
  const rounding = matrixRounding(products, "trace", found);
  return exactEstimate(trace, rounding, products.count(), "exact", confidence);
}

async function sampledTrace(
  products: Products,
  deflate: boolean,
  confidence: number,
  target: (value: number) => number,
  random: RandomStream,
): Promise<Estimate> {
  const sampler = new ResidualSampler(products, random);
  const current = (): Estimate => {
    const { samples } = sampler;
    const rest = quadraticFormInterval(
      samples.map(({ quadratic }) => quadratic),
      samples.map(({ square }) => square),
      sampler.remaining,
      confidence,
    );
    const known = sampler.exactTrace();
    const rounding = products.rounding("trace", Math.sqrt(sampler.exactSquare() + rest.square));
    return {
      value: known + rest.mean,
      standardError: rest.standardError,
      rounding,
      products: products.count(),
      method: sampler.deflated > 0 ? `Hutchinson after deflating ${sampler.deflated} Krylov directions` : "Hutchinson",
      interval: { lower: known + rest.lower - rounding, upper: known + rest.upper + rounding, confidence },
      converged: false,
    };
  };
  return sampledEstimate(sampler, products, {
    stage: "trace",
    symbol: "tr",
    deflate,
    minProbes: MIN_PROBES,
    current,
    target,
    exact: () => exactTrace(products, confidence),
  });
}

/** A third of the budget sketches the range, a third multiplies it, a third samples the complement. */
async function hutchPlusPlus(
  products: Products,
  budget: number,
  confidence: number,
  target: (value: number) => number,
  random: RandomStream,
): Promise<Estimate> {
  const { dimension } = products.operator;
  const rank = Math.max(0, Math.min(Math.floor((budget - MIN_PROBES) / 2), Math.floor(budget / 3), dimension - 1));
  const sketch = await products.apply(
    Array.from({ length: rank }, (_, i) => sphereProbe(random.split(`sketch ${i}`), dimension)),
  );
  const { q } = thinQr(sketch);
  const images = await products.apply(q);
  const known = q.reduce((sum, v, i) => sum + dot(v, images[i]), 0);
  const count = Math.max(2, budget - products.count());
  const probes = Array.from({ length: count }, (_, i) => sphereProbe(random.split(`probe ${i}`), dimension, q));
  const answers = await products.apply(probes);
  for (const answer of answers) orthogonalize(q, answer);
  const rest = quadraticFormInterval(
    probes.map((z, i) => dot(z, answers[i])),
    answers.map((w) => dot(w, w)),
    dimension - q.length,
    confidence,
  );
  const value = known + rest.mean;
  const inside = images.reduce((sum, image) => sum + dot(image, image), 0);
  const rounding = products.rounding("trace", Math.sqrt(inside + rest.square));
  return {
    value,
    standardError: rest.standardError,
    rounding,
    products: products.count(),
    method: `Hutch++ (rank ${q.length})`,
    interval: { lower: known + rest.lower - rounding, upper: known + rest.upper + rounding, confidence },
    converged: (rest.upper - rest.lower) / 2 <= target(value),
  };
}
