import type { Problem } from "../problem/problem.ts";
import { moved } from "./compare.ts";

/** Steps that are tried; the error is about h² above the best one and ε/h below it. */
const STEPS = [1e-3, 1e-4, 1e-5, 1e-6];

/**
 * The smallest error over several steps h, relative as `error` says, of the central difference
 * (f(θ + hv) − f(θ − hv)) / 2h along v.
 */
export async function smallestDifferenceError(
  problem: Problem,
  v: Float64Array,
  f: () => Promise<Float64Array>,
  error: (difference: Float64Array) => number,
): Promise<number> {
  const home = problem.parameters;
  let smallest = Number.POSITIVE_INFINITY;
  for (const h of STEPS) {
    const above = await problem.at(moved(home, h, v), f);
    const below = await problem.at(moved(home, -h, v), f);
    smallest = Math.min(smallest, error(above.map((x, i) => (x - below[i]) / (2 * h))));
  }
  return smallest;
}
