import { norm2 } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { filtersOf } from "../filters.ts";
import { filterNormalization } from "../normalizations/filter.ts";
import { normalized } from "../normalize.ts";

/** How points around the weights are drawn. */
export interface Sampling {
  readonly samples: number;
  readonly dimensions: number;
  readonly radius: number;
}

/** Coordinates of points that are uniform in a ball; the first is its centre, the weights as they are. */
export function coordinatesOf({ samples, dimensions, radius }: Sampling, random: RandomStream): Float64Array[] {
  return Array.from({ length: samples }, (_, i) => {
    if (i === 0) return new Float64Array(dimensions);
    const own = random.split(`point ${i}`);
    const direction = own.normalVector(dimensions);
    const reach = (radius * own.uniform() ** (1 / dimensions)) / norm2(direction);
    return direction.map((x) => reach * x);
  });
}

/** Random directions, each filter as long as its weights, so that the coordinates have one meaning in all layers. */
export function directionsOf(problem: Problem, { dimensions }: Sampling, random: RandomStream): Float64Array[] {
  const theta = problem.point.parameters;
  const filters = filtersOf(problem);
  return Array.from({ length: dimensions }, (_, i) =>
    normalized(random.split(`axis ${i}`).normalVector(theta.length), theta, filters, filterNormalization, false),
  );
}
