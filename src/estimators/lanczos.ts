import { z } from "zod";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { axpy, norm2 } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import type { EstimatorDescription } from "./estimate.ts";
import { KrylovSpace, randomBlock } from "./krylov-space.ts";
import { countProducts, requireSymmetric } from "./products.ts";
import { countFrom, type OptionsOf } from "../util/options.ts";

export const lanczosOptions = z.object({
  /** Size of the basis; default the dimension, which gives the whole spectrum. */
  steps: countFrom(1).optional(),
  /** Vectors multiplied together; default the operator's preferred block. */
  blockSize: countFrom(1).optional(),
  /** Also compute ‖Ay − θy‖ with fresh products, one for each Ritz pair, instead of from the recurrence. */
  trueResiduals: z.boolean().optional(),
  maxProducts: countFrom(0).optional(),
});

export type LanczosOptions = OptionsOf<typeof lanczosOptions>;

export interface LanczosResult {
  /** Ritz values, ascending. */
  readonly values: Float64Array;
  /** ‖Ay − θy‖ of each, with what rounding of a product may hide: an eigenvalue lies within this distance of it. */
  readonly residuals: Float64Array;
  /** Whether the basis spans the whole space: the values are then the spectrum, with multiplicities. */
  readonly exhausted: boolean;
  readonly products: number;
  /** Whether all the steps asked for fitted into the budget. */
  readonly converged: boolean;
}

export const lanczosEstimator: EstimatorDescription = {
  name: "lanczos",
  summary:
    "Ritz values of a symmetric operator with full reorthogonalisation: no ghost copies, at any number of steps.",
  formula: String.raw`A Q_m = Q_m T_m + X C^\top,\qquad \lVert A y - \theta y\rVert = \lVert C^\top s\rVert`,
  source: "Lanczos 1950; full reorthogonalisation: Paige 1971; blocks: Golub & Underwood 1977",
  cost: "one product a step, and one more for each true residual",
  needs: "a symmetric operator; memory for one vector a step",
};

/**
 * Lanczos with full reorthogonalisation, single-vector or block. A direction that is lost to an
 * invariant subspace is replaced by a fresh random one, so n steps reproduce the whole spectrum of a
 * small operator with its multiplicities, to a small multiple of ε‖A‖.
 *
 * @returns Ritz values ascending, with the residual of each
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const { values } = await lanczos(diagonalOperator(Float64Array.of(1, 2, 2)), {}, createRandom(0), {});
 * // values ≈ [1, 2, 2]
 */
export async function lanczos(
  operator: LinearOperator,
  options: LanczosOptions,
  random: RandomStream,
  context: RunContext,
): Promise<LanczosResult> {
  requireSymmetric(operator, "Lanczos");
  const { dimension } = operator;
  const steps = Math.min(options.steps ?? dimension, dimension);
  const products = countProducts(operator, context, options.maxProducts);
  const blockSize = Math.max(1, Math.min(options.blockSize ?? operator.preferredBlock, steps));
  const space = new KrylovSpace({
    operator,
    start: randomBlock(random.split("start"), dimension, blockSize),
    refill: random.split("refill"),
  });
  while (space.length < steps && space.pending().length > 0 && products.affords(space.pending().length)) {
    space.absorb(await products.apply(space.pending()));
    products.report("Lanczos", steps);
  }
  const pairs = space.ritz();
  const every = Array.from(pairs.values.keys());
  const exhausted = space.length === dimension;
  let residuals: Float64Array;
  if (options.trueResiduals) {
    const vectors = space.lift(pairs.coordinates(every));
    const images = await products.prove(vectors);
    residuals = Float64Array.from(images, (image, i) => {
      axpy(-pairs.values[i], vectors[i], image);
      return norm2(image);
    });
  } else {
    residuals = pairs.residuals(every);
  }
  const scale = pairs.values.reduce((most, value, i) => Math.max(most, Math.abs(value) + residuals[i]), 0);
  const rounding = products.rounding("norm", scale);
  residuals = residuals.map((residual) => residual + rounding);
  return { values: pairs.values, residuals, exhausted, products: products.count(), converged: space.length >= steps };
}
