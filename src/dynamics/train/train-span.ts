import { z } from "zod";
import { Problem } from "../../problem/problem.ts";
import { count, real } from "../../result/real.ts";
import type { Desk } from "../../runs/experiment.ts";
import { defineTask, type TaskDesk } from "../../runs/task.ts";
import { chosen } from "../../util/chosen.ts";
import { formatNumber, formatShare } from "../../util/format-number.ts";
import { throwIfInterrupted } from "../../util/run-context.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { Tensor } from "../../util/tensor.ts";
import { type Augment, augmentBy } from "../augmentations/augment.ts";
import { chosenAugmentation } from "../augmentations/registry.ts";
import { withLabelNoise } from "../label-noise.ts";
import { batchSize, Order } from "../mini-batches.ts";
import { SCHEDULES, shareOfStepSize } from "../schedules/registry.ts";
import { readState, readTensors, stateText, tensorsText } from "../state-text.ts";
import { Tracker, trackedStep, type TrackedStep, trackingOf } from "../tracked/track.ts";
import { startOf, type Step, Trainer } from "../trainer.ts";
import { type ChosenOptimizer, optimizerFor, type TrainOptions, trainOptions } from "./train-options.ts";
import { decayBehindDivisor } from "../../optimizers/stability-limit.ts";

const EPOCHS = 10;
/** Checkpoints where nobody says how many. */
const CHECKPOINTS = 10;

const span = z.object({
  from: count.describe("Steps done before."),
  to: count,
  before: count.nullable().describe("Where the span before this one began; null for the first."),
});
type Span = z.output<typeof span>;

const spanResult = z.object({
  losses: z.array(real).describe("Of the batch of each step before it."),
  tensors: z.string().describe("Weights and running statistics behind it, as safetensors in base64."),
  state: z.string().describe("State of the optimiser, alike."),
  stopped: count.nullable().describe("The step whose loss was not finite."),
  tracked: z.array(trackedStep).default([]),
  memory: z.string().default("").describe("Vectors that the tracked quantities go on from, alike."),
});
type SpanResult = z.output<typeof spanResult>;

/** The steps between two checkpoints: a function of the checkpoint before, whoever does it and when. */
export const spanTask = defineTask({
  name: "train-span",
  subject: "problem",
  input: span,
  result: spanResult,
  label: ({ from, to }) => `steps ${from} to ${to}`,
  // One engine: a step hangs on the one before.
  opens: ({ arguments: given, options }) => ({
    arguments: given,
    options: { ...options, test: undefined },
    oneEngine: true,
  }),
  measure: ({ problem }, input, options, desk) => trainSpan(problem, input, options, desk),
});

/** The span before: its kind is that of the task itself. */
function before({ before: start, from }: Span, desk: TaskDesk): SpanResult | undefined {
  if (start === null) return undefined;
  return spanResult.parse(desk.found(spanTask, { from: start, to: from, before: previousOf(start, from - start) }));
}

/** Spans are of one length but for the last. */
export function previousOf(from: number, length: number): number | null {
  return from === 0 ? null : Math.max(0, from - length);
}

async function trainSpan(
  problem: Problem,
  input: Span,
  given: Readonly<Record<string, unknown>>,
  desk: TaskDesk,
): Promise<SpanResult> {
  const options = trainOptions.parse(given);
  if (options.labelNoise === 0) return spanOf(problem, input, given, desk);
  const noisy = withNoisyLabels(problem, options.labelNoise, desk.common);
  try {
    return await spanOf(noisy, input, given, desk);
  } finally {
    await noisy.close();
  }
}

/** The same problem with a share of its labels replaced. To be closed before it. */
export function withNoisyLabels(
  { model, dataset, runtime, options }: Problem,
  share: number,
  random: Desk["random"],
): Problem {
  const noisy = withLabelNoise(dataset, { share, ignoreIndex: options.lossOptions.ignoreIndex }, random);
  return Problem.open(model, noisy, runtime, options);
}

/** How many labels differ. */
export function replacedLabels({ dataset: before }: Problem, { dataset: after }: Problem): number {
  const [old, now] = [before, after].map((each) => each.y(0, each.examples).data);
  return Array.from(old).filter((label, i) => label !== now[i]).length;
}

