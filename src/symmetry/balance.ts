import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { timesTransposed, transposed } from "../linalg/dense.ts";
import { sizeOf } from "../util/tensor.ts";
import type { NetworkSymmetry, Symmetry, UnitDimension } from "./symmetry.ts";
import {
  applyElement,
  exchange,
  type GroupElement,
  identityElement,
  identityOrder,
  inverseElement,
  type UnitMap,
} from "./unit-map.ts";

/** A network in the form that is left when scales and shears are settled, and the way there. */
export interface Balanced {
  readonly theta: Float64Array;
  /** From this form back to the network that it was made of. */
  back(theta: Float64Array): Float64Array;
}

const MOST_SWEEPS = 200;
const SETTLED = 1e-13;

/** Squares of units below this share of the largest say nothing of their direction. */
const LEAST_SQUARE = 1e-10;

/**
 * Whether a gain can be taken over by what stands behind it: none of its elements is 0 beside the others.
 *
 * @param theta the parameters of a network
 */
export function gainsCanGo({ gains }: NetworkSymmetry, theta: Float64Array): boolean {
  return gains.tensors.every(({ offset, dimensions }) => {
    if (dimensions.length !== 1) return true;
    const gain = theta.subarray(offset, offset + dimensions[0].extent);
    const largest = gain.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return gain.every((x) => Math.abs(x) > 1e-6 * largest);
  });
}

/**
 * The network with its gains 1 and each free scale and shear settled: of all that the group makes of its weights, those
 * where both sides of every product weigh the same, M P Pᵀ Mᵀ = M⁻ᵀ Q Qᵀ M⁻¹, which is where their squares sum to least
 * (Neyshabur et al. 2015 for the scales of rectified units). Two networks that differ by such maps have one balanced form, up
 * to exchanges and rotations. The map is the root of the geometric mean of (P Pᵀ)⁻¹ and Q Qᵀ.
 *
 * Cost: a few hundred eigenproblems of the size of a class at most; classes of rectified units need none.
 *
 * @param gainNames tensors of gains, which become ones
 */
export function balance({ symmetry, gains }: NetworkSymmetry, theta: Float64Array): Balanced {
  const back: ((theta: Float64Array) => Float64Array)[] = [];
  let current = theta;
  const go = (of: Symmetry, element: GroupElement) => {
    current = applyElement(of, element, current);
    const inverse = inverseElement(of, element);
    back.push((moved) => applyElement(of, inverse, moved));
  };
  if (gains.classes.length > 0) go(gains, unitGains(gains, theta));
  const free = [...symmetry.classes.keys()].filter((units) =>
    ["general", "monomial"].includes(symmetry.classes[units].freedom),
  );
  for (let sweep = 0, change = Infinity; sweep < MOST_SWEEPS && change > SETTLED && free.length > 0; sweep++) {
    change = 0;
    for (const units of free) {
      const { maps, distance } = balancing(symmetry, current, units);
      change = Math.max(change, distance);
      const element = identityElement(symmetry);
      element[units] = maps;
      go(symmetry, element);
    }
  }
  return { theta: current, back: (moved) => back.reduceRight((at, undo) => undo(at), moved) };
}

/** The scales that make every gain 1: of each class, the reciprocals of its gain. */
function unitGains(gains: Symmetry, theta: Float64Array): GroupElement {
  return gains.classes.map(({ extent }, units) => {
    const gain = gains.tensors.find(({ dimensions, isGain }) => isGain === true && dimensions[0].units === units);
    const scales = new Float64Array(extent).fill(1);
    if (gain) for (let i = 0; i < extent; i++) scales[i] = 1 / theta[gain.offset + i];
    return [exchange(identityOrder(extent), scales)];
  });
}

