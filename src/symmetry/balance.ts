import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { timesTransposed, transposed } from "../linalg/dense.ts";
import { sizeOf } from "../util/tensor.ts";
import { GROUP_MAPS } from "./group-maps.ts";
import type { NetworkSymmetry, Symmetry, UnitDimension } from "./symmetry.ts";
import { elementsOf, putElements } from "./tensor-elements.ts";
import {
  applyElement,
  applyToTensor,
  eachRun,
  exchange,
  type GroupElement,
  identityElement,
  identityOrder,
  inverseElement,
  type UnitMap,
} from "./unit-map.ts";
import { maxOf } from "../util/extremes.ts";

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
 * Gains that what stands behind them cannot take over, by name: with an element that is 0 beside the others, or below 0
 * where only positive scales pass.
 *
 * @param theta the parameters of a network
 */
export function gainsThatStay({ gains }: NetworkSymmetry, theta: Float64Array): string[] {
  const staying = gains.tensors.filter(({ isGain, offset, dimensions: [{ extent, units }] }) => {
    if (isGain !== true || units === undefined) return false;
    const takesSigns = gains.classes[units].freedom === "scaling";
    const gain = theta.subarray(offset, offset + extent);
    const largest = gain.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return !gain.every((x) => (takesSigns ? Math.abs(x) : x) > 1e-6 * largest);
  });
  return staying.map(({ name }) => name);
}

/**
 * The network with its gains 1 and each free scale and shear settled: of all that the group makes of its weights, those
 * where both sides of every product weigh the same, M P Pᵀ Mᵀ = M⁻ᵀ Q Qᵀ M⁻¹, which is where their squares sum to least
 * (Neyshabur et al. 2015 for the scales of rectified units). Two networks that differ by such maps have one balanced form, up
 * to exchanges and rotations. The map is the root of the geometric mean of (P Pᵀ)⁻¹ and Q Qᵀ.
 *
 * Cost: a few hundred eigenproblems of the size of a class at most; classes of rectified units need none.
 */
export function balance({ symmetry, gains }: NetworkSymmetry, theta: Float64Array): Balanced {
  const ones = gains.classes.length > 0 ? unitGains(gains, theta) : [];
  const current = applyElement(gains, ones, theta);
  const settled = symmetry.classes.map(({ freedom }) => GROUP_MAPS[freedom].settled);
  const free = [...symmetry.classes.keys()].filter((units) => settled[units] !== "nothing");
  // Maps of different classes change different axes, in whatever order; those of one follow each other.
  const whole = identityElement(symmetry);
  for (let sweep = 0, change = Infinity; sweep < MOST_SWEEPS && change > SETTLED && free.length > 0; sweep++) {
    change = 0;
    for (const units of free) {
      const { maps, distance } = balancing(symmetry, current, units);
      change = Math.max(change, distance);
      if (distance > 0) sendThrough(symmetry, current, units, maps);
      const n = symmetry.classes[units].extent;
      whole[units] = maps.map((map, place) => followed(whole[units][place], map, n));
    }
  }
  const [undone, gained] = [inverseElement(symmetry, whole), inverseElement(gains, ones)];
  return {
    theta: current,
    back: (moved) => applyElement(gains, gained, applyElement(symmetry, undone, moved)),
  };
}

/** Sends parameters through the maps of one class, where they lie. */
function sendThrough(symmetry: Symmetry, theta: Float64Array, units: number, maps: readonly UnitMap[]): void {
  const element = identityElement(symmetry);
  element[units] = [...maps];
  const scales = maps.map((map) => ("order" in map ? map.scales : undefined));
  eachSide(symmetry, theta, units, (data, dimensions, at) => {
    if (scales.includes(undefined)) {
      data.set(applyToTensor(symmetry, element, data, dimensions, (other) => other !== at));
      return;
    }
    const { extent, dual } = dimensions[at];
    const factors = scales.map((each = new Float64Array(extent).fill(1)) => (dual ? each.map((x) => 1 / x) : each));
    eachRun(extentsOf(dimensions), at, placesAt(symmetry, units, dimensions), ({ base, length, stride, place }) => {
      const own = factors[place];
      // Runs of one element are most of all where units lie along the last axis.
      if (length === 1) {
        for (let unit = 0, i = base; unit < extent; unit++, i += stride) data[i] *= own[unit];
        return;
      }
      for (let unit = 0; unit < extent; unit++) {
        const factor = own[unit];
        const from = base + unit * stride;
        for (let i = from; i < from + length; i++) data[i] *= factor;
      }
    });
  });
}

/** The dimension that counts the places of a class; undefined where it has none. */
function placesAt({ classes }: Symmetry, units: number, dimensions: readonly UnitDimension[]): number | undefined {
  const { places } = classes[units];
  return places === undefined ? undefined : dimensions.findIndex((other) => other.units === places);
}

function extentsOf(dimensions: readonly UnitDimension[]): number[] {
  return dimensions.map(({ extent }) => extent);
}

/** One map after another: scales with scales, shears with shears, in units that stay where they are. */
function followed(first: UnitMap, then: UnitMap, n: number): UnitMap {
  if ("matrix" in then) {
    if (!("matrix" in first)) return then;
    return {
      matrix: timesTransposed(then.matrix, transposed(first.matrix, n), n),
      dual: timesTransposed(then.dual, transposed(first.dual, n), n),
    };
  }
  if ("matrix" in first || then.scales === undefined) return first;
  const { scales } = then;
  return exchange(then.order, first.scales ? first.scales.map((x, i) => x * scales[i]) : scales);
}

