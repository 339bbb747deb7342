import { inverseOf, transposed } from "../linalg/dense.ts";
import { sizeOf } from "../util/tensor.ts";
import type { Symmetry, UnitDimension } from "./symmetry.ts";
import { elementsOf, putElements } from "./tensor-elements.ts";

/** Unit i becomes what unit order[i] was, times scales[i]. */
export interface Exchange {
  readonly order: Uint32Array;
  readonly scales: Float64Array | undefined;
}

/** x becomes Mx; on the other side of a product y becomes M⁻ᵀy. */
export interface LinearMap {
  /** M, row-major. */
  readonly matrix: Float64Array;
  /** M⁻ᵀ, row-major. */
  readonly dual: Float64Array;
}

export type UnitMap = Exchange | LinearMap;

/** An element of the group: for each class its maps, one for each place where it has places, else one. */
export type GroupElement = readonly (readonly UnitMap[])[];

export function exchange(order: Uint32Array, scales?: Float64Array): Exchange {
  return { order, scales };
}

/** A rotation is its own dual. */
export function rotation(matrix: Float64Array): LinearMap {
  return { matrix, dual: matrix };
}

/** @throws RangeError for a matrix that has no inverse */
export function linearMap(matrix: Float64Array, n: number): LinearMap {
  const inverse = inverseOf(matrix, n);
  if (!inverse) throw new RangeError("a map of units has no inverse");
  return { matrix, dual: transposed(inverse, n) };
}

export function identityOrder(n: number): Uint32Array {
  return Uint32Array.from({ length: n }, (_, i) => i);
}

export function identityElement({ classes }: Symmetry): UnitMap[][] {
  return classes.map(({ extent, places }) => {
    const count = places === undefined ? 1 : classes[places].extent;
    return Array.from({ length: count }, () => exchange(identityOrder(extent)));
  });
}

export function inverseMap(map: UnitMap, n: number): UnitMap {
  if ("order" in map) {
    const order = new Uint32Array(n);
    const scales = map.scales && new Float64Array(n);
    map.order.forEach((from, i) => {
      order[from] = i;
      if (scales && map.scales) scales[from] = 1 / map.scales[i];
    });
    return { order, scales };
  }
  return { matrix: transposed(map.dual, n), dual: transposed(map.matrix, n) };
}

/** The element that undoes one of maps that have no places, or whose places stay where they are. */
export function inverseElement(symmetry: Symmetry, element: GroupElement): GroupElement {
  return element.map((maps, units) => maps.map((map) => inverseMap(map, symmetry.classes[units].extent)));
}

/**
 * A flat vector of parameters sent through an element. Maps of places come first, then the places are exchanged.
 * Cost: one pass over the parameters for an exchange; n multiplications an element for a linear map of n units.
 */
export function applyElement(symmetry: Symmetry, element: GroupElement, theta: Float64Array): Float64Array {
  const moved = theta.slice();
  for (const tensor of symmetry.tensors)
    putElements(tensor, applyToTensor(symmetry, element, elementsOf(tensor, theta), tensor.dimensions), moved);
  return moved;
}

/** The same for one tensor; the dimensions that `skips` names stay as they are. */
export function applyToTensor(
  symmetry: Symmetry,
  element: GroupElement,
  data: Float64Array,
  dimensions: readonly UnitDimension[],
  skips: (dimension: number) => boolean = () => false,
): Float64Array {
  const order = dimensions
    .flatMap(({ units }, at) => (units === undefined || skips(at) ? [] : [{ units, at }]))
    .sort(
      (a, b) =>
        Number(symmetry.classes[a.units].places === undefined) - Number(symmetry.classes[b.units].places === undefined),
    );
  let current = data;
  for (const { units, at } of order) {
    const { places } = symmetry.classes[units];
    const along = places === undefined ? undefined : dimensions.findIndex((each) => each.units === places);
    current = alongDimension(current, dimensions, at, along, element[units]);
  }
  return current === data ? data.slice() : current;
}

function alongDimension(
  data: Float64Array,
  dimensions: readonly UnitDimension[],
  at: number,
  along: number | undefined,
  maps: readonly UnitMap[],
): Float64Array {
  const extents = dimensions.map(({ extent }) => extent);
  const { extent: n, dual } = dimensions[at];
  if (maps.every((map) => isIdentity(map))) return data;
  const moved = new Float64Array(data.length);
  eachRun(extents, at, along, (run) => {
    const { base, length, stride, place } = run;
    const map = maps[place];
    if ("order" in map) {
      for (let k = 0; k < n; k++) {
        const scale = map.scales ? (dual ? 1 / map.scales[k] : map.scales[k]) : 1;
        const [to, from] = [base + k * stride, base + map.order[k] * stride];
        for (let i = 0; i < length; i++) moved[to + i] = scale * data[from + i];
      }
      return;
    }
    multiplyRun(dual ? map.dual : map.matrix, n, run, data, moved);
  });
  return moved;
}

/**
 * The n units of a run through a matrix. Four units are added to a sum while it is at hand, one after the other: what a sum is
 * rounded to does not depend on it.
 */
function multiplyRun(
  matrix: Float64Array,
  n: number,
  { base, length, stride }: Run,
  data: Float64Array,
  moved: Float64Array,
): void {
  for (let k = 0; k < n; k++) {
    const row = k * n;
    const to = base + k * stride;
    let j = 0;
    if (length === 1) {
      let sum = 0;
      for (let from = base; j < n; j++, from += stride) sum += matrix[row + j] * data[from];
      moved[to] = sum;
    }
    for (; j + 4 <= n; j += 4) {
      const [a, b, c, d] = [matrix[row + j], matrix[row + j + 1], matrix[row + j + 2], matrix[row + j + 3]];
      const first = base + j * stride;
      const [second, third, fourth] = [first + stride, first + 2 * stride, first + 3 * stride];
      for (let i = 0; i < length; i++)
        moved[to + i] =
          moved[to + i] + a * data[first + i] + b * data[second + i] + c * data[third + i] + d * data[fourth + i];
    }
    for (; j < n; j++) {
      const factor = matrix[row + j];
      const from = base + j * stride;
      for (let i = 0; i < length; i++) moved[to + i] += factor * data[from + i];
    }
  }
}

/** Elements that lie side by side, the same for every unit of a dimension, and go through one map. */
export interface Run {
  /** Where those of the first unit begin. */
  readonly base: number;
  readonly length: number;
  /** From those of one unit to those of the next. */
  readonly stride: number;
  /** The place whose map it is; 0 where there is one for all. */
  readonly place: number;
}

/**
 * Shows every run of a tensor along a dimension, in the order of memory.
 *
 * @param along the dimension that counts the places
 */
export function eachRun(
  extents: readonly number[],
  at: number,
  along: number | undefined,
  visit: (run: Run) => void,
): void {
  const stride = sizeOf(extents.slice(at + 1));
  const outer = sizeOf(extents.slice(0, at));
  // How many elements further the next place lies, among those before the dimension or behind it.
  const step = along === undefined ? 1 : sizeOf(extents.slice(along + 1, along < at ? at : undefined));
  const length = along === undefined || along < at ? stride : step;
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < stride; i += length) {
      const place = along === undefined ? 0 : Math.floor((along < at ? o : i) / step) % extents[along];
      visit({ base: o * extents[at] * stride + i, length, stride, place });
    }
}

function isIdentity(map: UnitMap): boolean {
  return "order" in map && map.scales === undefined && map.order.every((from, i) => from === i);
}
