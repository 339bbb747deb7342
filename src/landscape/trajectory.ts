import { z } from "zod";
import { productsOfSearch } from "../estimators/extremal-eigenpairs.ts";
import type { ForwardLoss } from "../problem/forward-loss.ts";
import type { Problem } from "../problem/problem.ts";
import { MODEL } from "../runs/argument.ts";
import { aboutNamedAgain, joinedOrigin, noneMeasured, notMeasured, requireSameLoss } from "../runs/at-many-weights.ts";
import { defineExperiment } from "../runs/experiment.ts";
import type { Work } from "../problem/work.ts";
import type { Plan } from "../runs/plan.ts";
import type { Subjects } from "../runs/subject.ts";
import { defineTask } from "../runs/task.ts";
import { isNotFinite, ThalwegError } from "../util/thalweg-error.ts";
import { batchesDrawn } from "./trajectory/batch-sharpness.ts";
import { divisorFiles } from "./trajectory/divisor-files.ts";
import { measureChain } from "./trajectory/measure-chain.ts";
import { tunedOf } from "./trajectory/stability-line.ts";
import { optimizerOf } from "./trajectory/optimizer-of.ts";
import { pathGeometry } from "./trajectory/path-geometry.ts";
import { trajectoryFigures } from "./trajectory/trajectory-figures.ts";
import { trajectoryOptions, type TrajectoryOptions } from "./trajectory/trajectory-options.ts";
import {
  chainResult,
  trajectoryResult,
  type ChainResult,
  type MeasuredPoint,
  type StepNumbers,
} from "./trajectory/trajectory-result.ts";
import { trajectorySections } from "./trajectory/trajectory-sections.ts";

const checkpoint = z.object({ weights: z.string(), sha256: z.string() });

/**
 * Consecutive checkpoints, one after the other, each opened anew with its own statistics: the eigenvectors of one are where
 * the search at the next begins. The chain is cut at fixed places, so that its numbers hang on nothing but its input.
 */
const chain = defineTask({
  name: "trajectory-chain",
  subject: "path",
  input: z.object({
    checkpoints: z.array(checkpoint).min(1),
    next: checkpoint.nullable().describe("The one behind the chain, for the step to it."),
    divisors: z.array(z.object({ weights: z.string(), path: z.string() })).default([]),
  }),
  result: chainResult,
  label: ({ checkpoints: [first, ...others] }) =>
    others.length === 0 ? first.weights : `${first.weights} and the ${others.length} behind it`,
  opens: ({ arguments: given, options }, { checkpoints }) => ({
    arguments: given,
    options: { ...options, weights: checkpoints.map(({ weights }) => weights) },
  }),
  // What diverged says nothing of the others; a chain is not opened where all of it did.
  instead: (error, { checkpoints }) =>
    isNotFinite(error)
      ? {
          points: checkpoints.map((each, i) => ({
            unmeasured: {
              ...each,
              reason: i === 0 ? error.message : "Its weights, or its loss, are not finite either.",
            },
          })),
          steps: [],
        }
      : undefined,
  measure: (subject, input, options, desk) => measureChain(subject, input, trajectoryOptions.parse(options), desk),
});

