import { identityMatrix, timesTransposed, transposed } from "../linalg/dense.ts";
import { polarFactor } from "../linalg/polar-factor.ts";
import type { Freedom } from "../graph/unit-freedom.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Symmetry } from "./symmetry.ts";
import { exchange, type GroupElement, identityOrder, linearMap, rotation, type UnitMap } from "./unit-map.ts";

/** Spread of the logarithms of random scales. */
const SPREAD = 0.3;

/**
 * A random element of the group: every class through random maps of all that it is free for. Applied to the parameters,
 * it must leave the outputs as they are, which proves the symmetry.
 */
export function randomElement(symmetry: Symmetry, random: RandomStream): GroupElement {
  return symmetry.classes.map(({ extent, freedom, places }, units) => {
    const stream = random.split(`units ${units}`);
    const count = places === undefined ? 1 : symmetry.classes[places].extent;
    return Array.from({ length: count }, (_, place) => randomMap(extent, freedom, stream.split(`place ${place}`)));
  });
}

function randomMap(n: number, freedom: Freedom, random: RandomStream): UnitMap {
  const scales = () => random.normalVector(n).map((x) => Math.exp(SPREAD * x));
  switch (freedom) {
    case "fixed":
      return exchange(identityOrder(n));
    case "scaling":
    case "positive scaling":
      return exchange(identityOrder(n), scales());
    case "permutation":
      return exchange(random.permutation(n));
    case "monomial":
      return exchange(random.permutation(n), scales());
    case "orthogonal":
      return rotation(polarFactor(random.normalVector(n * n), n));
    case "centred":
      return rotation(aboutOnes(random.normalVector(n * n), n));
    case "general": {
      const [left, right] = [0, 1].map(() => polarFactor(random.normalVector(n * n), n));
      const stretched = right.slice();
      scales().forEach((scale, i) => {
        for (let j = 0; j < n; j++) stretched[i * n + j] *= scale;
      });
      return linearMap(timesTransposed(left, transposed(stretched, n), n), n);
    }
  }
}

/**
 * The orthogonal matrix nearest to a square one among those that leave the vector of ones where it is: the polar factor
 * of what is left of it beside ones, with ones put in their place.
 */
export function aboutOnes(matrix: Float64Array, n: number): Float64Array {
  const centre = identityMatrix(n).map((x) => x - 1 / n);
  const beside = timesTransposed(timesTransposed(centre, transposed(matrix, n), n), centre, n);
  const size = Math.sqrt(beside.reduce((sum, x) => sum + x * x, 0)) || 1;
  return polarFactor(
    beside.map((x) => x + size / n),
    n,
  );
}
