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
export type Freedom =
  | "general"
  | "orthogonal"
  | "centred"
  | "monomial"
  | "permutation"
  | "scaling"
  | "positive scaling"
  | "fixed";

/** What a group is made of: two groups have in common what both are made of. */
const EXCHANGES = 1;
const ROTATIONS_ABOUT_ONES = 2;
const ROTATIONS = 4;
const SCALES = 8;
const SHEARS = 16;
const SIGNS = 32;

const MADE_OF: Readonly<Record<Freedom, number>> = {
  general: EXCHANGES | ROTATIONS_ABOUT_ONES | ROTATIONS | SCALES | SHEARS | SIGNS,
  orthogonal: EXCHANGES | ROTATIONS_ABOUT_ONES | ROTATIONS | SIGNS,
  centred: EXCHANGES | ROTATIONS_ABOUT_ONES,
  monomial: EXCHANGES | SCALES,
  permutation: EXCHANGES,
  scaling: SCALES | SIGNS,
  "positive scaling": SCALES,
  fixed: 0,
};

const FREEDOMS: readonly Freedom[] = [
  "general",
  "orthogonal",
  "centred",
  "monomial",
  "permutation",
  "scaling",
  "positive scaling",
  "fixed",
];

/**
 * The largest of these groups that lies in both.
 *
 * @example
 * commonFreedom("orthogonal", "monomial"); // "permutation"
 * commonFreedom("scaling", "monomial"); // "positive scaling"
 */
export function commonFreedom(a: Freedom, b: Freedom): Freedom {
  const both = MADE_OF[a] & MADE_OF[b];
  return FREEDOMS.find((each) => MADE_OF[each] === both) ?? "fixed";
}

/** Whether every map of one group is in another. */
export function isWithin(inner: Freedom, outer: Freedom): boolean {
  return (MADE_OF[inner] & MADE_OF[outer]) === MADE_OF[inner];
}

/** Whether it scales units, and does nothing else. */
export function isScaling(freedom: Freedom): boolean {
  return freedom === "scaling" || freedom === "positive scaling";
}
