import type { Neighbourhood } from "./neighbourhood.ts";

/** The same with more points, and more pairs of points that are neighbours. */
export function joinedNeighbourhood(
  known: Neighbourhood,
  points: number,
  pairs: readonly (readonly [number, number])[],
): Neighbourhood {
  const added = new Map<number, Set<number>>();
  const join = (from: number, to: number) => added.set(from, (added.get(from) ?? new Set<number>()).add(to));
  for (const [a, b] of pairs) {
    join(a, b);
    join(b, a);
  }
  return {
    points,
    each(point, visit) {
      if (point < known.points) known.each(point, visit);
      for (const other of added.get(point) ?? []) visit(other);
    },
  };
}
