import type { MergeTree, Minimum } from "./merge-tree.ts";

/** What belongs to a minimum that is deep enough. */
export interface Basin {
  /** Which minimum of the tree. */
  readonly minimum: number;
  /** Points from which a descent ends at it, or at one that it swallows. */
  readonly points: number;
}

export interface Basins {
  readonly basins: readonly Basin[];
  /** For every point its basin; −1 for one that is in no sublevel set. */
  readonly labels: Int32Array;
}

/** The basins of the minima that are deep enough; shallower ones are part of the one that they merge into. */
export function basinsOf({ minima, descent }: MergeTree, isDeep: (minimum: Minimum) => boolean): Basins {
  const survivors = [...minima.keys()].filter((i) => isDeep(minima[i]));
  const place = new Map(survivors.map((minimum, i) => [minimum, i]));
  const basinOf = minima.map((_, i) => {
    let at: number | undefined = i;
    while (at !== undefined && !place.has(at)) at = minima[at].elder;
    return at === undefined ? -1 : (place.get(at) ?? -1);
  });
  const labels = descent.map((minimum) => (minimum === -1 ? -1 : basinOf[minimum]));
  const points = new Array<number>(survivors.length).fill(0);
  for (const label of labels) if (label !== -1) points[label]++;
  return { basins: survivors.map((minimum, i) => ({ minimum, points: points[i] })), labels };
}
