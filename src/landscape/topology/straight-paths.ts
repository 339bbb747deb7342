import { joinedNeighbourhood } from "../../topology/joined-neighbourhood.ts";
import { mergeTree } from "../../topology/merge-tree.ts";
import type { Neighbourhood } from "../../topology/neighbourhood.ts";

/** Points with their losses, and who neighbours whom. */
export interface SampledCloud {
  readonly coordinates: readonly Float64Array[];
  readonly values: readonly number[];
  readonly neighbourhood: Neighbourhood;
}

/** Points between the ends of a straight path. */
const BETWEEN = 15;

/** Minima of which straight paths are taken in one round, those with the longest bars first. */
const MOST = 16;

const ROUNDS = 6;

/**
 * The cloud with the straight paths between minima that it would part: few points in several dimensions part what a valley between
 * them joins. From every minimum to the elder one at whose basin its bar ends losses are taken in between;
 * minima that are still parted then are so along these paths, too. Rounds go on until no new pair is to be asked of.
 *
 * @param lossesOf losses at points
 */
export async function withStraightPaths(
  cloud: SampledCloud,
  lossesOf: (what: string, points: readonly Float64Array[]) => Promise<number[]>,
): Promise<SampledCloud> {
  const asked = new Set<string>();
  let known = cloud;
  for (let round = 1; round <= ROUNDS; round++) {
    const { minima } = mergeTree(known.values, known.neighbourhood);
    const pairs = minima
      .flatMap(({ at, birth, death, elder }) =>
        elder === undefined ? [] : [{ a: at, b: minima[elder].at, length: death - birth }],
      )
      .sort((x, y) => y.length - x.length)
      .filter(({ a, b }) => !asked.has(`${a} ${b}`))
      .slice(0, MOST);
    if (pairs.length === 0) break;
    for (const { a, b } of pairs) asked.add(`${a} ${b}`);
    const { coordinates } = known;
    const between = pairs.flatMap(({ a, b }) =>
      Array.from({ length: BETWEEN }, (_, i) => {
        const t = (i + 1) / (BETWEEN + 1);
        return coordinates[a].map((x, k) => (1 - t) * x + t * coordinates[b][k]);
      }),
    );
    const losses = await lossesOf(`straight paths, round ${round}`, between);
    const first = coordinates.length;
    const joins = pairs.flatMap(({ a, b }, path) => {
      const chain = [a, ...Array.from({ length: BETWEEN }, (_, i) => first + path * BETWEEN + i), b];
      return chain.slice(1).map((point, i): [number, number] => [chain[i], point]);
    });
    known = {
      coordinates: [...coordinates, ...between],
      values: [...known.values, ...losses],
      neighbourhood: joinedNeighbourhood(known.neighbourhood, first + between.length, joins),
    };
  }
  return known;
}
