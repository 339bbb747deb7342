import { z } from "zod";
import { vectorText } from "../../landscape/vector-text.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import { count, real } from "../../result/real.ts";
import type { ProblemSubject } from "../../runs/subject.ts";
import { defineTask, type TaskDesk } from "../../runs/task.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { curvaturesAt, signsOf } from "./classify.ts";
import { type CriticalOptions, criticalOptions, startsOf } from "./critical-options.ts";
import { lossSymmetryOf } from "./distinct-points.ts";
import { groundOf } from "./ground.ts";
import { levenbergMarquardt } from "./levenberg-marquardt.ts";
import { newtonMr } from "./newton-mr.ts";
import { ENDS, type SearchMethod } from "./search.ts";
import { minOf } from "../../util/extremes.ts";

/** A critical point that a search found. */
const point = z.object({
  loss: real,
  lossError: real,
  zero: real,
  leastCurvature: real.nullable(),
  positive: count,
  negative: count,
  flat: count,
  symmetric: count,
  theta: vectorText,
  eigenvalues: vectorText,
});

const searched = z.object({
  start: count,
  end: z.enum(ENDS.map(({ name }) => name)),
  steps: count,
  gradientNorm: real,
  gradientAtStart: real,
  point: point.nullable().describe("null where the search did not end at a critical point."),
});

export type Searched = z.output<typeof searched>;

/** Weights up to which H is a matrix. */
const MOST_WEIGHTS = 2000;

/**
 * The network in float64: in float32 a gradient of 1e-8 of what it was is rounding.
 *
 * @throws input error `needs-float64`; usage error `too-large`
 */
export function wideProblem(problem: Problem): Problem {
  const wide = problem.options.precision === "float64" ? problem : problem.inFloat64;
  if (wide === undefined)
    throw new ThalwegError({
      kind: "input",
      code: "needs-float64",
      message: "Critical points are looked for in float64, which this device does not have.",
      hint: "Leave out --device: the processor has it.",
    });
  const { dimension } = wide.space;
  if (dimension > MOST_WEIGHTS)
    throw new ThalwegError({
      kind: "usage",
      code: "too-large",
      message: `The network has ${dimension} weights; critical points are classified by all curvatures, up to ${MOST_WEIGHTS} weights.`,
      hint: "Choose fewer with --params, or take a smaller network.",
    });
  return wide;
}

/** Weights up to which a step with all eigenvectors is cheaper than one of products. */
const FEW_WEIGHTS = 200;

/** What searches such a problem. */
export function methodFor({ space }: Problem): SearchMethod {
  return space.dimension <= FEW_WEIGHTS ? levenbergMarquardt : newtonMr;
}

/** Searches from some of the starts. */
export const searchTask = defineTask({
  name: "critical-searches",
  subject: "problem",
  input: z.object({ from: count, to: count }),
  result: z.array(searched),
  label: ({ from, to }) => `starts ${from + 1} to ${to}`,
  opens: (request) => request,
  measure: (subject, { from, to }, options, desk) =>
    searches(subject, { from, to }, criticalOptions.parse(options), desk),
});

async function searches(
  subject: ProblemSubject,
  { from, to }: { readonly from: number; readonly to: number },
  options: CriticalOptions,
  { common, context }: TaskDesk,
): Promise<Searched[]> {
  const problem = wideProblem(subject.problem);
  const { startAt } = startsOf(options);
  const site = {
    theta: problem.point.parameters,
    tensors: problem.space.tensors,
    along: options.along.map((path) => subject.weightsOf(path).theta),
  };
  const ground = groundOf(problem, context);
  const symmetry = lossSymmetryOf(problem);
  const method = methodFor(problem);
  const done: Searched[] = [];
  for (let i = from; i < to && context.outOfTime?.() !== true; i++) {
    throwIfInterrupted(context);
    const random = common.split(`start ${i}`);
    const start = startAt(site, i, random.split("weights"));
    const { end, theta, ...found } = await method.search(ground, start, options, context);
    const row = { start: i, end, ...found, point: null };
    if (end !== "critical") done.push(row);
    else {
      const reach = norm2(start);
      const lossAtStart = await ground.at(start, (place) => place.value());
      const curvatures = await curvaturesAt(ground, theta, { reach, lossAtStart }, random.split("grain"), context);
      const { loss, lossError, values: eigenvalues, zero, distance } = curvatures;
      const symmetric = symmetry.orbitAt(theta, { size: reach, error: distance });
      const beyond = eigenvalues.filter((x) => Math.abs(x) > zero).map(Math.abs);
      done.push({
        ...row,
        point: {
          loss,
          lossError,
          zero,
          leastCurvature: beyond.length === 0 ? null : minOf(beyond),
          ...signsOf(curvatures, symmetric),
          theta,
          eigenvalues,
        },
      });
    }
    context.progress?.({ stage: "critical points", done: i + 1 - from, total: to - from });
  }
  return done;
}
