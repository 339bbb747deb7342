import { safetensorsChunks } from "../files/safetensors.ts";
import type { Problem } from "../problem/problem.ts";
import { withStatistics } from "../problem/with-statistics.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import { lossRoundingAt } from "../quantities/loss-rounding-at.ts";
import { createRandom } from "../random/random-stream.ts";
import { MODEL } from "../runs/argument.ts";
import { type Desk, defineExperiment } from "../runs/experiment.ts";
import type { Plan } from "../runs/plan.ts";
import type { ProblemSubject } from "../runs/subject.ts";
import { type RunContext, whyEnded } from "../util/run-context.ts";
import { tensor, type Tensor } from "../util/tensor.ts";
import { isNotFinite } from "../util/thalweg-error.ts";
import { chosenAugmentation } from "./augmentations/registry.ts";
import { emptyBatchesIn } from "./empty-batches.ts";
import { divisorsOf } from "./divisors-of.ts";
import type { Order } from "./mini-batches.ts";
import { readState } from "./state-text.ts";
import { trackingOf, type TrackedStep } from "./tracked/track.ts";
import { trackedFigures } from "./train/tracked-figures.ts";
import { trackedCurves } from "./train/tracked-result.ts";
import { lossWhileTraining } from "./train/train-figures.ts";
import { optimizerFor, type TrainOptions, trainOptions } from "./train/train-options.ts";
import { trainResult, type TrainResult } from "./train/train-result.ts";
import {
  augmentOf,
  courseOf,
  previousOf,
  replacedLabels,
  spanTask,
  stepSizeOf,
  withNoisyLabels,
} from "./train/train-span.ts";
import { trainSections } from "./train/train-sections.ts";
import { startOf, type TrainState } from "./trainer.ts";

/** Points of the curve in the result. */
const DRAWN = 500;
/** Examples in all epochs up to which their order is written. */
const LONGEST_ORDER = 2 ** 24;

export const train = defineExperiment({
  name: "train",
  summary: "train a network, with checkpoints that every other verb reads",
  description:
    "Train a network on its data: each step, forward, backward and update, is one graph. Checkpoints are written under the names of the model, and the trained network as model.onnx; beside the checkpoints, in divisors/, what an optimiser like Adam divides by, for `trajectory --divisors`.\nA run that was stopped is continued with --resume, bit for bit.",
  choices: [],
  document: "train",
  result: trainResult,
  figures: (result) => [lossWhileTraining, ...trackedFigures(result)],
  show: trainSections,
  arguments: [MODEL],
  subject: "problem",
  isRandom: true,
  drawsWeights: true,
  endsEarly: true,
  readsHeldOut: true,
  parameters: trainOptions,
  tasks: [spanTask],
  examples: [
    [
      "thalweg train mlp:64-32-10:tanh --data digits:train --test digits:test --optimizer adam --lr 3e-3 --epochs 20 -o run",
      "a small network on digits",
    ],
    [
      "thalweg train strided:1x40:25-25-25-10 --data mnist1d --test mnist1d:test --optimizer adam --lr 1e-2 --steps 6000 --batch 100",
      "signals in ten classes, by the network and the numbers of that benchmark",
    ],
    [
      "thalweg train cnn:1x8x8:32-64-10 --data digits:train --test digits:test --optimizer adamw --weight-decay 0.05 --lr 3e-3 --schedule cosine --epochs 60 --batch 64 --augment shift:1,rotate:15,zoom:0.15",
      "digits, tested on those of other writers, from images that are moved anew in each step",
    ],
    [
      "thalweg train mlp:1x8x8-512-512-10 --data digits:train --test digits:test --loss cross-entropy --loss-option smoothing=0.2 --optimizer adamw --weight-decay 0.1 --lr 3e-3 --schedule cosine --epochs 200 --batch 250 --augment shift:1,rotate:15,zoom:0.15",
      "the same without convolutions, towards softened labels",
    ],
    ["thalweg train model.onnx --data train.npz --batch full --lr 0.1 --steps 1000 -o run", "gradient descent"],
    [
      "thalweg train mlp:64-32-10:tanh --data digits:train --batch full --lr 0.5 --steps 500 --track sharpness",
      "gradient descent on its way to the edge of stability",
    ],
    ["thalweg trajectory model.onnx 'run/checkpoints/*.safetensors' --data train.npz", "what curvature did meanwhile"],
  ],
  validate(options) {
    optimizerFor(options);
    trainOptions.parse(options).augment.forEach(chosenAugmentation);
  },
  plan: ({ problem }, options) => planOf(problem, trainOptions.parse(options)),
  async measure(subject, options, desk) {
    const problem =
      options.labelNoise === 0 ? subject.problem : withNoisyLabels(subject.problem, options.labelNoise, desk.random);
    const labelNoise =
      options.labelNoise === 0
        ? null
        : { share: options.labelNoise, replaced: replacedLabels(subject.problem, problem) };
    const used = optimizerFor(options);
    const { optimizer, rule, lr, given } = used;
    const { order, steps, every } = courseOf(problem, options, desk.random);
    const tracking = trackingOf(problem, options, order.batch);
    const evaluate = evaluator(problem);
    const losses: number[] = [];
    const tracked: TrackedStep[] = [];
    const checkpoints: TrainResult["checkpoints"] = [];
    const beside: [string, Iterable<Uint8Array>][] = [];
    const start = startOf(problem, rule);
    let last = start.tensors;
    let rounding: number | null = null;
    let stopped: TrainResult["stopped"] = null;
    const leave = (file: string, tensors: ReadonlyMap<string, Tensor>) => {
      const content = [...safetensorsChunks(tensors)];
      beside.push([file, content]);
      desk.leave(file, content);
    };
    const stepSize = stepSizeOf(used, options, steps);
    const keep = async (step: number, state: TrainState) => {
      const name = `step-${String(step).padStart(6, "0")}.safetensors`;
      const file = `checkpoints/${name}`;
      checkpoints.push({ step, file, ...(await evaluate.at(state.tensors, desk.context)) });
      leave(file, state.tensors);
      const divisors = divisorsOf(problem, { step, rule, stepSize: stepSize(step), state });
      if (divisors) leave(`divisors/${name}`, problem.space.unflatten(divisors, "float64"));
      last = state.tensors;
    };
    try {
      await keep(0, start);
      for (let from = 0; from < steps && stopped === null && !desk.isOutOfTime(); from += every) {
        const to = Math.min(steps, from + every);
        // One after the other: each begins where the one before ended.
        const [found] = await desk.tasks(spanTask, [{ from, to, before: previousOf(from, every) }]);
        for (const each of found.losses) losses.push(each);
        for (const each of found.tracked) tracked.push(each);
        if (found.stopped !== null)
          stopped = { step: found.stopped, checkpoint: checkpoints[checkpoints.length - 1].file };
        else await keep(to, readState(found, problem.options.precision));
      }
      rounding = await evaluate.rounding(last, desk);
    } finally {
      await evaluate.close();
      if (problem !== subject.problem) await problem.close();
    }
    const model = subject.fileWith(last);
    const done = stopped?.step ?? losses.length;
    const isCut = stopped === null && done < steps;
    const { loss, accuracy, testLoss, testAccuracy } = checkpoints[checkpoints.length - 1];
    return {
      result: {
        loss,
        rounding,
        accuracy,
        testLoss,
        testAccuracy,
        steps: done,
        asked: steps,
        stepsPerEpoch: order.stepsPerEpoch,
        batch: order.batch,
        emptyBatches: emptyBatchesIn(problem, order, done),
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
        labelNoise,
        augment: trainOptions.parse(options).augment,
        checkpoints,
        curve: thinned(losses),
        losses: desk.arrays.keep("loss", tensor("float64", [losses.length], Float64Array.from(losses))),
        order: keptOrder(order, steps, desk),
        tracked: trackedCurves(tracking, tracked, {
          of: problem.examples,
          optimizer: used,
          stepSize,
          arrays: desk.arrays,
        }),
        stopped,
      },
      converged: stopped === null && !isCut,
      warnings: [
        ...(model === undefined
          ? ["The trained weights could not be put into the model's file: there is no model.onnx."]
          : narrowedIn(problem)),
        ...(isCut
          ? [`The training ended early, after ${done} of ${steps} steps: ${whyEnded({ hasBudget: desk.hasBudget })}`]
          : []),
      ],
      beside: [...beside, ...(model === undefined ? [] : [["model.onnx", [model]] as const])],
    };
  },
});

