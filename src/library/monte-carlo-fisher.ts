import { z } from "zod";
import { requireBlock } from "../operators/checked-products.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import type { Interval } from "../estimators/estimate.ts";
import { sumOfMeansInterval } from "../estimators/sum-of-means-interval.ts";
import { confidence, countFrom, type OptionsOf } from "../util/options.ts";
import { pointOf } from "./point-of.ts";
import { readRun, type RunOptions } from "./run-options.ts";

const fisherOptions = z.object({
  /** Labels drawn for every example; default 1. */
  draws: countFrom(1).default(1),
});

const traceOptions = z.object({
  /** Default 0.95. */
  confidence: confidence.default(0.95),
});

/** The trace of the Fisher matrix as drawn labels show it. */
export interface SampledTrace {
  readonly value: number;
  /** Over the draws of every example; infinite for a single one, and where all draws agree. */
  readonly standardError: number;
  /** For sums of skewed numbers (Hall 1992), over the draws of every example; infinite for fewer than three. What no draw shows is not in it. */
  readonly interval: Interval;
}

/** The Fisher matrix by drawn labels. */
export interface MonteCarloFisher extends LinearOperator {
  /** Of the Fisher matrix, without an L2 term. Cost: a gradient of every example for each draw. */
  sampledTrace(options?: OptionsOf<typeof traceOptions>): Promise<SampledTrace>;
}

/**
 * The Fisher information with the expectation over the model's own labels taken by drawing them: (1/K) Σ_k Σᵢ gᵢₖ gᵢₖᵀ over K
 * draws, divided as the loss is; its expectation is {@link fisher}, which costs no more and is exact. For comparison with tools
 * that sample (Martens 2020, section 5). Not the empirical Fisher, whose labels are those of the data (Kunstner et al. 2019).
 *
 * Cost: a forward pass, then about two gradients for each draw and product.
 *
 * @throws usage error `bad-argument`; input errors `no-outputs`, `no-likelihood`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 200 });
 * const sampled = await monteCarloFisher(problem, { draws: 4, seed: 1 });
 * const { interval } = await sampled.sampledTrace();
 * interval.lower < interval.upper; // → true
 */
export async function monteCarloFisher(
  place: Problem | Point,
  options: OptionsOf<typeof fisherOptions> & RunOptions = {},
): Promise<MonteCarloFisher> {
  const point = pointOf("monteCarloFisher", place);
  const { own, random, context } = readRun("monteCarloFisher", fisherOptions, options);
  const sampled = await point.sampledFisher({ draws: own.draws, random: random.split("labels") }, context);
  const name = "Monte-Carlo Fisher";
  const { dimension, precision, preferredBlock } = point;
  return {
    name,
    dimension,
    symmetric: true,
    precision,
    preferredBlock,
    apply: async (block) => {
      requireBlock({ name, dimension }, block);
      return sampled.product(block, context);
    },
    sampledTrace: async (asked = {}) => {
      const { own: traced } = readRun("sampledTrace", traceOptions, asked);
      const squares = await sampled.squares(context);
      // The labels of one example are drawn without a look at those of another.
      const { mean, standardError, lower, upper } = sumOfMeansInterval(
        Array.from(squares[0], (_, i) => squares.map((draw) => draw[i])),
        traced.confidence,
      );
      return { value: mean, standardError, interval: { lower, upper, confidence: traced.confidence } };
    },
  };
}
