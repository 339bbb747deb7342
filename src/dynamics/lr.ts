import { z } from "zod";
import { COORDINATE_OPTIMIZERS } from "../optimizers/registry.ts";
import type { Problem } from "../problem/problem.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import type { Plan } from "../runs/plan.ts";
import { defineTask } from "../runs/task.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { batchSize } from "./mini-batches.ts";
import { rampAgainstRange } from "./lr/lr-figures.ts";
import { type LrOptions, lrOptions } from "./lr/lr-options.ts";
import { curvaturePart, type CurvaturePart, lrResult, rampPart } from "./lr/lr-result.ts";
import { lrSections } from "./lr/lr-sections.ts";
import { measureCurvature } from "./lr/measure-curvature.ts";
import { rampUp } from "./lr/ramp.ts";
import { coordinateOptimizerFor } from "./train/train-options.ts";

/** Where a ramp begins and ends about the stable limit; without one, from 10⁻⁶ to 10. */
const BELOW = 1e-3;
const ABOVE = 1e2;
const UNKNOWN = { from: 1e-6, to: 10 };

const curvatureTask = defineTask({
  name: "lr-curvature",
  subject: "problem",
  share: 0.7,
  input: z.object({}),
  result: curvaturePart,
  label: () => "the curvature",
  opens: (request) => request,
  measure: ({ problem }, _input, options, desk) => {
    const asked = lrOptions.parse(options);
    return measureCurvature(
      problem,
      asked,
      { chosen: coordinateOptimizerFor(options), batch: batchSize(problem.examples, asked.batch) },
      desk,
    );
  },
});

const rampTask = defineTask({
  name: "lr-ramp",
  subject: "problem",
  share: 0.3,
  input: z.object({ from: z.number(), to: z.number(), steps: z.int() }),
  result: rampPart,
  label: ({ steps }) => `a ramp of ${steps} steps`,
  // One engine: a step hangs on the one before.
  opens: ({ arguments: given, options }) => ({ arguments: given, options, oneEngine: true }),
  measure: ({ problem }, input, options, desk) =>
    rampUp(
      problem,
      coordinateOptimizerFor(options).rule,
      { ...input, batch: batchSize(problem.examples, lrOptions.parse(options).batch) },
      desk,
    ),
});

export const lr = defineExperiment({
  name: "lr",
  summary:
    "which step sizes are stable at these weights, on the full batch and at a batch size, and what batch is still efficient",
  description:
    "The largest stable step size of an optimiser at the weights of the file, from curvature: on the full batch, and in mean square at a batch size; what momentum changes; up to which batch size larger batches save steps; and beside it the learning-rate finder, a ramp of the step size.\nStability is that of a quadratic at these weights: training changes the curvature. Of weights that are not trained it says how to begin.",
  choices: COORDINATE_OPTIMIZERS.map(({ name, summary }) => ({ name, summary })),
  document: "lr",
  result: lrResult,
  figures: [rampAgainstRange],
  show: lrSections,
  subject: "problem",
  arguments: [MODEL],
  examples: [
    ["thalweg lr model.onnx --data d.npz --optimizer sgd --momentum 0.9 --batch 128", "the stable range of SGD"],
    ["thalweg lr model.onnx --data d.npz --optimizer adam --lr 3e-3", "your step size, judged"],
  ],
  parameters: lrOptions,
  tasks: [curvatureTask, rampTask],
  isRandom: true,
  endsEarly: true,
  checks: "every-run",
  validate(options) {
    coordinateOptimizerFor(options);
    const { rampFrom, rampTo } = lrOptions.parse(options);
    if (rampFrom === undefined || rampTo === undefined || rampFrom < rampTo) return;
    throw new ThalwegError({
      kind: "usage",
      code: "ramp-falls",
      message: `The ramp is to go from ${rampFrom} to ${rampTo}, which is not upwards.`,
      hint: "Give --ramp-from the smaller step size.",
    });
  },
  plan: ({ problem }, options) => planOf(problem, lrOptions.parse(options)),
  async measure({ problem }, options, desk) {
    const { optimizer, given } = coordinateOptimizerFor(options);
    const batch = batchSize(problem.examples, options.batch);
    const [{ converged, ...found }] = await desk.tasks(curvatureTask, [{}]);
    const steps = options.ramp;
    const [ramp] = await desk.tasks(rampTask, steps === 0 ? [] : [{ ...rangeOf(options, found), steps }]);
    return {
      result: {
        optimizer: { name: optimizer.name, title: optimizer.title, source: optimizer.source, options: given },
        asked: given["lr"] === undefined ? null : Number(given["lr"]),
        batch,
        examples: problem.examples,
        ...found,
        ramp: ramp ?? null,
      },
      converged,
    };
  },
});

function rangeOf({ rampFrom, rampTo }: LrOptions, { fullBatch, atBatch }: Omit<CurvaturePart, "converged">) {
  const limit = Math.min(
    fullBatch?.stepSize ?? Number.POSITIVE_INFINITY,
    atBatch?.stepSize ?? Number.POSITIVE_INFINITY,
  );
  const range = Number.isFinite(limit) ? { from: BELOW * limit, to: ABOVE * limit } : UNKNOWN;
  const from = rampFrom ?? Math.min(range.from, (rampTo ?? Number.POSITIVE_INFINITY) * BELOW);
  return { from, to: rampTo ?? Math.max(range.to, from / BELOW) };
}

/** Products that λmax, batch sharpness and noise take, about. */
const SEARCHES = 150;

function planOf(problem: Problem, { ramp, batches, batch }: LrOptions): Plan {
  const share = batchSize(problem.examples, batch) / problem.examples;
  const work = { products: SEARCHES + batches * share, gradients: (batches + ramp) * share };
  return {
    noun: "step",
    steps: [
      { name: "curvature", title: "curvature and a ramp", products: SEARCHES, work, bytes: 0, skipped: undefined },
    ],
    tasks: 1,
    problem,
    warnings: [],
  };
}