export const trajectory = defineExperiment({
  name: "trajectory",
  summary: "follow curvature, sharpness and steps along the checkpoints of a training",
  description:
    "Follow a training through its checkpoints: loss, gradient, λmax and λmin with their proofs, the trace, batch sharpness, the anatomy of each step, and the stability line of the optimiser that made them. Where the graph has no derivatives, as a quantised one, the file itself is run: for losses, distances, turns and the critical sharpness of each step.",
  document: "trajectory",
  result: trajectoryResult,
  figures: trajectoryFigures,
  show: trajectorySections,
  arguments: [
    MODEL,
    {
      name: "CHECKPOINTS",
      description:
        "files of weights in their order (.safetensors, .npz, .onnx), or a pattern in quotes: 'ckpt/*.safetensors'",
      required: false,
      variadic: true,
      option: "weights",
    },
  ],
  subject: "path",
  isRandom: true,
  endsEarly: true,
  parameters: trajectoryOptions,
  tasks: [chain],
  examples: [
    ["thalweg trajectory model.onnx 'ckpt/*.safetensors' --data train.npz", "along all checkpoints"],
    [
      "thalweg trajectory model.onnx 'ckpt/*.safetensors' --data train.npz --lr 0.1 --batch 128",
      "beside the stability line of SGD",
    ],
    [
      "thalweg trajectory model.onnx 'run/checkpoints/*.safetensors' --divisors 'run/divisors/*.safetensors' --data train.npz --optimizer adam --lr 1e-3",
      "beside that of Adam, which divides",
    ],
  ],
  validate({ weights, ...options }) {
    requireDivides(trajectoryOptions.parse(options));
    if (weights !== undefined) return;
    throw new ThalwegError({
      kind: "usage",
      code: "missing-argument",
      message: "The checkpoints are missing.",
      hint: "Name them behind the model, or give a pattern in quotes: 'ckpt/*.safetensors'.",
    });
  },
  reads: (options) => trajectoryOptions.parse(options).divisors,
  expand: (options, filesOf) => ({ ...options, divisors: filesOf(trajectoryOptions.parse(options).divisors) }),
  plan: (subject, options) =>
    "forward" in subject
      ? forwardPlanOf(subject.forward, trajectoryOptions.parse(options), subject.checkpoints.length)
      : planOf(subject.problem, trajectoryOptions.parse(options), subject.checkpoints.length),
  async measure(subject, options, desk) {
    const { checkpoints } = subject;
    const files = divisorFiles(
      checkpoints.map(({ weights }) => weights),
      options.divisors,
    );
    const chains = Array.from({ length: Math.ceil(checkpoints.length / options.chain) }, (_, i) => {
      const end = (i + 1) * options.chain;
      const mine = checkpoints.slice(end - options.chain, end);
      const divisors = mine.flatMap(({ weights }) => {
        const path = files.get(weights);
        return path === undefined ? [] : [{ weights, path }];
      });
      return { checkpoints: mine, next: checkpoints[end] ?? null, divisors };
    });
    const found = await desk.tasks(chain, chains);
    const all = found.flatMap(({ points }) => points);
    const unmeasured = all.flatMap((each) => ("unmeasured" in each ? [each.unmeasured] : []));
    const measured = all.filter((each) => "numbers" in each);
    if (measured.length === 0) throw noneMeasured(unmeasured);
    requireSameLoss(measured.map(({ numbers: { weights }, loss }) => ({ weights, loss })));
    const geometry = pathGeometry(measured.length, (k) => subject.weightsOf(measured[k].numbers.weights).theta);
    const place = new Map(measured.map(({ numbers }, i) => [numbers.weights, i]));
    const points = measured.map(({ numbers }, i) => ({
      ...numbers,
      distance: geometry.fromStart[i],
      remaining: geometry.toEnd[i],
    }));
    const steps = found
      .flatMap((each) => each.steps)
      .map((each) => ({ ...each, cosine: cosineAt(geometry.cosines, place.get(each.from), measured, each) }));
    const converged = unmeasured.length === 0 && points.every((each) => each.converged);
    return {
      result: {
        points,
        steps,
        unmeasured,
        plane: geometry.plane && { shares: [...geometry.plane.shares], points: [...geometry.plane.points] },
        optimizer: optimizerOf(points, options, examplesOf(subject)),
        withoutDerivatives: "forward" in subject ? subject.because : null,
        converged,
        products:
          points.reduce((sum, each) => sum + each.products, 0) +
          steps.reduce((sum, { hill, curvature }) => sum + (hill?.products ?? (curvature === null ? 0 : 1)), 0),
      },
      converged,
      warnings: [
        ...aboutNamedAgain(subject),
        ...unmeasured.map(notMeasured),
        ...unmoved(all, steps),
        ...statisticsThatDiffer(steps),
      ],
      opened: joinedOrigin(
        measured.map(({ numbers: { weights }, checks, warnings }) => ({ weights, checks, warnings })),
      ),
    };
  },
});

