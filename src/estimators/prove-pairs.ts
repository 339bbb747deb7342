import { axpy, dot, norm2 } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { Eigenvalue } from "./estimate.ts";
import type { Products } from "./products.ts";
import type { Pair } from "./search-ends.ts";

/**
 * Rounding at the point itself, of p in 1 − p, is the same in every product and so does not show in their
 * differences, though it goes through the same cancellations: it is allowed three times what shows.
 * (Measured on a network that is certain of its class to 4e-5: 1.7 times.)
 */
const UNSEEN = 4;

/** Residuals above this many times the predicted rounding may be rounding that the prediction does not know. */
const SUSPECT = 8;

/**
 * Rayleigh quotients and residuals of pairs from fresh products, ascending, with what rounding of the
 * products may hide: `predicted`, or what shows of it at the pair with the largest residual, where that is
 * far above the prediction and the budget allows. Products in a wider arithmetic hide nothing; but which eigenvalue
 * it is that lies within the residual, the k-th, was found with those that round, and holds to ‖ΔA‖₂ (Weyl): no
 * residual is stated below that. Cost: one product a pair, and one.
 *
 * @returns `rounding`: below which multiple of it no search can bring a residual
 */
export async function provePairs(
  products: Products,
  pairs: readonly Pair[],
  predicted: number,
): Promise<{ readonly proved: ProvedPair[]; readonly rounding: number }> {
  const images = await products.prove(pairs.map((pair) => pair.vector));
  if (products.operator.wider) {
    const proved = prove(pairs, images, 0).map((pair) => ({ ...pair, residual: Math.max(pair.residual, predicted) }));
    return { proved, rounding: predicted };
  }
  const proved = prove(pairs, images, predicted);
  const worst = proved.reduce((most, pair) => (pair.residual > most.residual ? pair : most), proved[0]);
  if (pairs.length === 0 || worst.residual <= SUSPECT * predicted || !products.affords(1))
    return { proved, rounding: predicted };
  const at = pairs.findIndex(({ vector }) => vector === worst.vector);
  const measured = await measuredRounding(products, pairs[at].vector, images[at]);
  const rounding = Math.max(predicted, UNSEEN * measured);
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
 * ‖A(3v)/3 − Av‖/‖v‖: exactly 0 but for rounding. Where A is what a cancellation left over (a loss near zero
 * has a Hessian of 1 − p with p near 1), it is far above what the size of A predicts, and no search can
 * bring a residual below it. Cost: one product.
 */
async function measuredRounding(products: Products, vector: Float64Array, image: Float64Array): Promise<number> {
  const [tripled] = await products.apply([vector.map((x) => 3 * x)]);
  return norm2(image.map((x, j) => tripled[j] / 3 - x)) / norm2(vector);
}

/**
 * Pairs with vectors whose values are known otherwise (from the whole matrix), with the residuals that products in
 * a wider arithmetic give, or as they are where there is none, and no less than ‖ΔA‖₂. Cost: one of its products a pair.
 */
export async function withWiderResiduals<Ends extends { readonly top: Eigenvalue[]; readonly bottom: Eigenvalue[] }>(
  operator: LinearOperator,
  ends: Ends,
): Promise<Ends> {
  const { wider, rounding } = operator;
  const { norm } = (await rounding?.()) ?? { norm: 0 };
  const least = (pairs: readonly Eigenvalue[]) =>
    pairs.map((pair) => ({ ...pair, residual: Math.max(norm, pair.residual) }));
  if (!wider) return { ...ends, top: least(ends.top), bottom: least(ends.bottom) };
  const prove = async (pairs: readonly Eigenvalue[]): Promise<Eigenvalue[]> => {
    const images = await wider.apply(pairs.flatMap(({ vector }) => vector ?? []));
    return pairs.map(({ value, vector, residual }) => {
      const image = vector && images.shift();
      if (!image) return { value, vector, residual: Math.max(norm, residual) };
      axpy(-value, vector, image);
      return { value, vector, residual: Math.max(norm, norm2(image) / norm2(vector)) };
    });
  };
  return { ...ends, top: await prove(ends.top), bottom: await prove(ends.bottom) };
}