async function spanOf(
  problem: Problem,
  { from, to, ...input }: Span,
  given: Readonly<Record<string, unknown>>,
  desk: TaskDesk,
): Promise<SpanResult> {
  const optimizer = optimizerFor(given);
  const { rule } = optimizer;
  const coupledDecay = decayBehindDivisor(optimizer.optimizer.with(optimizer.given).stabilityLimit);
  const options = trainOptions.parse(given);
  const { order, steps } = courseOf(problem, options, desk.common);
  const earlier = before({ from, to, ...input }, desk);
  const start = earlier ? readState(earlier, problem.options.precision) : startOf(problem, rule);
  const stepSize = stepSizeOf(optimizer, options, steps);
  const by = augmentOf(problem, options);
  const drawn = desk.common.split("augmented");
  const movedIn = (step: number): Step["moved"] => by && { by, random: drawn.split(String(step)) };
  const trainer = new Trainer(problem, { rule, clip: options.clip }, start);
  const tracker = new Tracker(
    problem,
    trackingOf(problem, options, order.batch),
    desk.common.split("tracked"),
    earlier?.memory ? readTensors(earlier.memory, "float64") : new Map<string, Tensor>(),
  );
  const losses: number[] = [];
  const tracked: TrackedStep[] = [];
  const accuracy = new RunningMean();
  const track = async (step: number) => {
    const standing = { step, rule, stepSize: stepSize(step), coupledDecay, batch: order.batch, state: trainer.state };
    tracked.push(await tracker.measure(standing, { signal: desk.context.signal }));
  };
  try {
    while (from + losses.length < to) {
      const first = from + losses.length;
      if (tracker.isDue(first)) await track(first);
      const next = Math.min(to, tracker.nextDue(first));
      for await (const found of trainer.train(
        stepsBetween(first, next, (step) => ({
          examples: order.at(step),
          numbers: rule.numbers(step, stepSize(step)),
          isRenewed: rule.between?.isDue(step),
          moved: movedIn(step),
        })),
      )) {
        for (const each of found) {
          losses.push(each.loss);
          if (!Number.isFinite(each.loss))
            return { losses, ...stateText(start), stopped: from + losses.length - 1, tracked, memory: "" };
          accuracy.add(each.accuracy);
        }
        throwIfInterrupted(desk.context);
        desk.context.progress?.({
          stage: "training",
          done: from + losses.length,
          total: steps,
          unit: "steps",
          estimate: `loss ${formatNumber(found[found.length - 1].loss)}${accuracy.said}`,
        });
      }
    }
    if (to === steps && tracker.isDue(steps)) await track(steps);
    return { losses, ...stateText(trainer.state), stopped: null, tracked, memory: tensorsText(tracker.memory) };
  } finally {
    tracker.close();
    await trainer.close();
  }
}

/** The step size before each step; behind the last one its own. */
export function stepSizeOf(
  { lr }: Pick<ChosenOptimizer, "lr">,
  options: Pick<TrainOptions, "schedule" | "warmup">,
  steps: number,
): (step: number) => number {
  const schedule = chosen("schedule", options.schedule, SCHEDULES);
  return (step) => lr * shareOfStepSize(schedule, Math.min(step, steps - 1), steps, options.warmup);
}

function* stepsBetween(from: number, to: number, stepOf: (step: number) => Step): Generator<Step> {
  for (let step = from; step < to; step++) yield stepOf(step);
}

/**
 * What the examples of each step are moved by; undefined where they stay.
 *
 * @throws usage errors `unknown-choice`, `bad-augmentation`, `nothing-to-augment`
 */
export function augmentOf({ dataset }: Problem, { augment }: Pick<TrainOptions, "augment">): Augment | undefined {
  return augment.length === 0 ? undefined : augmentBy(augment.map(chosenAugmentation), dataset);
}

/** A mean that forgets: 0.9 of what was stays. */
class RunningMean {
  private value: number | undefined;

  add(next: number | undefined): void {
    if (next !== undefined) this.value = this.value === undefined ? next : 0.9 * this.value + 0.1 * next;
  }

  get said(): string {
    return this.value === undefined ? "" : `, accuracy ${formatShare(this.value)}`;
  }
}

interface Course {
  readonly order: Order;
  readonly steps: number;
  /** Steps between checkpoints. */
  readonly every: number;
}

/** @throws usage errors `batch-too-large`, `warmup-too-long` */
export function courseOf(
  problem: Problem,
  { batch, epochs, steps, every, warmup }: TrainOptions,
  random: Desk["random"],
): Course {
  const { examples } = problem;
  const size = batchSize(examples, batch);
  const order = new Order(examples, size, random.split("order"));
  const all = steps ?? (epochs ?? EPOCHS) * order.stepsPerEpoch;
  if (warmup > all)
    throw new ThalwegError({
      kind: "usage",
      code: "warmup-too-long",
      message: `The step size is to rise over ${warmup} steps, and the training takes ${all}: it would never get to the step size that was asked for.`,
      hint: `Give a --warmup of ${all} steps at most, or train longer.`,
    });
  return { order, steps: all, every: Math.min(all, every ?? Math.max(1, Math.ceil(all / CHECKPOINTS))) };
}
