import type { Neighbourhood } from "./neighbourhood.ts";

/**
 * Points of a space, each joined with those that are nearest to it: two are neighbours where either is among the `count` nearest of
 * the other. Of equally far ones the first is nearer. Cost: n² distances.
 *
 * @param coordinates of every point
 */
export function nearestNeighbours(coordinates: readonly Float64Array[], count: number): Neighbourhood {
  const joined = coordinates.map(() => new Set<number>());
  coordinates.forEach((here, i) => {
    const distances = coordinates.map((there) => squaredDistance(here, there));
    const others = [...coordinates.keys()].filter((j) => j !== i);
    for (const j of others.sort((a, b) => distances[a] - distances[b] || a - b).slice(0, count)) {
      joined[i].add(j);
      joined[j].add(i);
    }
  });
  return { points: coordinates.length, each: (point, visit) => joined[point].forEach((other) => visit(other)) };
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0);
}
