import { axpy, dot, norm2 } from "../linalg/vector.ts";
import type { Eigenvalue } from "./estimate.ts";
import type { Products } from "./products.ts";
import type { Pair } from "./search-ends.ts";

/**
 * Rayleigh quotients and residuals of pairs from fresh products, ascending, with what rounding of the
 * products may hide: `predicted`, or what is measured of it where a residual stays above `goal` for all that
 * and the budget allows. Cost: one product a pair, or two.
 */
export async function provePairs(
  products: Products,
  pairs: readonly Pair[],
  { predicted, goal }: { readonly predicted: number; readonly goal: number },
): Promise<{ readonly proved: ProvedPair[]; readonly rounding: number }> {
  const images = await products.apply(pairs.map((pair) => pair.vector));
  const proved = prove(pairs, images, predicted);
  if (worstOf(proved) <= goal || !products.affords(pairs.length)) return { proved, rounding: predicted };
  const rounding = Math.max(predicted, await measuredRounding(products, pairs, images));
  return { proved: prove(pairs, images, rounding), rounding };
}

/** An eigenvalue with its residual and unit vector. */
export type ProvedPair = Required<Eigenvalue>;

/** Rayleigh quotients and residuals from fresh products, with what their rounding may hide; ascending. */
function prove(pairs: readonly Pair[], images: readonly Float64Array[], rounding: number): ProvedPair[] {
  return pairs
    .map(({ vector }, i): ProvedPair => {
      const value = dot(vector, images[i]) / dot(vector, vector);
      const rest = images[i].slice();
      axpy(-value, vector, rest);
      return { value, residual: norm2(rest) / norm2(vector) + rounding, vector };
    })
    .toSorted((a, b) => a.value - b.value);
}

export function worstOf(pairs: readonly Eigenvalue[]): number {
  return pairs.reduce((most, pair) => Math.max(most, pair.residual), 0);
}

/**
 * Largest ‖A(3v)/3 − Av‖ over the pairs: exactly 0 but for rounding. Where A is what a cancellation left
 * over (a loss near zero has a Hessian of 1 − p with p near 1), it is far above what the size of A predicts,
 * and no search can bring a residual below it. Cost: one product a pair.
 */
async function measuredRounding(
  products: Products,
  pairs: readonly Pair[],
  images: readonly Float64Array[],
): Promise<number> {
  const tripled = await products.apply(pairs.map(({ vector }) => vector.map((x) => 3 * x)));
  return tripled.reduce((most, image, i) => {
    const difference = image.map((x, j) => x / 3 - images[i][j]);
    return Math.max(most, norm2(difference) / norm2(pairs[i].vector));
  }, 0);
}