/** What a training takes, about: its steps, its checkpoints and what is tracked, in the time of products. */
function planOf(problem: Problem, options: TrainOptions): Plan {
  const { order, steps, every } = courseOf(problem, options, createRandom(0));
  augmentOf(problem, options);
  const tracking = trackingOf(problem, options, order.batch);
  const checkpoints = 1 + Math.ceil(steps / every);
  const all = (examples: number) => examples / problem.examples;
  const unseen = all(problem.heldOut?.examples ?? 0);
  const tracked = tracking.quantities.reduce((sum, { cost }) => sum + cost, 0) * all(tracking.examples);
  return {
    noun: "training",
    steps: [
      {
        name: "steps",
        title: `${steps} steps of ${order.batch} examples, ${checkpoints} checkpoints`,
        products: 0,
        work: {
          gradients: steps * all(order.batch) + Math.floor(steps / tracking.every) * tracked,
          losses: checkpoints * (1 + unseen),
        },
        bytes: 0,
        skipped: undefined,
      },
    ],
    tasks: 1,
    problem,
    warnings: [],
  };
}

/** That the file of the model has fewer digits than the weights that were trained. */
function narrowedIn({ model, space, options }: Problem): string[] {
  const narrow = chosenParameters(
    model,
    space.tensors.map(({ name }) => name),
  ).some(({ dtype }) => dtype !== options.precision);
  return options.precision === "float64" && narrow
    ? [
        "The weights were trained in float64, and model.onnx holds them rounded to the types that the model's file has. The checkpoints hold all digits.",
      ]
    : [];
}

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
    /** Of the loss of all examples there; null where the loss is no number. */
    async rounding(tensors: ReadonlyMap<string, Tensor>, { random, context }: Pick<Desk, "random" | "context">) {
      try {
        return await lossRoundingAt(at, at.space.flatten(tensors), random.split("rounding of the loss"), context);
      } catch (error) {
        if (!isNotFinite(error)) throw error;
        return null;
      }
    },
    async close() {
      unseen?.feeds.release();
      await lifted?.close();
    },
  };
}
