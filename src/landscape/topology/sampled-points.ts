import { inputError } from "../../files/input-error.ts";
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

/**
 * Random directions, each filter as long as its weights, so that the coordinates have one meaning in all layers.
 *
 * @throws input error `zero-direction` where all weights are 0: every point would be the weights themselves;
 *   `dependent-directions` where there are more of them than weights that move
 */
export function directionsOf(problem: Problem, { dimensions }: Sampling, random: RandomStream): Float64Array[] {
  const theta = problem.point.parameters;
  const filters = filtersOf(problem);
  const directions = Array.from({ length: dimensions }, (_, i) =>
    normalized(random.split(`axis ${i}`).normalVector(theta.length), theta, filters, filterNormalization, false),
  );
  const moving = theta.reduce(
    (count, _, i) => (directions.some((direction) => direction[i] !== 0) ? count + 1 : count),
    0,
  );
  if (moving > 0 && moving < dimensions)
    throw inputError(
      "dependent-directions",
      `There are ${dimensions} directions, and ${moving} ${moving === 1 ? "weight that moves" : "weights that move"}: offsets and what is frozen do not. The same point would have many coordinates.`,
      {},
      `Ask for at most --dimensions ${moving}.`,
    );
  if (directions.every((direction) => norm2(direction) > 0)) return directions;
  throw inputError(
    "zero-direction",
    "The directions have no length: the weights that they go with are all 0, or only offsets move, which are left out.",
    {},
    "Choose weights that are not all 0.",
  );
}
