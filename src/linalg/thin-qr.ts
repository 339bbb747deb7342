import { orthogonalize } from "./multi-vector.ts";
import { norm2, scale } from "./vector.ts";

export interface ThinQr {
  /** Orthonormal columns that span the given ones; as many as their numerical rank. */
  readonly q: Float64Array[];
  /** r[j][i]: coefficient of q[i] in column j, so that column j = Σᵢ r[j][i] q[i] up to the tolerance. */
  readonly r: Float64Array[];
}

/**
 * Thin QR of a few long columns by repeated classical Gram–Schmidt: orthonormal to rounding.
 * A column whose part outside the ones before it is below `tolerance` is left out of q: q has then
 * fewer columns than were given, and the dropped remainder is at most `tolerance`.
 *
 * Cost: 2–4 n k² flops.
 *
 * @param columns k vectors of length n; left as they are
 * @param tolerance absolute; default 100 ε times the longest column
 *
 * @example
 * thinQr([Float64Array.of(3, 4)]).r[0]; // [5]
 */
export function thinQr(columns: readonly Float64Array[], tolerance?: number): ThinQr {
  const longest = columns.reduce((most, column) => Math.max(most, norm2(column)), 0);
  const threshold = tolerance ?? 100 * Number.EPSILON * longest;
  const q: Float64Array[] = [];
  const coefficients = columns.map((column) => extendBasis(q, Float64Array.from(column), threshold));
  const r = coefficients.map((taken) => {
    const full = new Float64Array(q.length);
    full.set(taken);
    return full;
  });
  return { q, r };
}

/**
 * Makes a vector orthonormal to a basis, in place, and appends it; where its part outside of the basis is below the threshold,
 * it is left out. Cost: 4–8 n k flops.
 *
 * @returns its coefficients in the basis as it then is
 */
export function extendBasis(q: Float64Array[], vector: Float64Array, threshold: number): Float64Array {
  const taken = orthogonalize(q, vector).coefficients;
  const length = norm2(vector);
  if (length <= threshold) return taken;
  scale(1 / length, vector);
  // A remainder that was mostly rounding is not orthogonal any more once it is stretched.
  orthogonalize(q, vector);
  scale(1 / norm2(vector), vector);
  q.push(vector);
  const withOwn = new Float64Array(taken.length + 1);
  withOwn.set(taken);
  withOwn[taken.length] = length;
  return withOwn;
}
