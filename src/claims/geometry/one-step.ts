import { walkOf } from "../../optimizers/coordinate-walk.ts";
import type { LaterObjective } from "../../optimizers/objective.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { followOn } from "../../optimizers/walk.ts";
import { createRandom } from "../../random/random-stream.ts";

/** Where the first step of an optimiser that does not draw leads to. */
export async function oneStep(
  loss: LaterObjective,
  by: ReturnType<Optimizer["with"]>,
  from: Float64Array,
): Promise<Float64Array> {
  let to = from;
  await followOn(loss, walkOf(by, { start: from, random: createRandom(0) }), (weights) => {
    to = weights.slice();
    return Promise.resolve(true);
  });
  return to;
}