/** The maps that balance one class, and how far they are from the identity. */
function balancing(symmetry: Symmetry, theta: Float64Array, units: number): { maps: UnitMap[]; distance: number } {
  const { classes, tensors } = symmetry;
  const { extent: n, freedom, places } = classes[units];
  const count = places === undefined ? 1 : classes[places].extent;
  const maps: UnitMap[] = [];
  let distance = 0;
  for (let place = 0; place < count; place++) {
    const sides = [new Float64Array(n * n), new Float64Array(n * n)];
    for (const { offset, dimensions } of tensors) {
      dimensions.forEach((each, at) => {
        if (each.units !== units) return;
        const data = theta.subarray(offset, offset + sizeOf(dimensions.map(({ extent }) => extent)));
        const along = places === undefined ? -1 : dimensions.findIndex((other) => other.units === places);
        const rows = rowsAt(data, dimensions, at, along, place);
        const products = timesTransposed(rows, rows, rows.length / n);
        products.forEach((x, i) => (sides[Number(each.dual)][i] += x));
      });
    }
    const map = freedom === "monomial" ? balancingScales(sides, n) : balancingShear(sides, n);
    maps.push(map.map);
    distance = Math.max(distance, map.distance);
  }
  return { maps, distance };
}

function balancingScales([p, q]: readonly Float64Array[], n: number): { map: UnitMap; distance: number } {
  let distance = 0;
  const scales = Float64Array.from({ length: n }, (_, i) => {
    const [own, dual] = [p[i * (n + 1)], q[i * (n + 1)]];
    const scale = own > 0 && dual > 0 ? Math.sqrt(Math.sqrt(dual / own)) : 1;
    distance = Math.max(distance, Math.abs(scale - 1));
    return scale;
  });
  return { map: exchange(identityOrder(n), scales), distance };
}

/** M = S^½ for S = P^−½ (P^½ Q P^½)^½ P^−½, which solves S P S = Q. */
function balancingShear([p, q]: readonly Float64Array[], n: number): { map: UnitMap; distance: number } {
  const root = powersOf(p, n, [0.5, -0.5]);
  const none = { map: exchange(identityOrder(n)), distance: 0 };
  if (!root || !powersOf(q, n, [0.5])) return none;
  const [half, inverse] = root;
  const between = between3(half, q, n);
  const middle = powersOf(between, n, [0.5]);
  const squared = middle && between3(inverse, middle[0], n);
  const both = squared && powersOf(squared, n, [0.5, -0.5]);
  if (!both) return none;
  const [matrix, dual] = both;
  let distance = 0;
  matrix.forEach((x, i) => (distance = Math.max(distance, Math.abs(x - (i % (n + 1) === 0 ? 1 : 0)))));
  return { map: { matrix, dual }, distance };
}

/** A B A for symmetric matrices. */
function between3(a: Float64Array, b: Float64Array, n: number): Float64Array {
  return timesTransposed(timesTransposed(a, transposed(b, n), n), transposed(a, n), n);
}

/** Powers of a positive definite matrix; undefined for one that is not, to rounding. */
function powersOf(matrix: Float64Array, n: number, exponents: readonly number[]): Float64Array[] | undefined {
  const symmetric = matrix.map((x, i) => (x + matrix[(i % n) * n + Math.floor(i / n)]) / 2);
  const { values, vectors } = symmetricEigen(symmetric, n, true);
  if (!(values[0] > LEAST_SQUARE * values[n - 1])) return undefined;
  return exponents.map((exponent) => {
    const power = new Float64Array(n * n);
    vectors.forEach((vector, k) => {
      const scale = values[k] ** exponent;
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) power[i * n + j] += scale * vector[i] * vector[j];
    });
    return power;
  });
}

/** One row for each unit: its elements of a tensor, at one place where it has places. */
function rowsAt(
  data: Float64Array,
  dimensions: readonly UnitDimension[],
  at: number,
  along: number,
  place: number,
): Float64Array {
  const extents = dimensions.map(({ extent }) => extent);
  const n = extents[at];
  const strides = extents.map((_, each) => sizeOf(extents.slice(each + 1)));
  const rows: number[][] = Array.from({ length: n }, () => []);
  data.forEach((x, i) => {
    if (along >= 0 && Math.floor(i / strides[along]) % extents[along] !== place) return;
    rows[Math.floor(i / strides[at]) % n].push(x);
  });
  return Float64Array.from(rows.flat());
}
