/**
 * The linear maps that the units along an axis may be sent through while the network stays the same function:
 *
 * - general: any invertible map;
 * - orthogonal: rotations and reflections;
 * - centred: those that leave the vector of ones where it is, and so the mean;
 * - monomial: exchanges with positive scales;
 * - permutation: exchanges;
 * - scaling: scales that are not zero, each unit staying where it is;
 * - positive scaling: scales above zero, which rectifiers let pass;
 * - fixed: none.
 */
export type Freedom = (typeof GROUPS)[number]["name"];

/* What a group is made of: two groups have in common what both are made of. */
const EXCHANGES = 1;
const ROTATIONS_ABOUT_ONES = 2;
const ROTATIONS = 4;
const SCALES = 8;
const SHEARS = 16;
const SIGNS = 32;

const GROUPS = [
  { name: "general", madeOf: EXCHANGES | ROTATIONS_ABOUT_ONES | ROTATIONS | SCALES | SHEARS | SIGNS },
  { name: "orthogonal", madeOf: EXCHANGES | ROTATIONS_ABOUT_ONES | ROTATIONS | SIGNS },
  { name: "centred", madeOf: EXCHANGES | ROTATIONS_ABOUT_ONES },
  { name: "monomial", madeOf: EXCHANGES | SCALES },
  { name: "permutation", madeOf: EXCHANGES },
  { name: "scaling", madeOf: SCALES | SIGNS },
  { name: "positive scaling", madeOf: SCALES },
  { name: "fixed", madeOf: 0 },
] as const;

const MADE_OF = new Map<Freedom, number>(GROUPS.map(({ name, madeOf }) => [name, madeOf]));

function madeOf(freedom: Freedom): number {
  return MADE_OF.get(freedom) ?? 0;
}

/**
 * The largest of these groups that lies in both.
 *
 * @example
 * commonFreedom("orthogonal", "monomial"); // "permutation"
 * commonFreedom("scaling", "monomial"); // "positive scaling"
 */
export function commonFreedom(a: Freedom, b: Freedom): Freedom {
  const both = madeOf(a) & madeOf(b);
  return GROUPS.find((each) => each.madeOf === both)?.name ?? "fixed";
}

/** Whether every map of one group is in another. */
export function isWithin(inner: Freedom, outer: Freedom): boolean {
  return (madeOf(inner) & madeOf(outer)) === madeOf(inner);
}

/** Whether it scales units, and does nothing else. */
export function isScaling(freedom: Freedom): boolean {
  return freedom === "scaling" || freedom === "positive scaling";
}