/** @throws usage error `no-divisors` where the optimiser divides by nothing */
function requireDivides(options: TrajectoryOptions): void {
  const { title, limit } = tunedOf(options);
  if (options.divisors.length === 0 || limit?.matrix === "D⁻¹H") return;
  throw new ThalwegError({
    kind: "usage",
    code: "no-divisors",
    message: `--divisors are of an optimiser that divides its steps and has a limit, which ${title} does not.`,
    hint: "Name the optimiser that made the checkpoints: --optimizer adam.",
  });
}

/** Of the step at a place with the one before; none where a checkpoint that diverged lies between them. */
function cosineAt(
  cosines: readonly (number | null)[],
  at: number | undefined,
  measured: readonly MeasuredPoint[],
  step: StepNumbers,
): number | null {
  if (at === undefined || measured.at(at + 1)?.numbers.weights !== step.to) return null;
  return cosines[at];
}

/** Neighbours that were both measured, and between which there is no step. */
function unmoved(all: ChainResult["points"], steps: readonly Pick<StepNumbers, "from">[]): string[] {
  const stepped = new Set(steps.map(({ from }) => from));
  return all.flatMap((here, i) => {
    const next = all.at(i + 1);
    if (next === undefined || !("numbers" in here) || !("numbers" in next) || stepped.has(here.numbers.weights))
      return [];
    return [
      `${here.numbers.weights} and ${next.numbers.weights} hold the same parameters: there is no step between them.`,
    ];
  });
}

/** One warning for all: the steps hold what is said of each. */
function statisticsThatDiffer(steps: readonly Pick<StepNumbers, "doubts">[]): string[] {
  const count = steps.filter(({ doubts }) => doubts.length > 0).length;
  if (count === 0) return [];
  return [
    `Along ${count} of ${steps.length} steps more differs between the two files than the weights (statistics of normalisation, constants): the change of the loss along a step is at those of its first checkpoint, and is not the difference of the two losses.`,
  ];
}

function examplesOf(subject: Subjects["path"]): number {
  return "forward" in subject ? subject.forward.dataset.examples : subject.problem.examples;
}

/** What each checkpoint takes without derivatives: losses alone. */
function forwardPlanOf(problem: ForwardLoss, { passes }: TrajectoryOptions, tasks: number): Plan {
  const step = (name: string, title: string, losses: number) => ({
    name,
    title,
    products: 0,
    work: { losses: tasks * losses },
    bytes: 0,
    skipped: undefined,
  });
  return {
    noun: "measurement",
    steps: [
      step("point", "loss, with its rounding", 2),
      step("steps", "the step to the next, from losses alone", passes + 6),
    ],
    tasks: 1,
    problem,
    warnings: [],
  };
}

/** What each checkpoint takes, about. */
function planOf(
  problem: Problem,
  { batch, batches, passes, layers, divisors }: TrajectoryOptions,
  tasks: number,
): Plan {
  const { dimension } = problem.space;
  const step = (name: string, title: string, products: number, work: Work = { products }) => ({
    name,
    title,
    products,
    work,
    bytes: 0,
    skipped: undefined,
  });
  const { examples } = problem;
  const onBatches =
    batch === undefined ? 0 : (batchesDrawn({ size: batch, batches, examples }) * Math.min(batch, examples)) / examples;
  return {
    noun: "measurement",
    steps: [
      step("point", "loss and gradient, with their rounding", 1, { products: 1, gradients: 3, losses: 3 }),
      step(
        "extremes",
        "λmax and λmin",
        Math.min(dimension, productsOfSearch(dimension, { smallest: 1, blockSize: 1 })),
      ),
      ...(divisors.length === 0
        ? []
        : [step("divided", "λmax of D⁻¹H", Math.min(dimension, productsOfSearch(dimension, { blockSize: 1 })))]),
      step("trace", "trace", Math.min(dimension, 40)),
      ...(batch === undefined
        ? []
        : [step("batch-sharpness", "batch sharpness", 0, { products: onBatches, gradients: onBatches })]),
      ...(layers ? [step("layers", "layers", 10 * problem.space.tensors.length)] : []),
      step("steps", "the step to the next", 12, { products: 12, losses: passes }),
    ],
    tasks,
    // A chain of checkpoints begins with them.
    checks: 1,
    problem,
    warnings: [],
  };
}
