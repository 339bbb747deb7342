import { runChecks } from "../../instruments/run-checks.ts";
import type { Problem } from "../../problem/problem.ts";
import { Desk } from "../../quantities/desk.ts";
import { settingOf } from "../../quantities/needed-quantities.ts";
import type { Check } from "../../result/envelope.ts";
import { lossInWords } from "../../runs/at-many-weights.ts";
import type { Checkpoint, Subjects } from "../../runs/subject.ts";
import type { TaskDesk } from "../../runs/task.ts";
import { isNotFinite } from "../../util/thalweg-error.ts";
import { requireDivisors } from "./divisor-files.ts";
import { CHECKPOINT_NEEDS, measureCheckpoint, type Neighbour } from "./measure-checkpoint.ts";
import { measureForwardCheckpoint, measureForwardStep } from "./measure-forward.ts";
import { measureStep } from "./measure-step.ts";
import type { TrajectoryOptions } from "./trajectory-options.ts";
import type { ChainResult, PointNumbers, StepNumbers } from "./trajectory-result.ts";

/** Consecutive checkpoints, and what they have besides. */
export interface ChainInput {
  /** The one behind the last, for the step to it. */
  readonly next: Checkpoint | null;
  /** Files of what the optimiser divided by, of those of them that have one. */
  readonly divisors: readonly { readonly weights: string; readonly path: string }[];
}

type Path = Subjects["path"];
type AtCheckpoint = Awaited<ReturnType<Path["at"]>>;

/** Consecutive checkpoints, one after the other, and the steps from them. */
export async function measureChain(
  subject: Path,
  { next, divisors }: Pick<ChainInput, "next" | "divisors">,
  options: TrajectoryOptions,
  desk: TaskDesk,
): Promise<ChainResult> {
  const points: ChainResult["points"] = [];
  const steps: StepNumbers[] = [];
  const { checkpoints } = subject;
  const files = new Map(divisors.map(({ weights, path }) => [weights, path]));
  let before: Neighbour | undefined;
  let isChecked = false;
  for (const [i, here] of checkpoints.entries()) {
    desk.context.progress?.({ stage: "checkpoints", done: i, total: checkpoints.length, estimate: here.weights });
    try {
      const opened = await subject.at(here);
      try {
        const around = { options, desk, before, isChecked, divisors: files.get(here.weights) };
        const found = await measureHere(opened, here, checkpoints[i + 1] ?? next, around);
        ({ before, isChecked } = found);
        const origin = opened.origin();
        points.push({
          numbers: found.numbers,
          loss: found.loss,
          checks: [...origin.checks, ...found.checks],
          warnings: [...origin.warnings],
        });
        if (found.step) steps.push(found.step);
      } finally {
        await opened.close();
      }
    } catch (error) {
      if (!isNotFinite(error)) throw error;
      points.push({ unmeasured: { ...here, reason: error.message } });
    }
  }
  return { points, steps };
}

interface Around {
  /** The file of what the optimiser divided by there. */
  readonly divisors: string | undefined;
  readonly options: TrajectoryOptions;
  readonly desk: TaskDesk;
  /** Where the searches begin. */
  readonly before: Neighbour | undefined;
  readonly isChecked: boolean;
}

interface Here extends Pick<Around, "before" | "isChecked"> {
  readonly numbers: PointNumbers;
  readonly loss: string;
  readonly checks: readonly Check[];
  readonly step: StepNumbers | undefined;
}

async function measureHere(
  { subject }: AtCheckpoint,
  here: Checkpoint,
  behind: Checkpoint | null,
  { options, desk, before, isChecked, divisors: file }: Around,
): Promise<Here> {
  const stepTo = (measure: (there: ReturnType<typeof subject.weightsOf>) => Promise<StepNumbers | undefined>) =>
    behind === null ? Promise.resolve(undefined) : unlessDiverged(() => measure(subject.weightsOf(behind.weights)));
  if ("forward" in subject) {
    const { forward } = subject;
    const { context } = desk;
    const random = desk.common.split("trajectory");
    const { numbers, here: home } = await measureForwardCheckpoint(forward, here, random, context);
    const step = await stepTo((there) => measureForwardStep(forward, home, here.weights, there, { options, context }));
    return { numbers, step, loss: lossInWords(forward.options), checks: [], before, isChecked };
  }
  const { problem } = subject;
  const checks = isChecked ? [] : await runChecks(problem, "every-run", desk.common.split("checks"), desk.context);
  const bench = deskAt(problem, options, desk);
  const divisors = file === undefined ? undefined : requireDivisors(file, subject.weightsOf(file).theta);
  const { numbers, neighbour } = await measureCheckpoint(bench, options, before, { ...here, divisors });
  const step = await stepTo((there) => measureStep(bench, options, numbers, there));
  return { numbers, step, loss: lossInWords(problem.options), checks, before: neighbour, isChecked: true };
}

function deskAt(problem: Problem, options: TrajectoryOptions, { common, context }: TaskDesk): Desk {
  const setting = settingOf({ problem, options, hasBudget: context.hasBudget }, CHECKPOINT_NEEDS);
  return Desk.open(setting, common.split("trajectory"), context);
}

/** There is no step to a checkpoint that diverged. */
async function unlessDiverged<T>(measure: () => Promise<T>): Promise<T | undefined> {
  try {
    return await measure();
  } catch (error) {
    if (isNotFinite(error)) return undefined;
    throw error;
  }
}
