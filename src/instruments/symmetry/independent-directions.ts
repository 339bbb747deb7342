import { hypotOf } from "../../util/extremes.ts";

import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";

/** A direction that is zero outside of few coordinates. */
export interface SparseDirection {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

/** Directions of one symmetry, whose coordinates do not overlap, and the tensors that they lie in. */
export interface DirectionFamily {
  readonly tensors: readonly string[];
  readonly directions: readonly SparseDirection[];
}

/** More directions than these are not compared all with all. */
const MOST_COMPARED = 512;
/** Eigenvalues of the Gram matrix of unit vectors below this are rounding. */
const DEPENDENT = 1e-10;

/**
 * How many linearly independent directions the families hold together: the rank of their Gram matrix, or,
 * where they are too many for it, the number in families that share no tensor, which is a lower bound.
 *
 * Cost: m² inner products for m directions, m ≤ 512.
 */
export function independentDirections(
  families: readonly DirectionFamily[],
  dimension: number,
): { readonly count: number; readonly isBound: boolean } {
  const all = families.flatMap(({ directions }) => directions);
  if (all.length === 0) return { count: 0, isBound: false };
  if (all.length <= MOST_COMPARED) return { count: gramRank(all, dimension), isBound: false };
  const taken = new Set<string>();
  let count = 0;
  for (const { tensors, directions } of families.toSorted((a, b) => b.directions.length - a.directions.length)) {
    if (tensors.some((name) => taken.has(name))) continue;
    for (const name of tensors) taken.add(name);
    count += directions.length;
  }
  return { count, isBound: true };
}

function gramRank(directions: readonly SparseDirection[], dimension: number): number {
  const m = directions.length;
  const lengths = directions.map(({ values }) => hypotOf(values));
  const gram = new Float64Array(m * m);
  const spread = new Float64Array(dimension);
  directions.forEach(({ indices, values }, i) => {
    indices.forEach((at, k) => (spread[at] = values[k]));
    for (let j = 0; j <= i; j++) {
      const other = directions[j];
      const product = other.indices.reduce((sum, at, k) => sum + other.values[k] * spread[at], 0);
      gram[i * m + j] = gram[j * m + i] = product / (lengths[i] * lengths[j]);
    }
    for (const at of indices) spread[at] = 0;
  });
  return symmetricEigen(gram, m, false).values.filter((value) => value > DEPENDENT).length;
}
