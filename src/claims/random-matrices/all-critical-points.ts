import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";
import { criticalPointFrom } from "./critical-point.ts";
import { randomDirection, sphericalSpins } from "./spherical-spins.ts";
import { hypotOf } from "../../util/extremes.ts";

/** Searches at least, and at most. */
const [LEAST, MOST] = [30, 4000];
/** Directions whose cosine is this near to ±1 are one. */
const SAME = 1e-6;

/**
 * How many critical points a spherical 3-spin glass has on S^(N−1), by searches from random directions: until two thirds of them have
 * found nothing that is new and, where N is odd, Σ(−1)^index = 2, the Euler characteristic of the sphere (Morse 1934). With a
 * point that opposite to it is one, too, of the index N − 1 − k.
 *
 * Cost: about a hundred searches where N is 4.
 *
 * @returns undefined where that takes more than 4000 searches
 */
export async function countCriticalPoints(
  n: number,
  random: RandomStream,
  context: RunContext,
): Promise<number | undefined> {
  const glass = sphericalSpins(n, random);
  const seen: Float64Array[] = [];
  let [balance, lastNew] = [0, 0];
  for (let search = 1; search <= MOST; search++) {
    const point = await criticalPointFrom(glass, randomDirection(n, random), context);
    if (point !== undefined) {
      const length = hypotOf(point.at);
      const direction = point.at.map((x) => x / length);
      if (!seen.some((other) => 1 - Math.abs(cosine(direction, other)) < SAME)) {
        seen.push(direction);
        lastNew = search;
        const index = point.curvatures.filter((value) => value < 0).length;
        balance += (index % 2 === 0 ? 1 : -1) + ((n - 1 - index) % 2 === 0 ? 1 : -1);
      }
    }
    const isWhole = balance === (n % 2 === 1 ? 2 : 0);
    if (search >= LEAST && search >= 3 * lastNew && isWhole) return 2 * seen.length;
  }
  return undefined;
}

function cosine(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}
