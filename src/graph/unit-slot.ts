import { commonFreedom, type Freedom } from "./unit-freedom.ts";

/**
 * Units that go together: every axis, or factor of an axis, that holds them is sent through the same map. A class is
 * known by its root; where axes of one class meet, one root becomes the child of the other.
 */
export interface UnitSlot {
  readonly extent: number;
  freedom: Freedom;
  /** Whether some operation lets the places along the axis meet each other, so that no map may differ from place to place. */
  mixes: boolean;
  /** The class that it was joined to, and whether through the transposed inverse. */
  parent: { readonly slot: UnitSlot; readonly dual: boolean } | undefined;
  /** Two factors that it fell into, the outer one first. */
  parts: readonly [UnitSlot, UnitSlot] | undefined;
  /** Stretches that it fell into, which lie one behind the other and go each through maps of its own; never beside `parts`. */
  stretches: readonly UnitAxis[] | undefined;
}

/** A factor of an axis: an axis of extent 6 may count 2 heads of 3 units. */
export interface UnitFactor {
  readonly extent: number;
  /** Undefined where every place along it holds the same number. */
  readonly slot: UnitSlot | undefined;
  /** Whether its units are sent through the transposed inverse of the map of its class. */
  readonly dual: boolean;
  /** Whether it holds squares, whose sum is all that a rotation leaves as it is. */
  readonly squares: boolean;
}

/** The factors of one axis, the outermost first; an axis of extent 1 has none. */
export type UnitAxis = readonly UnitFactor[];

/** Units of their own. */
export function newSlot(extent: number, freedom: Freedom): UnitSlot {
  return { extent, freedom, mixes: false, parent: undefined, parts: undefined, stretches: undefined };
}

/** The axis that counts the units of a class; one of extent 1 has no factor. */
export function axisOf(slot: UnitSlot): UnitAxis {
  return slot.extent === 1 ? [] : [factorOf(slot)];
}

/** Places that all hold the same. */
export function uniformAxis(extent: number): UnitAxis {
  return extent === 1 ? [] : [{ extent, slot: undefined, dual: false, squares: false }];
}

export function extentOf(axis: UnitAxis): number {
  return axis.reduce((product, { extent }) => product * extent, 1);
}

/** The factors of an axis as they are by now. */
export function resolvedAxis(axis: UnitAxis): UnitFactor[] {
  return axis.flatMap((factor): UnitFactor[] => {
    if (!factor.slot) return [factor];
    const { slot, dual } = rootOf(factor.slot);
    const turned = dual !== factor.dual;
    if (!slot.parts) return [{ ...factor, slot, dual: turned }];
    return resolvedAxis(slot.parts.map((part) => ({ ...factorOf(part), dual: turned, squares: factor.squares })));
  });
}

/** The stretches of a factor, one behind the other; undefined for one that has none. */
export function stretchesOf(factor: UnitFactor): UnitAxis[] | undefined {
  return factor.slot?.stretches?.map((stretch) =>
    resolvedAxis(stretch).map((each) => ({
      ...each,
      dual: each.dual !== factor.dual,
      squares: each.squares || factor.squares,
    })),
  );
}

/** The factors of an axis, and in place of one that has stretches those of all of them: every class that stands in it. */
export function leavesOf(axis: UnitAxis): UnitFactor[] {
  return resolvedAxis(axis).flatMap((factor) => stretchesOf(factor)?.flatMap(leavesOf) ?? [factor]);
}

/** Lets no more than a group of maps through. */
export function restrict(axis: UnitAxis, freedom: Freedom): void {
  for (const { slot } of leavesOf(axis)) if (slot) slot.freedom = commonFreedom(slot.freedom, freedom);
}

/**
 * An axis as what lies one behind the other in it, none of which begins with stretches itself: those of its outermost
 * factor, each beside the factors further in.
 */
export function segmentsOf(axis: UnitAxis): UnitAxis[] {
  const factors = resolvedAxis(axis);
  const stretches = factors.length > 0 ? stretchesOf(factors[0]) : undefined;
  return stretches?.flatMap((stretch) => segmentsOf([...stretch, ...factors.slice(1)])) ?? [factors];
}

/**
 * The segments of an axis, which lets more of them begin where it is asked: classes fall into stretches.
 *
 * @param places where segments are to begin and end
 * @returns undefined where a place lies within the innermost of several factors
 */
export function segmentedAt(axis: UnitAxis, places: readonly number[]): UnitAxis[] | undefined {
  const segments: UnitAxis[] = [];
  const left = segmentsOf(axis);
  let start = 0;
  for (let head = left.shift(); head; head = left.shift()) {
    const end = start + extentOf(head);
    const place = places.find((each) => each > start && each < end);
    if (place === undefined) {
      segments.push(head);
      start = end;
      continue;
    }
    const cut = cutSegment(head, place - start);
    if (!cut) return undefined;
    left.unshift(...cut);
  }
  return segments;
}

/** Where the segments of an axis begin and end. */
export function bordersOf(axis: UnitAxis): number[] {
  let at = 0;
  return [0, ...segmentsOf(axis).map((segment) => (at += extentOf(segment)))];
}

function cutSegment(segment: UnitAxis, place: number): UnitAxis[] | undefined {
  const [outer, ...inner] = resolvedAxis(segment);
  const within = extentOf(inner);
  if (place % within !== 0) return undefined;
  const extents = [place / within, outer.extent - place / within];
  const { slot } = outer;
  if (!slot) return extents.map((extent) => [...uniformAxis(extent), ...inner]);
  slot.stretches = extents.map((extent) => axisOf(partOf(slot, extent)));
  return segmentsOf([outer, ...inner]);
}

/** A factor as an outer one of a given extent and the rest; all that hold its class fall into the same two. None of one that has stretches. */
export function splitFactor(factor: UnitFactor, outer: number): [UnitFactor, UnitFactor] | undefined {
  const inner = factor.extent / outer;
  const { slot } = factor;
  if (slot?.stretches) return undefined;
  if (slot) slot.parts ??= [partOf(slot, outer), partOf(slot, inner)];
  const part = (at: 0 | 1, extent: number): UnitFactor => ({ ...factor, extent, slot: slot?.parts?.[at] });
  return [part(0, outer), part(1, inner)];
}

function partOf({ freedom, mixes }: UnitSlot, extent: number): UnitSlot {
  return { ...newSlot(extent, freedom), mixes };
}

function factorOf(slot: UnitSlot): UnitFactor {
  return { extent: slot.extent, slot, dual: false, squares: false };
}

function rootOf(slot: UnitSlot): { readonly slot: UnitSlot; readonly dual: boolean } {
  let dual = false;
  let root = slot;
  for (; root.parent; root = root.parent.slot) dual = dual !== root.parent.dual;
  // Whoever was asked on the way knows the root from now on: a residual stream is one class of many joins.
  let left = dual;
  for (let each = slot; each.parent && each.parent.slot !== root;) {
    const { parent } = each;
    each.parent = { slot: root, dual: left };
    left = left !== parent.dual;
    each = parent.slot;
  }
  return { slot: root, dual };
}
