import { assign } from "../linalg/assignment.ts";
import { dot } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import { GROUP_MAPS } from "./group-maps.ts";
import type { Symmetry } from "./symmetry.ts";
import { add, type Evidence, unitProducts, UnitSums } from "./unit-sums.ts";
import { applyToTensor, exchange, type GroupElement, type UnitMap } from "./unit-map.ts";

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
  const sums = new UnitSums(symmetry, evidence);
  // A class is looked at again once one that it shares a tensor with has changed.
  const stale = new Set(classes.keys());
  for (let sweep = 0; sweep < MOST_SWEEPS && stale.size > 0; sweep++) {
    for (const units of random.permutation(classes.length)) {
      throwIfInterrupted(context);
      if (!stale.delete(units)) continue;
      await context.meanwhile?.();
      const { proposed, gain } = bestMaps(symmetry, evidence, element, units, { prices, sums });
      const reached = gain === undefined ? agreementOf(symmetry, evidence, proposed) : agreement + gain;
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
  return { element, agreement: agreementOf(symmetry, evidence, element), steps };
}

/** Σ ⟨mine, element · theirs⟩. */
export function agreementOf(symmetry: Symmetry, evidence: readonly Evidence[], element: GroupElement): number {
  let sum = 0;
  for (const { dimensions, mine, theirs } of evidence)
    sum += dot(mine, applyToTensor(symmetry, element, theirs, dimensions));
  return sum;
}

interface Proposal {
  readonly proposed: GroupElement;
  /** What it adds to the agreement, where that is known without asking for it. */
  readonly gain: number | undefined;
}

/** What one look at a class leaves for the next. */
interface Kept {
  readonly prices: Map<number, Float64Array>;
  readonly sums: UnitSums;
}

/** The best maps of one class while the others stay; those inside its places go with them. */
function bestMaps(
  symmetry: Symmetry,
  evidence: readonly Evidence[],
  element: GroupElement,
  units: number,
  { prices, sums }: Kept,
): Proposal {
  const { classes } = symmetry;
  const { extent, freedom, places } = classes[units];
  const { matched } = GROUP_MAPS[freedom];
  const proposed = [...element];
  const inside = [...classes.keys()].filter((each) => classes[each].places === units);
  if (inside.length > 0) return { proposed: bestPlaces(symmetry, evidence, element, units, inside), gain: undefined };
  if (places !== undefined) {
    // The places have been exchanged already: what lies at a place came from another one, whose map it is.
    const maps = [...element[units]];
    unitSums(symmetry, evidence, element, units).forEach(
      (sum, place) => (maps[sourceOf(element[places][0], place)] = matched.best(sum, extent)),
    );
    proposed[units] = maps;
    return { proposed, gain: undefined };
  }
  const sum = sums.of(element, units);
  if (matched.isAssigned) {
    const assigned = assign(sum, extent, prices.get(units));
    prices.set(units, assigned.prices);
    proposed[units] = [exchange(assigned.columns)];
  } else proposed[units] = [matched.best(sum, extent)];
  const [before, after] = [element, proposed].map((each) => worthOf(each[units][0], sum, extent));
  return { proposed, gain: sums.standsOnce(units) ? after - before : undefined };
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
    const { extent, freedom } = classes[inner];
    const sum = sums.get(inner) ?? new Float64Array(0);
    return Array.from({ length: count * count }, (_, pair) => {
      const [to, from] = [Math.floor(pair / count), pair % count];
      const block = new Float64Array(extent * extent);
      addBlock(block, sum, count * extent, to * extent, from * extent, extent);
      const map = GROUP_MAPS[freedom].matched.best(block, extent);
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
