import { meanOf } from "../../linalg/vector.ts";
import { distanceOf } from "./distance-of.ts";
import { semicircleBelow } from "./goe.ts";

/** Steps of each search: centres among the values, and radii over so many powers of ten below their range. */
const [CENTRES, RADII, DECADES, ROUNDS] = [21, 41, 6, 6];

/** A semicircle beside values. */
interface Fit {
  /** Kolmogorov–Smirnov: the largest difference of the two distributions. */
  readonly distance: number;
  readonly centre: number;
  readonly radius: number;
}

/**
 * The semicircle of any centre and radius that is nearest to ascending values, by search on ever finer grids. Cost: about 5000 times
 * the values. The least distance is below by what the last grid cannot tell.
 *
 * @example
 * bestSemicircle(Float64Array.of(-1, -0.5, 0, 0.5, 1)).centre; // 0
 */
export function bestSemicircle(values: Float64Array): Fit {
  const at = (centre: number, radius: number) => fitAt(values, centre, radius);
  const range = values[values.length - 1] - values[0];
  const rank = (share: number) => values[Math.round(share * (values.length - 1))];
  let best = at(rank(0.5), range);
  for (let c = 0; c < CENTRES; c++)
    for (let r = 0; r < RADII; r++)
      best = nearer(best, at(rank(c / (CENTRES - 1)), range * 10 ** ((-DECADES * r) / (RADII - 1))));
  let [wide, factor] = [best.radius / 2, 10 ** (DECADES / (RADII - 1))];
  for (let round = 0; round < ROUNDS; round++) {
    const { centre, radius } = best;
    for (let c = -5; c <= 5; c++)
      for (let r = -5; r <= 5; r++) best = nearer(best, at(centre + (c * wide) / 5, radius * factor ** (r / 5)));
    wide /= 2;
    factor = Math.sqrt(factor);
  }
  return best;
}

/** The semicircle with the mean and the variance of ascending values: what a random matrix with their trace and Frobenius norm has. */
export function equalSemicircle(values: Float64Array): Fit {
  const centre = meanOf(values);
  const radius = 2 * Math.sqrt(meanOf(values.map((value) => (value - centre) ** 2)));
  return fitAt(values, centre, radius);
}

function fitAt(values: Float64Array, centre: number, radius: number): Fit {
  return { distance: distanceOf(values, (t) => semicircleBelow((2 * (t - centre)) / radius)), centre, radius };
}

function nearer(a: Fit, b: Fit): Fit {
  return b.distance < a.distance ? b : a;
}
