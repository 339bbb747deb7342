import { assign } from "../linalg/assignment.ts";
import { timesTransposed } from "../linalg/dense.ts";
import { polarFactor } from "../linalg/polar-factor.ts";
import { dot } from "../linalg/vector.ts";
import { type Freedom, isWithin } from "../graph/unit-freedom.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import { sizeOf } from "../util/tensor.ts";
import { aboutOnes } from "./random-element.ts";
import type { Symmetry, UnitClass, UnitDimension } from "./symmetry.ts";
import { applyToTensor, exchange, type GroupElement, identityOrder, rotation, type UnitMap } from "./unit-map.ts";

/** What two networks hold in one place: weights, or what units give on examples. */
export interface Evidence {
  readonly dimensions: readonly UnitDimension[];
  readonly mine: Float64Array;
  readonly theirs: Float64Array;
}

export interface Matching {
  readonly element: GroupElement;
  /** Σ ⟨mine, element · theirs⟩ over the evidence. */
  readonly agreement: number;
  /** The agreement after each step that changed something; it never falls. */
  readonly steps: readonly number[];
}

const MOST_SWEEPS = 100;

/** A step that gains less than this share of the agreement gains nothing but rounding. */
const LEAST_GAIN = 1e-12;

/**
 * The rotations and exchanges of units that bring one network closest to another: the element of largest
 * Σ ⟨mine, element · theirs⟩, which is the one of least distance, class by class. Given the others, the best map of a class
 * is an assignment (Ainsworth et al. 2023) or the polar factor of the products of its units (Schönemann 1966); places
 * are assigned by what the best maps inside them give. A step that does not raise the agreement is not taken.
 *
 * That of the maximum found depends on the start: ask for several.
 *
 * @param start the maps to begin with
 * @param random orders the classes
 */
export async function matchUnits(
  symmetry: Symmetry,
  evidence: readonly Evidence[],
  start: GroupElement,
  random: RandomStream,
  context: RunContext = {},
): Promise<Matching> {
  const { classes } = symmetry;
  let element = start;
  let agreement = agreementOf(symmetry, evidence, element);
  const steps = [agreement];
  const prices = new Map<number, Float64Array>();
  // A class is looked at again once one that it shares a tensor with has changed.
  const stale = new Set(classes.keys());
  for (let sweep = 0; sweep < MOST_SWEEPS && stale.size > 0; sweep++) {
    for (const units of random.permutation(classes.length)) {
      throwIfInterrupted(context);
      if (!stale.delete(units)) continue;
      await context.meanwhile?.();
      const proposed = bestMaps(symmetry, evidence, element, units, prices);
      const reached = agreementOf(symmetry, evidence, proposed);
      if (!(reached > agreement + LEAST_GAIN * Math.abs(agreement))) continue;
      element = proposed;
      agreement = reached;
      steps.push(agreement);
      for (const { dimensions } of evidence) {
        const inside = dimensions.flatMap((each) => (each.units === undefined ? [] : [each.units]));
        if (inside.includes(units)) for (const other of inside) if (other !== units) stale.add(other);
      }
    }
  }
  return { element, agreement, steps };
}

/** Σ ⟨mine, element · theirs⟩. */
export function agreementOf(symmetry: Symmetry, evidence: readonly Evidence[], element: GroupElement): number {
  let sum = 0;
  for (const { dimensions, mine, theirs } of evidence)
    sum += dot(mine, applyToTensor(symmetry, element, theirs, dimensions));
  return sum;
}

/** The best maps of one class while the others stay; those inside its places go with them. */
function bestMaps(
  symmetry: Symmetry,
  evidence: readonly Evidence[],
  element: GroupElement,
  units: number,
  prices: Map<number, Float64Array>,
): (readonly UnitMap[])[] {
  const { classes } = symmetry;
  const { extent, freedom, places } = classes[units];
  const proposed = [...element];
  const inside = [...classes.keys()].filter((each) => classes[each].places === units);
  if (inside.length > 0) return bestPlaces(symmetry, evidence, element, units, inside);
  const sums = unitSums(symmetry, evidence, element, units);
  if (places !== undefined) {
    // The places have been exchanged already: what lies at a place came from another one, whose map it is.
    const maps = [...element[units]];
    sums.forEach((sum, place) => (maps[sourceOf(element[places][0], place)] = bestMap(sum, classes[units])));
    proposed[units] = maps;
  } else if (isExchange(freedom)) {
    const assigned = assign(sums[0], extent, prices.get(units));
    prices.set(units, assigned.prices);
    proposed[units] = [exchange(assigned.columns)];
  } else proposed[units] = [bestMap(sums[0], classes[units])];
  return proposed;
}

/**
 * S with ⟨M, S⟩ the part of the agreement that the map M of a class decides, while the others stay: one for each place
 * where it lies now.
 */
