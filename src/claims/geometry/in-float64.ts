import { ProblemObjective } from "../../dynamics/race/problem-objective.ts";
import { nearbyPoints } from "../../instruments/checks/nearby-points.ts";
import { distance, norm2, normalize } from "../../linalg/vector.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { ClaimDesk } from "../claim/define-claim.ts";

/** A network as claims on its geometry look at it. */
export interface Place {
  readonly problem: Problem;
  /** Where it is looked at: its weights, or weights near them where its gradient jumps there. */
  readonly point: Point;
  /** Its loss, anywhere. */
  readonly loss: ProblemObjective;
  /** Behind the name of a number: empty, or how far the point is from its weights. */
  readonly where: string;
}

/** Steps, relative to ‖θ‖, over which a gradient changes: a jump does not become less with them. */
const [LONG, SHORT] = [1e-6, 1e-7];
/** A change of the gradient that is rounding, relative to it. */
const ROUNDING = 1e-12;

/**
 * Looks at a network in float64, where its device has that, for differences of float32 losses tell little; at its weights, or where
 * the loss has a kink right there (units of ReLU that all examples leave at 0, as at zero biases), at weights near them. Closes what
 * it opens.
 */
export async function inFloat64<T>(
  given: Problem,
  { random, context }: ClaimDesk,
  look: (place: Place) => Promise<T>,
): Promise<T> {
  const problem = given.inFloat64 ?? given;
  const loss = new ProblemObjective(problem, context);
  try {
    const near = [...nearbyPoints(problem, problem.point.parameters, random.split("near"))];
    let chosen = near[0];
    for (const each of near)
      if (!(await jumpsAt(loss, each.point, random.split("jump")))) {
        chosen = each;
        break;
      }
    const where =
      chosen.part === 0 ? "" : `, at weights moved by ${100 * chosen.part} %, as the gradient jumps at these`;
    await using point = problem.at(chosen.point);
    return await look({ problem, point, loss, where });
  } finally {
    await loss.close();
  }
}

/** Whether the gradient jumps at a place: whether it changes by as much over a step as over one that is ten times as long. */
async function jumpsAt(loss: ProblemObjective, at: Float64Array, random: RandomStream): Promise<boolean> {
  const v = random.normalVector(at.length);
  normalize(v);
  const length = norm2(at) || 1;
  const gradientAt = (h: number) => loss.gradient(at.map((x, i) => x + h * length * v[i]));
  const changeOver = async (h: number) => distance(await gradientAt(h), await gradientAt(-h));
  const [long, short] = [await changeOver(LONG), await changeOver(SHORT)];
  return short > long / 2 && short > ROUNDING * norm2(await loss.gradient(at));
}
