import { extremalEigenpairs } from "../../estimators/extremal-eigenpairs.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Terrain } from "../terrain.ts";

/** Negative eigenvalues that are looked for. */
const MOST = 4;

/** A saddle has its most negative curvatures far from the rest, which is dense at 0: what these products do not show stays open. */
const MOST_PRODUCTS = 200;

export interface HighestPoint {
  readonly gradientNorm: number;
  readonly negative: { readonly value: number; readonly residual: number }[];
  /** Whether those are all of them. */
  readonly isWhole: boolean;
}

/** Slope and negative curvature at a place: of a saddle, how many directions lead down. Cost: a gradient and about a hundred products. */
export async function highestPoint(
  terrain: Terrain,
  theta: Float64Array,
  random: RandomStream,
  context: RunContext,
): Promise<HighestPoint> {
  const gradientNorm = norm2(await terrain.gradient(theta, undefined, context));
  const { operator, release } = await terrain.hessian(theta, context);
  try {
    const smallest = Math.min(MOST, operator.dimension);
    const { bottom, converged } = await extremalEigenpairs(
      operator,
      { largest: 0, smallest, tolerance: 1e-3, maxProducts: MOST_PRODUCTS, checkMultiplicity: false },
      random,
      context,
    );
    // What may be 0 by its residual is not negative.
    const negative = bottom.filter(({ value, residual }) => value + residual < 0);
    const isWhole = converged && (negative.length < bottom.length || smallest === operator.dimension);
    return { gradientNorm, negative: negative.map(({ value, residual }) => ({ value, residual })), isWhole };
  } finally {
    await release();
  }
}
