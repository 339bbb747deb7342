/**
 * What takes the time of a run, over all examples: products of a matrix with a vector, gradients, losses, the lengths of
 * the gradients of all examples, each in the arithmetic of the problem and in float64; weights that are moved and opened there,
 * likewise; vectors that are made orthogonal, counted by the basis vectors that they are compared with; and other passes over
 * vectors of all parameters, counted as sums of two of them.
 */
export const WORK_KINDS = [
  "products",
  "gradients",
  "losses",
  "exampleNorms",
  "wideProducts",
  "wideGradients",
  "wideLosses",
  "wideExampleNorms",
  "points",
  "widePoints",
  "projections",
  "vectors",
] as const;

export type WorkKind = (typeof WORK_KINDS)[number];

/** How much of each there is to do; none of what is absent. */
export type Work = Readonly<Partial<Record<WorkKind, number>>>;

/** A vector of normal numbers takes about as long to draw as so many passes over vectors. */
export const PASSES_TO_DRAW = 10;

/**
 * @example
 * plus({ products: 2 }, times(3, { products: 1, losses: 4 })); // { products: 5, losses: 12 }
 */
export function plus(...works: readonly Work[]): Work {
  const sum: Partial<Record<WorkKind, number>> = {};
  for (const work of works)
    for (const kind of WORK_KINDS) {
      const more = work[kind];
      if (more !== undefined) sum[kind] = (sum[kind] ?? 0) + more;
    }
  return sum;
}

/** The same so many times, or a part of it. */
export function times(factor: number, work: Work): Work {
  const product: Partial<Record<WorkKind, number>> = {};
  for (const kind of WORK_KINDS) {
    const each = work[kind];
    if (each !== undefined) product[kind] = factor * each;
  }
  return product;
}
