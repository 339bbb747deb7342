import { follow } from "../../src/optimizers/walk.ts";
import { walkOf } from "../../src/optimizers/coordinate-walk.ts";
import { createRandom } from "../../src/random/random-stream.ts";
import { toyOf, tunedOf } from "./optimizer-walks.ts";

const EULER = 0.5772156649015329;
const [RADIUS, LR] = [1e-6, 0.1];

/** Steps, on the mean, in which perturbed gradient descent leaves a saddle of curvatures 1 and −1: measured, and [ln(√d/r) + ½(γ + ln 2)]/ln(1+η). */
export function escapeSteps(
  d: number,
  walks: number,
): { readonly measured: number; readonly predicted: number; readonly error: number } {
  const f = toyOf(`saddle:n=${d}`);
  const tuned = tunedOf(`pgd:lr=${LR}:radius=${RADIUS}:threshold=0:interval=100000`);
  let sum = 0;
  for (let i = 0; i < walks; i++) {
    const walk = walkOf(tuned, { start: new Float64Array(d), random: createRandom(i).split("C7") });
    follow(f, walk, (weights) => {
      sum++;
      return f.goal.isReached(weights);
    });
  }
  return {
    // Counted in whole steps: half a step more on the mean.
    measured: sum / walks - 0.5,
    predicted: (Math.log(Math.sqrt(d) / RADIUS) + (EULER + Math.log(2)) / 2) / Math.log(1 + LR),
    // The standard deviation of ln|N(0,1)| is π/√8.
    error: Math.PI / Math.sqrt(8) / Math.log(1 + LR) / Math.sqrt(walks),
  };
}
