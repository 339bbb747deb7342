import { norm2 } from "../../linalg/vector.ts";
import { walkOf } from "../../optimizers/coordinate-walk.ts";
import { lbfgs } from "../../optimizers/lbfgs.ts";
import { follow } from "../../optimizers/walk.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { randomDirection, sphericalSpins } from "./spherical-spins.ts";

/** Most steps of a descent; they take about a hundred. */
const MOST = 2000;

/** Energy u = H/N where L-BFGS ends on a spherical 3-spin glass from a random direction, the gradient at 1e-8 of what it was. */
export function minimumOfSpins(n: number, random: RandomStream): number {
  const glass = sphericalSpins(n, random);
  const start = randomDirection(n, random);
  const gradient = new Float64Array(n);
  glass.gradient(start, gradient);
  const enough = 1e-8 * norm2(gradient);
  let end = start;
  let steps = 0;
  follow(glass, walkOf(lbfgs.with({}), { start, random }), (weights) => {
    end = weights.slice();
    glass.gradient(weights, gradient);
    return norm2(gradient) <= enough || ++steps >= MOST;
  });
  return glass.value(end);
}
