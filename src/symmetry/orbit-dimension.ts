import { timesTransposed } from "../linalg/dense.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { GROUP_MAPS } from "./group-maps.ts";
import type { Symmetry } from "./symmetry.ts";
import { applyElement, identityElement, linearMap } from "./unit-map.ts";

/** Of a central difference: its error is of the order of the square. */
const STEP = 1e-4;
/** Singular values below this share of the largest, or of the size of weights, are those of differences that should be 0. */
const DEPENDENT = 1e-6;

/**
 * The dimension of the orbit of θ under the maps of a symmetry that can be gone through without a jump: the rank of the
 * tangents d/dt exp(tG)·θ over the generators G of every class. A function that the symmetry leaves alone is flat
 * along all of them wherever its gradient is 0.
 *
 * Cost: two maps of θ for each generator, n² of them for a class of n units that may be sheared, n for scales; one
 * eigenproblem of as many.
 *
 * @param known size of weights that are not 0, and what θ is off: a tangent that is no longer is that of a θ that the maps
 *   leave where it is
 */
export function orbitDimension(
  symmetry: Symmetry,
  theta: Float64Array,
  known: { readonly size: number; readonly error: number },
): number {
  const tangents: Float64Array[] = [];
  symmetry.classes.forEach(({ extent, freedom, places }, units) => {
    const count = places === undefined ? 1 : symmetry.classes[places].extent;
    for (let place = 0; place < count; place++)
      for (const generator of GROUP_MAPS[freedom].generators(extent)) {
        const moved = (t: number) => {
          const element = identityElement(symmetry);
          const matrix = generator.map((x, i) => t * x + (i % (extent + 1) === 0 ? 1 : 0));
          element[units][place] = linearMap(matrix, extent);
          return applyElement(symmetry, element, theta);
        };
        const back = moved(-STEP);
        tangents.push(moved(STEP).map((x, i) => (x - back[i]) / (2 * STEP)));
      }
  });
  const k = tangents.length;
  if (k === 0) return 0;
  const flat = new Float64Array(k * theta.length);
  tangents.forEach((tangent, i) => flat.set(tangent, i * theta.length));
  const { values } = symmetricEigen(timesTransposed(flat, flat, theta.length), k, false);
  const largest = values[k - 1];
  const least = Math.max(DEPENDENT * Math.max(Math.sqrt(largest), known.size), known.error);
  return values.filter((x) => x > least ** 2).length;
}
