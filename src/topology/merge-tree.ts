import type { Neighbourhood } from "./neighbourhood.ts";
import { sublevelOrder } from "./sublevel-order.ts";

/** A local minimum, and where its component meets that of an elder (lower) one. */
export interface Minimum {
  /** The point. */
  readonly at: number;
  /** The value there. */
  readonly birth: number;
  /** The value at which it meets an elder one; +∞ where it never does. */
  readonly death: number;
  /** The point at which they meet. */
  readonly saddle: number | undefined;
  /** Which minimum that is. */
  readonly elder: number | undefined;
  /** Points of its component just before they meet; all of them where it never does. */
  readonly below: number;
}

export interface MergeTree {
  /** In the order in which they enter: an elder one before those that merge into it. */
  readonly minima: readonly Minimum[];
  /** For every point the minimum at which a descent by lowest neighbours ends; −1 for one that is in no sublevel set. */
  readonly descent: Int32Array;
}

/**
 * The components of the sublevel sets {f ≤ t} and how they merge, by union-find over the points in order (Edelsbrunner, Letscher and
 * Zomorodian 2002; the elder rule). The bars of dimension 0 are (birth, death) of the minima. A minimum that meets an elder one at
 * its own value is none: a plateau has one. Cost: n log n for the order, then nearly n.
 *
 * @example
 * // Two wells, −1 and −2, with 0 between them.
 * mergeTree([5, -1, 0, -2, 5], gridNeighbourhood([5])).minima; // births −2 and −1, the second dies at 0
 */
export function mergeTree(values: ArrayLike<number>, neighbourhood: Neighbourhood): MergeTree {
  const { order, rank } = sublevelOrder(values);
  const parent = new Int32Array(values.length).fill(-1);
  const size = new Int32Array(values.length);
  /** For the root of a component: its lowest point. */
  const lowest = new Int32Array(values.length);
  const root = (point: number): number => {
    let at = point;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  };
  const births: number[] = [];
  const merges = new Map<number, { saddle: number; elder: number; below: number }>();
  const descent = new Int32Array(values.length).fill(-1);
  for (const point of order) {
    parent[point] = point;
    size[point] = 1;
    lowest[point] = point;
    const roots: number[] = [];
    let next = -1;
    neighbourhood.each(point, (other) => {
      if (parent[other] === -1) return;
      if (next === -1 || rank[other] < rank[next]) next = other;
      const at = root(other);
      if (!roots.includes(at)) roots.push(at);
    });
    if (next === -1) {
      births.push(point);
      descent[point] = point;
      continue;
    }
    descent[point] = descent[next];
    const elder = roots.reduce((a, b) => (rank[lowest[b]] < rank[lowest[a]] ? b : a));
    const survivor = lowest[elder];
    for (const younger of roots)
      if (younger !== elder) merges.set(lowest[younger], { saddle: point, elder: survivor, below: size[younger] });
    let whole = elder;
    for (const part of [point, ...roots]) whole = united(whole, part);
    lowest[whole] = survivor;
  }
  return withoutPlateaus();

  function united(a: number, b: number): number {
    if (a === b) return a;
    const [larger, smaller] = size[a] < size[b] ? [b, a] : [a, b];
    parent[smaller] = larger;
    size[larger] += size[smaller];
    return larger;
  }

  /** Minima that outlast their own value, and where every point then belongs. */
  function withoutPlateaus(): MergeTree {
    const place = new Map<number, number>();
    const resolved = new Map<number, number>();
    const minima: Minimum[] = [];
    for (const at of births) {
      const merge = merges.get(at);
      const death = merge === undefined ? Number.POSITIVE_INFINITY : values[merge.saddle];
      if (merge !== undefined && death === values[at]) {
        resolved.set(at, merge.elder);
        continue;
      }
      place.set(at, minima.length);
      minima.push({
        at,
        birth: values[at],
        death,
        saddle: merge?.saddle,
        elder: merge?.elder,
        below: merge?.below ?? size[root(at)],
      });
    }
    const kept = (at: number): number => {
      let minimum = at;
      for (let elder = resolved.get(minimum); elder !== undefined; elder = resolved.get(minimum)) minimum = elder;
      return place.get(minimum) ?? -1;
    };
    return {
      minima: minima.map((each) => ({ ...each, elder: each.elder === undefined ? undefined : kept(each.elder) })),
      descent: descent.map((at) => (at === -1 ? -1 : kept(at))),
    };
  }
}

/**
 * The level at which two minima come into one component: the least height that a path between them must climb to.
 *
 * @returns +∞ where no path joins them
 */
export function meetingLevel({ minima }: MergeTree, a: number, b: number): number {
  let [one, other] = [a, b];
  let level = Math.max(minima[a].birth, minima[b].birth);
  while (one !== other) {
    // Deaths rise from the younger to the elder.
    const younger = minima[one].death <= minima[other].death ? one : other;
    const { death, elder } = minima[younger];
    if (elder === undefined) return Number.POSITIVE_INFINITY;
    level = death;
    if (younger === one) one = elder;
    else other = elder;
  }
  return level;
}
