import { z } from "zod";
import { safetensorsChunks } from "../files/safetensors.ts";
import type { Problem } from "../problem/problem.ts";
import { withStatistics } from "../problem/with-statistics.ts";
import { count, real } from "../result/real.ts";
import { MODEL } from "../runs/argument.ts";
import { type Desk, defineExperiment } from "../runs/experiment.ts";
import type { ProblemSubject } from "../runs/subject.ts";
import { defineTask, type TaskDesk } from "../runs/task.ts";
import { chosen } from "../util/chosen.ts";
import { formatNumber, formatShare } from "../util/format-number.ts";
import { type RunContext, throwIfInterrupted } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { tensor, type Tensor } from "../util/tensor.ts";
import { Order } from "./mini-batches.ts";
import { SCHEDULES, shareOfStepSize } from "./schedules/registry.ts";
import { readState, stateText } from "./state-text.ts";
import { lossWhileTraining } from "./train/train-figures.ts";
import { optimizerFor, type TrainOptions, trainOptions } from "./train/train-options.ts";
import { trainResult, type TrainResult } from "./train/train-result.ts";
import { trainSections } from "./train/train-sections.ts";
import { startOf, type Step, Trainer } from "./trainer.ts";

const EPOCHS = 10;
/** Checkpoints where nobody says how many. */
const CHECKPOINTS = 10;
/** Points of the curve in the result. */
const DRAWN = 500;
/** Examples in all epochs up to which their order is written. */
const LONGEST_ORDER = 2 ** 24;

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
});
type SpanResult = z.output<typeof spanResult>;

