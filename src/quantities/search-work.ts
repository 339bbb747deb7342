import { type ExtremalOptions, projectionsOfSearch } from "../estimators/extremal-eigenpairs.ts";
import { PRODUCTS_OF_ROUNDING } from "../estimators/measure-rounding.ts";
import type { Work } from "../problem/work.ts";
import type { Setting } from "./setting.ts";

/**
 * What a search for eigenpairs takes besides its products: its vectors are kept orthogonal; and in float64 what rounding
 * hides is measured and every pair is proven.
 *
 * @param factors products that one of the matrix is made of
 */
export function workOfSearch(
  { problem: { point } }: Setting,
  ends: Pick<ExtremalOptions, "largest" | "smallest" | "blockSize">,
  factors = 1,
): Work {
  const pairs = (ends.largest ?? 1) + (ends.smallest ?? 0);
  return {
    projections: projectionsOfSearch(point, ends),
    wideProducts: point.hasFloat64 ? factors * (PRODUCTS_OF_ROUNDING + Math.min(point.dimension, pairs)) : 0,
  };
}
