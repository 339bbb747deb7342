import { norm2 } from "../../linalg/vector.ts";
import { walkOf } from "../../optimizers/coordinate-walk.ts";
import type { LaterObjective } from "../../optimizers/objective.ts";
import { followOn } from "../../optimizers/walk.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { TaskDesk } from "../../runs/task.ts";
import { formatNumber } from "../../util/format-number.ts";
import { type RunContext, throwIfInterrupted } from "../../util/run-context.ts";
import { isNotFinite } from "../../util/thalweg-error.ts";
import { Order } from "../mini-batches.ts";
import { PathKeeper } from "./path-keeper.ts";
import { ProblemObjective } from "./problem-objective.ts";
import { batchOf, optimizerOf, type RaceOptions, USUAL } from "./race-options.ts";
import type { RaceRunRow, Walked, Walks } from "./race-result.ts";
import { type EndName, Footprints, kindOfHessian, MOST_DIMENSIONS } from "./run-race.ts";
import { DRAWN } from "./walks-on-toy.ts";

/** Walks of one optimiser on a network, one after the other. */
export async function walksOnNetwork(
  problem: Problem,
  { optimizer, from, to }: Walks,
  asked: RaceOptions,
  desk: Pick<TaskDesk, "common" | "context">,
): Promise<Walked> {
  const { context } = desk;
  const found: Walked = { runs: [], paths: [] };
  for (let i = from; i < to && context.outOfTime?.() !== true; i++) {
    const path = i < DRAWN ? new PathKeeper(i, problem.space.dimension === 2) : undefined;
    const run = await walkOnNetwork(problem, { optimizer, start: i, path }, asked, desk);
    if (run === undefined) break;
    found.runs.push(run);
    if (path) found.paths.push(path.kept);
  }
  return found;
}

/**
 * The first start is the weights of the model. In the others the numbers of each tensor are shuffled, which is another draw of
 * the same distribution where they were drawn independently.
 */
export function startOn({ point, space }: Problem, index: number, random: RandomStream): Float64Array {
  const theta = point.parameters;
  if (index === 0) return theta;
  const start = theta.slice();
  for (const { name, offset, size } of space.tensors)
    random
      .split(name)
      .permutation(size)
      .forEach((from, to) => (start[offset + to] = theta[offset + from]));
  return start;
}

interface OneWalk {
  readonly optimizer: string;
  readonly start: number;
  readonly path: PathKeeper | undefined;
}

/** Undefined where its time was up before its end. */
async function walkOnNetwork(
  problem: Problem,
  { optimizer, start: index, path }: OneWalk,
  asked: RaceOptions,
  { common, context }: Pick<TaskDesk, "common" | "context">,
): Promise<RaceRunRow | undefined> {
  const { tuned } = optimizerOf(optimizer, asked.lr);
  const { steps: most = USUAL.network.steps, tolerance, target, noise } = asked;
  // Of the walk alone, however walks are put together into tasks.
  const own = common.split(`walk ${index} of ${optimizer}`);
  const start = startOn(problem, index, common.split(`start ${index}`));
  // What the optimiser is told, and what is looked at, which is of all examples.
  const told = new ProblemObjective(problem, context);
  const batch = batchOf(asked, problem);
  const isWhole = batch === problem.examples;
  const whole = isWhole ? told : new ProblemObjective(problem, context);
  const order = new Order(problem.examples, batch, common.split(`order ${index}`));
  let emptyBatches = 0;
  const nextBatch = async (step: number) => {
    const chosen = isWhole ? undefined : Int32Array.from(order.at(step));
    if (chosen && !problem.hasTerms(chosen)) emptyBatches++;
    await told.choose(chosen);
  };
  const cost = { values: 0, gradients: 0, products: 0 };
  const prints = new Footprints(start, most);
  let end: EndName | undefined;
  let weights = start;
  let isOutOfTime = false;
  const look = async (): Promise<boolean> => {
    if (prints.isFar(weights)) end = "diverged";
    else if (path?.wants(prints.steps) === true || target !== undefined) {
      const value = await whole.value(weights);
      path?.keep(prints.steps, weights, value, cost);
      if (!Number.isFinite(value)) end = "diverged";
      else if (target !== undefined && value <= target) end = "reached";
      context.progress?.({
        stage: optimizer,
        done: prints.steps,
        total: most,
        estimate: `loss ${formatNumber(value)}`,
      });
    }
    return end !== undefined;
  };
  try {
    await nextBatch(0);
    if (!(await look()))
      try {
        const walk = walkOf(tuned, {
          start,
          random: own.split("optimizer"),
          shapes: problem.space.tensors.map(({ shape }) => shape),
        });
        await followOn(withNoise(told, noise, own.split("noise")), walk, async (now, spent) => {
          throwIfInterrupted(context);
          weights = now;
          prints.step(now);
          Object.assign(cost, spent);
          const isAtEnd = (await look()) || prints.steps >= most;
          isOutOfTime = !isAtEnd && context.outOfTime?.() === true;
          if (!isAtEnd) await nextBatch(prints.steps);
          return isAtEnd || isOutOfTime;
        });
      } catch (error) {
        if (!isNotFinite(error)) throw error;
        end = "diverged";
      }
    if (isOutOfTime) return undefined;
    const last = weights.slice();
    const value = prints.isFar(last) ? Number.NaN : await whole.value(last);
    path?.keep(prints.steps, last, value, cost);
    const gradientNorm = Number.isFinite(value) ? norm2(await whole.gradient(last)) : Number.NaN;
    if (end === undefined && gradientNorm <= tolerance) end = await kindOn(whole, last);
    const heldOut = prints.isFar(last) ? null : await heldOutLoss(problem, last, context);
    return {
      start: index,
      end: end ?? prints.unfinished(last),
      steps: prints.steps,
      value,
      gradientNorm,
      ...cost,
      heldOut,
      emptyBatches,
    };
  } finally {
    await told.close();
    await whole.close();
  }
}

/** Null where no examples are held out. */
async function heldOutLoss(problem: Problem, theta: Float64Array, context: RunContext): Promise<number | null> {
  const { heldOut } = problem;
  if (heldOut === undefined) return null;
  await using point = problem.at(theta, { examples: problem.sampleOf(heldOut) });
  return (await point.anyValue(context)).loss;
}

/** The kind of a critical point by all curvatures there. */
async function kindOn(loss: LaterObjective, at: Float64Array): Promise<EndName> {
  const n = at.length;
  if (n > MOST_DIMENSIONS) return "degenerate";
  const hessian = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const unit = new Float64Array(n);
    unit[i] = 1;
    hessian.set(await loss.hessianVector(at, unit), i * n);
  }
  return kindOfHessian(hessian, n);
}

/** The loss with normal noise of that deviation on every coordinate of its gradient, drawn anew each time. */
function withNoise(loss: LaterObjective, deviation: number, random: RandomStream): LaterObjective {
  if (deviation === 0) return loss;
  return {
    value: (x) => loss.value(x),
    gradient: async (x) => (await loss.gradient(x)).map((each) => each + deviation * random.normal()),
    hessianVector: (x, v) => loss.hessianVector(x, v),
    gaussNewtonVector: (x, v) => loss.gaussNewtonVector(x, v),
    layerFactors: loss.layerFactors?.bind(loss),
  };
}