/** The steps between two checkpoints: a function of the checkpoint before, whoever does it and when. */
const spanTask = defineTask({
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
function previousOf(from: number, length: number): number | null {
  return from === 0 ? null : Math.max(0, from - length);
}

async function trainSpan(
  problem: Problem,
  input: Span,
  given: Readonly<Record<string, unknown>>,
  desk: TaskDesk,
): Promise<SpanResult> {
  const { rule, lr } = optimizerFor(given);
  const options = optionsIn(given);
  const { order, steps } = courseOf(problem, options, desk.common);
  const earlier = before(input, desk);
  const start = earlier ? readState(earlier, problem.options.precision) : startOf(problem, rule);
  const schedule = chosen("schedule", options.schedule, SCHEDULES);
  const trainer = new Trainer(problem, { rule, clip: options.clip }, start);
  const losses: number[] = [];
  const accuracy = new RunningMean();
  function* stepsOfSpan(): Generator<Step> {
    for (let step = input.from; step < input.to; step++)
      yield {
        examples: order.at(step),
        numbers: rule.numbers(step, lr * shareOfStepSize(schedule, step, steps, options.warmup)),
      };
  }
  try {
    for await (const found of trainer.train(stepsOfSpan())) {
      for (const each of found) {
        losses.push(each.loss);
        if (!Number.isFinite(each.loss))
          return { losses, ...stateText(start), stopped: input.from + losses.length - 1 };
        accuracy.add(each.accuracy);
      }
      throwIfInterrupted(desk.context);
      const last = found[found.length - 1];
      desk.context.progress?.({
        stage: "training",
        done: input.from + losses.length,
        total: steps,
        estimate: `loss ${formatNumber(last.loss)}${accuracy.said}`,
      });
    }
    return { losses, ...stateText(trainer.state), stopped: null };
  } finally {
    await trainer.close();
  }
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

function optionsIn(given: Readonly<Record<string, unknown>>): TrainOptions {
  return trainOptions.parse(Object.fromEntries(Object.entries(given).filter(([key]) => key in trainOptions.shape)));
}

interface Course {
  readonly order: Order;
  readonly steps: number;
  /** Steps between checkpoints. */
  readonly every: number;
}

/** Examples of a step where nothing else is asked for, and there are so many. */
const BATCH = 128;

/** @throws usage error `batch-too-large` */
function courseOf(problem: Problem, { batch, epochs, steps, every }: TrainOptions, random: Desk["random"]): Course {
  const { examples } = problem;
  const size = batch === "full" ? examples : Number(batch ?? Math.min(BATCH, examples));
  if (size > examples)
    throw new ThalwegError({
      kind: "usage",
      code: "batch-too-large",
      message: `A batch of ${size} examples is asked for, and the data hold ${examples}.`,
      hint: "Give a smaller --batch, or --batch full for all of them.",
    });
  const order = new Order(examples, size, random.split("order"));
  const all = steps ?? (epochs ?? EPOCHS) * order.stepsPerEpoch;
  return { order, steps: all, every: Math.min(all, every ?? Math.max(1, Math.ceil(all / CHECKPOINTS))) };
}

export const train = defineExperiment({
  name: "train",
  summary: "train a network, with checkpoints that every other verb reads",
  description:
    "Train a network on its data: each step, forward, backward and update, is one graph. Checkpoints are written under the names of the model, and the trained network as model.onnx.\nA run that was stopped is continued with --resume, bit for bit.",
  choices: [],
  document: "train",
  result: trainResult,
  figures: [lossWhileTraining],
  show: trainSections,
  arguments: [MODEL],
  subject: "problem",
  isRandom: true,
  readsHeldOut: true,
  parameters: trainOptions,
  tasks: [spanTask],
  examples: [
    [
      "thalweg train mlp:64-32-10:tanh --data digits:train --test digits:test --optimizer adam --lr 3e-3 --epochs 20 -o run",
      "a small network on digits",
    ],
    ["thalweg train model.onnx --data train.npz --batch full --lr 0.1 --steps 1000 -o run", "gradient descent"],
    ["thalweg trajectory model.onnx 'run/checkpoints/*.safetensors' --data train.npz", "what curvature did meanwhile"],
  ],
  validate: (options) => void optimizerFor(options),
  async measure(subject, options, desk) {
    const { problem } = subject;
    const { optimizer, rule, lr, given } = optimizerFor(options);
    const { order, steps, every } = courseOf(problem, options, desk.random);
    const evaluate = evaluator(problem);
    const losses: number[] = [];
    const checkpoints: TrainResult["checkpoints"] = [];
    const beside: [string, Iterable<Uint8Array>][] = [];
    let last = startOf(problem, rule).tensors;
    let stopped: TrainResult["stopped"] = null;
    const keep = async (step: number, tensors: ReadonlyMap<string, Tensor>) => {
      const file = `checkpoints/step-${String(step).padStart(6, "0")}.safetensors`;
      checkpoints.push({ step, file, ...(await evaluate.at(tensors, desk.context)) });
      beside.push([file, [...safetensorsChunks(tensors)]]);
      last = tensors;
    };
    try {
      await keep(0, last);
      for (let from = 0; from < steps && stopped === null; from += every) {
        const to = Math.min(steps, from + every);
        // One after the other: each begins where the one before ended.
        const [found] = await desk.tasks(spanTask, [{ from, to, before: previousOf(from, every) }]);
        losses.push(...found.losses);
        if (found.stopped !== null)
          stopped = { step: found.stopped, checkpoint: checkpoints[checkpoints.length - 1].file };
        else await keep(to, readState(found, problem.options.precision).tensors);
      }
    } finally {
      await evaluate.close();
    }
    const model = subject.fileWith(last);
    const { loss, accuracy, testLoss, testAccuracy } = checkpoints[checkpoints.length - 1];
    return {
      result: {
        loss,
        accuracy,
        testLoss,
        testAccuracy,
        steps: stopped?.step ?? steps,
        asked: steps,
        stepsPerEpoch: order.stepsPerEpoch,
        batch: order.batch,
        optimizer: {
          name: optimizer.name,
          title: optimizer.title,
          source: optimizer.source,
          lr,
          options: given,
          schedule: options.schedule,
          warmup: options.warmup,
          clip: options.clip ?? null,
        },
        checkpoints,
        curve: thinned(losses),
        losses: desk.arrays.keep("loss", tensor("float64", [losses.length], Float64Array.from(losses))),
        order: keptOrder(order, steps, desk),
        stopped,
      },
      converged: stopped === null,
      warnings:
        model === undefined
          ? ["The trained weights could not be put into the model's file: there is no model.onnx."]
          : [],
      beside: [...beside, ...(model === undefined ? [] : [["model.onnx", [model]] as const])],
    };
  },
});

function thinned(losses: readonly number[]): TrainResult["curve"] {
  const each = Math.max(1, Math.ceil(losses.length / DRAWN));
  const step = losses.flatMap((_, i) => (i % each === 0 || i === losses.length - 1 ? [i] : []));
  return { step, loss: step.map((i) => losses[i]) };
}

function keptOrder(order: Order, steps: number, { arrays }: Pick<Desk, "arrays">): TrainResult["order"] {
  const epochs = Math.ceil(steps / order.stepsPerEpoch);
  const { examples, batch } = order;
  // In batches of all, the order is that of the data.
  if (batch >= examples || epochs * examples > LONGEST_ORDER) return null;
  const all = new Float64Array(epochs * examples);
  for (let epoch = 0; epoch < epochs; epoch++) all.set(order.of(epoch), epoch * examples);
  return arrays.keep("order", tensor("int64", [epochs, examples], all));
}

/** Loss and accuracy of all examples and of the held-out ones at weights, with running statistics as they stand there. */
function evaluator(problem: ProblemSubject["problem"]) {
  const lifted = withStatistics(problem);
  const at = lifted?.problem ?? problem;
  const unseen = problem.heldOut && at.sampleOf(problem.heldOut);
  const penalty = lifted ? problem.options.l2 : 0;
  return {
    async at(tensors: ReadonlyMap<string, Tensor>, context: RunContext) {
      const theta = at.space.flatten(tensors);
      const value = async (point: ReturnType<Problem["at"]>) => {
        try {
          return await point.anyValue(context);
        } finally {
          await point.release();
        }
      };
      const train = await value(at.at(theta));
      const test = unseen && (await value(at.at(theta, { examples: unseen })));
      const square = theta.subarray(0, lifted?.trained ?? 0).reduce((sum, x) => sum + x * x, 0);
      return {
        loss: train.loss + (penalty / 2) * square,
        accuracy: train.accuracy ?? null,
        testLoss: test ? test.loss + (penalty / 2) * square : null,
        testAccuracy: test?.accuracy ?? null,
      };
    },
    async close() {
      unseen?.feeds.release();
      await lifted?.close();
    },
  };
}