export function unitSums(
  symmetry: Symmetry,
  evidence: readonly Evidence[],
  element: GroupElement,
  units: number,
): Float64Array[] {
  const { extent, places } = symmetry.classes[units];
  const count = places === undefined ? 1 : symmetry.classes[places].extent;
  const sums = Array.from({ length: count }, () => new Float64Array(extent * extent));
  for (const { dimensions, mine, theirs } of evidence) {
    const along = dimensions.findIndex((each) => each.units === places);
    dimensions.forEach((each, at) => {
      if (each.units !== units) return;
      const moved = applyToTensor(symmetry, element, theirs, dimensions, (other) => other === at);
      if (places === undefined) return add(sums[0], unitProducts(mine, moved, dimensions, [at]));
      const products = unitProducts(mine, moved, dimensions, [along, at]);
      sums.forEach((sum, place) => addBlock(sum, products, count * extent, place * extent, place * extent, extent));
    });
  }
  return sums;
}

function bestPlaces(
  symmetry: Symmetry,
  evidence: readonly Evidence[],
  element: GroupElement,
  units: number,
  inside: readonly number[],
): (readonly UnitMap[])[] {
  const { classes } = symmetry;
  const count = classes[units].extent;
  const worth = new Float64Array(count * count);
  const sums = new Map(inside.map((inner) => [inner, new Float64Array((count * classes[inner].extent) ** 2)]));
  for (const { dimensions, mine, theirs } of evidence) {
    const along = dimensions.findIndex((each) => each.units === units);
    if (along < 0) continue;
    const within = dimensions.flatMap((each, at) =>
      each.units !== undefined && inside.includes(each.units) ? [at] : [],
    );
    const [at] = within;
    const skipped = within.length === 1 ? [along, at] : [along];
    const moved = applyToTensor(symmetry, element, theirs, dimensions, (each) => skipped.includes(each));
    const products = unitProducts(mine, moved, dimensions, skipped);
    const sum = within.length === 1 ? sums.get(dimensions[at].units ?? -1) : undefined;
    add(sum ?? worth, products);
  }
  const best = inside.map((inner) => {
    const { extent } = classes[inner];
    const sum = sums.get(inner) ?? new Float64Array(0);
    return Array.from({ length: count * count }, (_, pair) => {
      const [to, from] = [Math.floor(pair / count), pair % count];
      const block = new Float64Array(extent * extent);
      addBlock(block, sum, count * extent, to * extent, from * extent, extent);
      const map = bestMap(block, classes[inner]);
      worth[pair] += worthOf(map, block, extent);
      return map;
    });
  });
  const { columns } = assign(worth, count);
  const proposed = [...element];
  proposed[units] = [exchange(columns)];
  inside.forEach((inner, i) => {
    const maps = [...element[inner]];
    columns.forEach((from, to) => (maps[from] = best[i][to * count + from]));
    proposed[inner] = maps;
  });
  return proposed;
}

/** Whether the best map of a class is looked for among exchanges: scales are settled before. */
function isExchange(freedom: Freedom): boolean {
  return freedom === "permutation" || freedom === "monomial";
}

/** Whether the best map of a class is looked for among rotations: shears are settled before. */
export function isTurned(freedom: Freedom): boolean {
  return isWithin("centred", freedom);
}

/** The map M of a class with the largest ⟨M, S⟩. */
export function bestMap(sum: Float64Array, { extent, freedom }: UnitClass): UnitMap {
  if (isExchange(freedom)) return exchange(assign(sum, extent).columns);
  if (!isTurned(freedom)) return exchange(identityOrder(extent));
  return rotation(freedom === "centred" ? aboutOnes(sum, extent) : polarFactor(sum, extent));
}

function worthOf(map: UnitMap, sum: Float64Array, n: number): number {
  if ("matrix" in map) return dot(map.matrix, sum);
  let worth = 0;
  map.order.forEach((from, i) => (worth += sum[i * n + from]));
  return worth;
}

/** Where what lies at a place came from. */
export function sourceOf(map: UnitMap, place: number): number {
  return "order" in map ? map.order[place] : place;
}

/** S[i, j] = Σ mine at unit i · theirs at unit j, over all other dimensions; several dimensions count as one. */
function unitProducts(
  mine: Float64Array,
  theirs: Float64Array,
  dimensions: readonly UnitDimension[],
  at: readonly number[],
): Float64Array {
  const rows = sizeOf(at.map((each) => dimensions[each].extent));
  const inner = mine.length / rows;
  return timesTransposed(unfolded(mine, dimensions, at), unfolded(theirs, dimensions, at), inner);
}

/** The tensor as a matrix whose rows are the places of some dimensions. */
function unfolded(data: Float64Array, dimensions: readonly UnitDimension[], at: readonly number[]): Float64Array {
  const extents = dimensions.map(({ extent }) => extent);
  const order = [...at, ...extents.keys()].filter((each, i, all) => all.indexOf(each) === i);
  if (order.every((each, i) => each === i)) return data;
  const strides = extents.map((_, each) => sizeOf(extents.slice(each + 1)));
  const rows = new Float64Array(data.length);
  const index = order.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    rows[to] = data[from];
    for (let k = order.length - 1; k >= 0; k--) {
      const each = order[k];
      from += strides[each];
      if (++index[k] < extents[each]) break;
      from -= strides[each] * extents[each];
      index[k] = 0;
    }
  }
  return rows;
}

function add(sum: Float64Array, part: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += part[i];
}

/** Adds a square block of a matrix with rows of a given width. */
function addBlock(
  sum: Float64Array,
  matrix: Float64Array,
  width: number,
  row: number,
  column: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum[i * n + j] += matrix[(row + i) * width + column + j];
}
