import { curvaturesAt, signsOf } from "../../dynamics/critical/classify.ts";
import { criticalOptions, startsOf } from "../../dynamics/critical/critical-options.ts";
import { groundOf, hessianAt } from "../../dynamics/critical/ground.ts";
import { methodFor, wideProblem } from "../../dynamics/critical/search-task.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { ClaimDesk } from "../claim/define-claim.ts";

/** A saddle of the loss of a network with its curvatures. */
export interface NetworkSaddle {
  /** In float64. */
  readonly problem: Problem;
  readonly theta: Float64Array;
  /** Ascending; the first is negative. */
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/** Searches that are made at most. */
const SEARCHES = 24;
/** Saddles to choose from, unless the negative curvature of one is this share of its largest positive one. */
const [ENOUGH, STEEP] = [4, 0.03];
/** Of a search: those that take more mostly wander. */
const STEPS = 100;

/**
 * A strict saddle of the loss, found as `thalweg critical` finds them, from random starts: of those that come up, the one whose
 * negative curvature is the largest beside its positive ones.
 *
 * @throws input error `no-saddle` where no search ends at one; errors of {@link wideProblem}
 */
export async function saddleOfNetwork(given: Problem, { random, context }: ClaimDesk): Promise<NetworkSaddle> {
  const problem = wideProblem(given);
  const options = criticalOptions.parse({ steps: STEPS });
  const { startAt } = startsOf(options);
  const ground = groundOf(problem, context);
  const method = methodFor(problem);
  const site = { theta: problem.point.parameters, tensors: problem.space.tensors, along: [] };
  let best: { readonly theta: Float64Array; readonly share: number } | undefined;
  for (let i = 0, found = 0; i < SEARCHES && found < ENOUGH; i++) {
    throwIfInterrupted(context);
    const own = random.split(`start ${i}`);
    const start = startAt(site, i, own.split("weights"));
    const { end, theta } = await method.search(ground, start, options, context);
    if (end !== "critical") continue;
    const lossAtStart = await ground.at(start, (place) => place.value());
    const about = { reach: norm2(start), lossAtStart };
    const curvatures = await curvaturesAt(ground, theta, about, own.split("grain"), context);
    const { positive, negative } = signsOf(curvatures, 0);
    if (positive === 0 || negative === 0) continue;
    found++;
    const { values } = curvatures;
    const share = -values[0] / values[values.length - 1];
    if (best === undefined || share > best.share) best = { theta, share };
    if (share > STEEP) break;
  }
  if (best === undefined) throw withoutSaddle();
  const { theta } = best;
  const { matrix } = await ground.at(theta, (place) => hessianAt(place, context));
  return { problem, theta, ...symmetricEigen(matrix, theta.length, true) };
}

function withoutSaddle(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "no-saddle",
    message: `None of ${SEARCHES} searches from random weights ended at a saddle of this network.`,
    hint: "Look for one with `thalweg critical`, which searches longer; a linear model of one layer has none.",
  });
}
