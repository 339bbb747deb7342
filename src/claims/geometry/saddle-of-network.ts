import { type Curvatures, curvaturesAt, kindOf, type Signs, signsOf } from "../../dynamics/critical/classify.ts";
import { groundOf } from "../../dynamics/critical/ground.ts";
import { methodFor, wideProblem } from "../../dynamics/critical/search-task.ts";
import { ProblemObjective } from "../../dynamics/race/problem-objective.ts";
import { startOn } from "../../dynamics/race/walks-on-network.ts";
import { norm2 } from "../../linalg/vector.ts";
import { walkOf } from "../../optimizers/coordinate-walk.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import { inBall } from "../../optimizers/perturbed-gradient-descent.ts";
import { followOn } from "../../optimizers/walk.ts";
import type { Problem } from "../../problem/problem.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk, Conclusion } from "../claim/define-claim.ts";
import { equals, weigh } from "../claim/evidence.ts";

/** Places that searches begin at: the weights, and others with their numbers shuffled. */
const STARTS = 8;
const LIMITS = { steps: 200, tolerance: 1e-8 };
/** Negative curvature, relative to the largest, that walks leave in time. */
const STEEP = 1e-3;
const WALKS = 10;
/** How near walks begin, relative to the length of the weights. */
const NEAR = 1e-3;
/** η times the largest |λ|: below 1, so that no step raises the loss. */
const SHARE = 0.5;
/** Steps after which a walk counts as held: with the least curvature that is taken, distances have grown e^10 times. */
const STEPS = 20_000;

interface Saddle {
  readonly theta: Float64Array;
  readonly curvatures: Curvatures;
  readonly signs: Signs;
}

/**
 * Whether gradient descent leaves a saddle of a network with curvatures that are 0: walks from around it until the loss is below that
 * of the saddle, to which they cannot come back then.
 *
 * @throws input error `no-saddle` where the searches find none that is steep enough
 */
export async function leavingSaddle(given: Problem, desk: ClaimDesk): Promise<Conclusion> {
  const problem = wideProblem(given);
  const { theta, curvatures, signs } = await saddleOf(problem, desk);
  const { loss: height, lossError, values } = curvatures;
  const reach = NEAR * (norm2(theta) || 1);
  const by = gradientDescent.with({ lr: SHARE / largestOf(values) });
  const random = desk.random.split("walks");
  const loss = new ProblemObjective(problem, desk.context);
  let held = 0;
  try {
    for (let i = 0; i < WALKS; i++) {
      const from = inBall(theta.length, reach, random);
      const start = theta.map((x, k) => x + from[k]);
      let steps = 0;
      let isBelow = false;
      await followOn(loss, walkOf(by, { start, random }), async (weights) => {
        steps++;
        isBelow = (await loss.value(weights)) < height - lossError;
        return isBelow || steps >= STEPS;
      });
      if (!isBelow) held++;
    }
  } finally {
    await loss.close();
  }
  const { negative, positive, flat } = signs;
  const where = `a saddle with ${negative} negative, ${positive} positive and ${flat} curvatures that are not told from 0`;
  return {
    evidence: [
      weigh({
        name: `share of ${WALKS} walks of gradient descent whose loss stays above that of ${where}, from around it`,
        measured: held / WALKS,
        // Of a share of which no exception was seen, one exception is the resolution.
        standardError: 1 / WALKS,
        law: equals(0),
        rival: flat === 0 ? undefined : equals(1),
      }),
    ],
    picture: null,
  };
}

/** The first saddle of those that searches find that has curvatures which are 0, of which the laws differ; else the first of all. */
async function saddleOf(problem: Problem, { random, context }: ClaimDesk): Promise<Saddle> {
  const ground = groundOf(problem, context);
  let first: Saddle | undefined;
  for (let i = 0; i < STARTS; i++) {
    const own = random.split(`start ${i}`);
    const start = startOn(problem, i, own);
    const { end, theta } = await methodFor(problem).search(ground, start, LIMITS, context);
    if (end !== "critical") continue;
    const lossAtStart = await ground.at(start, (place) => place.value());
    const setting = { reach: norm2(start), lossAtStart };
    const curvatures = await curvaturesAt(ground, theta, setting, own.split("grain"), context);
    const signs = signsOf(curvatures, 0);
    if (kindOf(signs) !== "saddle" || steepnessOf(curvatures) < STEEP) continue;
    const saddle = { theta, curvatures, signs };
    if (signs.flat > 0) return saddle;
    first ??= saddle;
  }
  if (first === undefined) throw withoutSaddle();
  return first;
}

function largestOf(values: Float64Array): number {
  return Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
}

function steepnessOf({ values }: Curvatures): number {
  return -values[0] / largestOf(values);
}

function withoutSaddle(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-saddle",
    message: `None of ${STARTS} searches from these weights, and from others with their numbers shuffled, ended at a saddle that is steep enough to be left in time.`,
    hint: "`thalweg critical` searches from more starts.",
  });
}
