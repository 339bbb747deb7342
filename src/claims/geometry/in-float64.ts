import { ProblemObjective } from "../../dynamics/race/problem-objective.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RunContext } from "../../util/run-context.ts";

/** A network as claims on its geometry look at it. */
export interface Place {
  readonly problem: Problem;
  /** Its weights. */
  readonly point: Point;
  /** Its loss, anywhere. */
  readonly loss: ProblemObjective;
}

/**
 * Looks at the weights of a network in float64, where its device has that: differences of float32 losses tell little. Closes what
 * it opens.
 */
export async function inFloat64<T>(
  given: Problem,
  context: RunContext,
  look: (place: Place) => Promise<T>,
): Promise<T> {
  const problem = given.inFloat64 ?? given;
  const loss = new ProblemObjective(problem, context);
  try {
    return await look({ problem, point: problem.point, loss });
  } finally {
    await loss.close();
  }
}
