/* What a group is made of: two groups have in common what both are made of. */
const EXCHANGES = 1;
const ROTATIONS_ABOUT_ONES = 2;
const ROTATIONS = 4;
const SCALES = 8;
const SHEARS = 16;
const SIGNS = 32;

/** The groups, each before those that lie in it. */
const GROUPS = [
  /** Any invertible map. */
  { name: "general", madeOf: EXCHANGES | ROTATIONS_ABOUT_ONES | ROTATIONS | SCALES | SHEARS | SIGNS },
  /** Rotations and reflections. */
  { name: "orthogonal", madeOf: EXCHANGES | ROTATIONS_ABOUT_ONES | ROTATIONS | SIGNS },
  /** Rotations and reflections that leave the vector of ones where it is, and so the mean. */
  { name: "centred", madeOf: EXCHANGES | ROTATIONS_ABOUT_ONES },
  /** Exchanges with positive scales. */
  { name: "monomial", madeOf: EXCHANGES | SCALES },
  { name: "permutation", madeOf: EXCHANGES },
  /** Scales that are not zero, each unit staying where it is. */
  { name: "scaling", madeOf: SCALES | SIGNS },
  /** Scales above zero, which rectifiers let pass. */
  { name: "positive scaling", madeOf: SCALES },
  /** None but the identity. */
  { name: "fixed", madeOf: 0 },
] as const;

/** The linear maps that the units along an axis may be sent through while the network stays the same function. */
export type Freedom = (typeof GROUPS)[number]["name"];

/** All of them. */
export const FREEDOMS: readonly Freedom[] = GROUPS.map(({ name }) => name);

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
  return hasScales(freedom) && (madeOf(freedom) & ~(SCALES | SIGNS)) === 0;
}

/** Whether it scales units, each by a number of its own, whatever it does besides. */
export function hasScales(freedom: Freedom): boolean {
  return (madeOf(freedom) & SCALES) !== 0;
}
