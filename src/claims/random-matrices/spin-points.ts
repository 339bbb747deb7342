import { z } from "zod";
import type { ClaimDesk } from "../claim/define-claim.ts";
import { criticalPointFrom } from "./critical-point.ts";
import { randomDirection, sphericalSpins } from "./spherical-spins.ts";
import { hypotOf } from "../../util/extremes.ts";

/** Critical points of spherical 3-spin glasses: energy u = H/N and how many of the N − 1 curvatures are negative. */
export const spinPoints = z.array(z.object({ energy: z.number(), negative: z.int() }));

/** Searches in each glass. Where two end in one place, or opposite ones, it counts once. */
const SEARCHES = 5;

/** What searches from random directions find, five in each of so many glasses. */
export async function spinPointsOf(
  n: number,
  glasses: number,
  { random, context }: ClaimDesk,
): Promise<z.output<typeof spinPoints>> {
  const found: z.output<typeof spinPoints> = [];
  for (let k = 0; k < glasses; k++) {
    const own = random.split(String(k));
    const glass = sphericalSpins(n, own);
    const seen: Float64Array[] = [];
    for (let search = 0; search < SEARCHES; search++) {
      const point = await criticalPointFrom(glass, randomDirection(n, own), context);
      if (point === undefined) continue;
      const length = hypotOf(point.at);
      const direction = point.at.map((x) => x / length);
      if (seen.some((other) => Math.abs(cosine(direction, other)) > 1 - 1e-6)) continue;
      seen.push(direction);
      const negative = point.curvatures.filter((value) => value < 0).length;
      found.push({ energy: point.value, negative });
    }
  }
  return found;
}

function cosine(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}