/** The scales that make every gain 1: of each class, the reciprocals of its gain. */
function unitGains(gains: Symmetry, theta: Float64Array): GroupElement {
  return gains.classes.map(({ extent }, units) => {
    const gain = gains.tensors.find(({ dimensions, isGain }) => isGain === true && dimensions[0].units === units);
    const scales = new Float64Array(extent).fill(1);
    if (gain) {
      const [{ dual }] = gain.dimensions;
      for (let i = 0; i < extent; i++) scales[i] = theta[gain.offset + i] ** (dual ? 1 : -1);
    }
    return [exchange(identityOrder(extent), scales)];
  });
}

/** The maps that balance one class, and how far they are from the identity. */
function balancing(symmetry: Symmetry, theta: Float64Array, units: number): { maps: UnitMap[]; distance: number } {
  const { classes } = symmetry;
  const { freedom, places } = classes[units];
  const { settled } = GROUP_MAPS[freedom];
  const count = places === undefined ? 1 : classes[places].extent;
  const maps: UnitMap[] = [];
  let distance = 0;
  for (let place = 0; place < count; place++) {
    const map = (settled === "scales" ? balancingScales : balancingShear)(symmetry, theta, units, place);
    maps.push(map.map);
    distance = Math.max(distance, map.distance);
  }
  return { maps, distance };
}

/** Shows every tensor's dimension that holds units of a class; what becomes of the elements shown becomes of the parameters. */
function eachSide(
  { tensors }: Symmetry,
  theta: Float64Array,
  units: number,
  visit: (data: Float64Array, dimensions: readonly UnitDimension[], at: number) => void,
): void {
  for (const tensor of tensors) {
    tensor.dimensions.forEach((each, at) => {
      if (each.units !== units) return;
      const elements = elementsOf(tensor, theta);
      visit(elements, tensor.dimensions, at);
      if (tensor.strides) putElements(tensor, elements, theta);
    });
  }
}

interface Balancing {
  readonly map: UnitMap;
  readonly distance: number;
}

/**
 * How often a class stands in one tensor: its map acts so often there, so that a step is to be taken by a root of it, or
 * steps would go farther beyond each time.
 */
function mostOften({ tensors }: Symmetry, units: number): number {
  return maxOf(tensors.map(({ dimensions }) => dimensions.filter((each) => each.units === units).length));
}

/** s⁴ = Σ q² / Σ p² for each unit, p where its scale stands and q where the reciprocal does. */
function balancingScales(symmetry: Symmetry, theta: Float64Array, units: number, place: number): Balancing {
  const { extent: n } = symmetry.classes[units];
  const [p, q] = [new Float64Array(n), new Float64Array(n)];
  eachSide(symmetry, theta, units, (data, dimensions, at) => {
    const sums = dimensions[at].dual ? q : p;
    eachRun(extentsOf(dimensions), at, placesAt(symmetry, units, dimensions), (run) => {
      if (run.place !== place) return;
      if (run.length === 1) {
        for (let unit = 0, i = run.base; unit < n; unit++, i += run.stride) sums[unit] += data[i] * data[i];
        return;
      }
      for (let unit = 0; unit < n; unit++) {
        const from = run.base + unit * run.stride;
        let sum = 0;
        for (let i = from; i < from + run.length; i++) sum += data[i] * data[i];
        sums[unit] += sum;
      }
    });
  });
  let distance = 0;
  const power = 1 / mostOften(symmetry, units);
  const scales = p.map((own, i) => {
    const scale = own > 0 && q[i] > 0 ? Math.sqrt(Math.sqrt(q[i] / own)) ** power : 1;
    distance = Math.max(distance, Math.abs(scale - 1));
    return scale;
  });
  return { map: exchange(identityOrder(n), scales), distance };
}

/** M = S^½ for S = P^−½ (P^½ Q P^½)^½ P^−½, which solves S P S = Q. */
function balancingShear(symmetry: Symmetry, theta: Float64Array, units: number, place: number): Balancing {
  const { extent: n, places } = symmetry.classes[units];
  const [p, q] = [new Float64Array(n * n), new Float64Array(n * n)];
  eachSide(symmetry, theta, units, (data, dimensions, at) => {
    const along = places === undefined ? -1 : dimensions.findIndex((other) => other.units === places);
    const rows = rowsAt(data, dimensions, at, along, place);
    const sum = dimensions[at].dual ? q : p;
    timesTransposed(rows, rows, rows.length / n).forEach((x, i) => {
      sum[i] += x;
    });
  });
  const root = powersOf(p, n, [0.5, -0.5]);
  const none = { map: exchange(identityOrder(n)), distance: 0 };
  if (!root || !powersOf(q, n, [0.5])) return none;
  const [half, inverse] = root;
  const between = between3(half, q, n);
  const middle = powersOf(between, n, [0.5]);
  const squared = middle && between3(inverse, middle[0], n);
  const power = 0.5 / mostOften(symmetry, units);
  const both = squared && powersOf(squared, n, [power, -power]);
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
  if (along < 0 && at === 0) return data;
  const extents = dimensions.map(({ extent }) => extent);
  const strides = extents.map((_, each) => sizeOf(extents.slice(each + 1)));
  const rows = new Float64Array(along < 0 ? data.length : data.length / extents[along]);
  const width = rows.length / extents[at];
  const filled = new Uint32Array(extents[at]);
  // A run of elements belongs to one unit.
  for (let from = 0; from < data.length; from += strides[at]) {
    const unit = (from / strides[at]) % extents[at];
    for (let i = from; i < from + strides[at]; i++) {
      if (along >= 0 && Math.floor(i / strides[along]) % extents[along] !== place) continue;
      rows[unit * width + filled[unit]++] = data[i];
    }
  }
  return rows;
}
