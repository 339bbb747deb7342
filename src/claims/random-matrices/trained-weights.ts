import { ProblemObjective } from "../../dynamics/race/problem-objective.ts";
import { walkOf } from "../../optimizers/coordinate-walk.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { followOn } from "../../optimizers/walk.ts";
import type { Problem } from "../../problem/problem.ts";
import type { ClaimDesk } from "../claim/define-claim.ts";

interface Training {
  /** An optimiser with its numbers. */
  readonly by: ReturnType<Optimizer["with"]>;
  /** Steps at most. */
  readonly steps: number;
  /** A loss that is low enough; none when absent. */
  readonly enough?: number;
}

/** Where an optimiser ends on all examples of a network, from the weights that it has. */
export async function trainedWeights(
  problem: Problem,
  { by, steps, enough }: Training,
  { random, context }: Pick<ClaimDesk, "random" | "context">,
): Promise<Float64Array> {
  const loss = new ProblemObjective(problem, context);
  const start = problem.point.parameters;
  let end = start;
  let step = 0;
  try {
    const walk = walkOf(by, { start, random, shapes: problem.space.tensors.map(({ shape }) => shape) });
    await followOn(loss, walk, async (weights) => {
      step++;
      const isThere = step >= steps || (enough !== undefined && (await loss.value(weights)) <= enough);
      if (isThere) end = weights.slice();
      return isThere;
    });
  } finally {
    await loss.close();
  }
  return end;
}
