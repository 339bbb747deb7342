import { z } from "zod";
import {
  bytesOfSearch,
  extremalEigenpairs,
  productsOfSearch,
  type ExtremalResult,
} from "../estimators/extremal-eigenpairs.ts";
import { gradientByCount } from "./gradient-by-count.ts";
import { gradientRounding } from "./gradient-rounding.ts";
import { hessianExtremes } from "./hessian-extremes.ts";
import { noiseCovarianceOperator } from "./noise-covariance-operator.ts";
import { noiseTrace } from "./noise-trace.ts";
import { bytesOfVectors } from "./memory.ts";
import { defineQuantity } from "./quantity.ts";
import { workOfSearch } from "./search-work.ts";

/** The largest eigenpairs of Σ, with vectors, from a Krylov space (`extremalEigenpairs`). */
export const noiseExtremes = defineQuantity({
  name: "largest eigenpairs of the gradient noise",
  parameters: hessianExtremes.parameters.pick({ tol: true }).extend({
    noiseTop: z.number().int().min(1).default(5).describe("how many of the largest eigenvalues of the gradient noise"),
  }),
  needs: [noiseTrace, gradientByCount, gradientRounding],
  // Σ has no more directions than examples.
  cost: ({ problem }, { noiseTop }) =>
    productsOfSearch(Math.min(problem.space.dimension, problem.examples), { largest: noiseTop, blockSize: 1 }),
  besides: (setting, { noiseTop }) => workOfSearch(setting, { largest: noiseTop, blockSize: 1 }),
  bytes: ({ problem }, { noiseTop: largest }) => ({
    working: bytesOfSearch(problem.point, { largest }),
    kept: bytesOfVectors(problem.space.dimension, largest),
  }),
  compute: async (desk, { noiseTop, tol }): Promise<ExtremalResult> => {
    const covariance = desk.operator(noiseCovarianceOperator);
    const { size } = await desk.get(noiseTrace);
    const found = await extremalEigenpairs(
      covariance,
      {
        largest: noiseTop,
        vectors: true,
        tolerance: tol,
        blockSize: 1,
        // One example may outweigh all others by more than the tolerance: what they leave is looked for, too.
        relative: true,
        // Σ is the empirical Fisher matrix less ggᵀ, or what it is of a ratio, and its products are rounded as theirs are.
        roundingScale: size,
      },
      desk.random.split("noise extremes"),
      desk.stage("gradient noise"),
    );
    // The residual of a product in float64 says it all.
    if (covariance.wider) return found;
    const { example } = await desk.get(gradientRounding);
    return {
      ...found,
      top: found.top.map((pair) => ({
        ...pair,
        residual: pair.residual + example * (example + 2 * Math.sqrt(Math.max(0, pair.value))),
      })),
    };
  },
});
