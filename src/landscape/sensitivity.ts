import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { plus, times, type Work } from "../problem/work.ts";
import { capitalized } from "../util/capitalized.ts";
import { formatShare } from "../util/format-number.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { amountsOf, CHANGE_KINDS, changesOf, isChange } from "./sensitivity/change-kinds.ts";
import { chosenOf, mixBits } from "./sensitivity/mix-bits.ts";
import { ranksOf } from "./sensitivity/ranks-of.ts";
import { FLOAT_BITS } from "./sensitivity/round-to-bits.ts";
import { sensitivityFigures } from "./sensitivity/sensitivity-figures.ts";
import { sensitivityOptions } from "./sensitivity/sensitivity-options.ts";
import { sensitivityResult, type SensitivityResult } from "./sensitivity/sensitivity-result.ts";
import { sensitivitySections } from "./sensitivity/sensitivity-sections.ts";
import { allAtOnce, atHome, oneByOne } from "./sensitivity/sensitivity-tasks.ts";
import { minOf } from "../util/extremes.ts";

/** Tensors that one task changes, each in every way. */
const TENSORS_A_TASK = 4;

export const sensitivity = defineExperiment({
  name: "sensitivity",
  summary: "what rounding and pruning cost, tensor by tensor: predicted beside measured",
  description: `${capitalized(CHANGE_KINDS.map(({ summary }) => summary).join(" or "))}, and set the change of the loss that gradient and curvature predict beside the one that is measured. With --budget, which tensor should get how many bits.`,
  document: "sensitivity",
  result: sensitivityResult,
  figures: sensitivityFigures,
  show: sensitivitySections,
  arguments: [MODEL],
  examples: [
    ["thalweg sensitivity model.onnx --data data.npz", "every tensor at 8 and at 4 bits"],
    [
      "thalweg sensitivity model.onnx --data data.npz --bits 8,6,4,2 --budget 0.15",
      "mixed precision in 15 % of the size",
    ],
    ["thalweg sensitivity model.onnx --data data.npz --prune 0.5,0.9", "what pruning costs"],
  ],
  subject: "problem",
  isRandom: true,
  readsHeldOut: true,
  checks: "every-run",
  parameters: sensitivityOptions,
  tasks: [atHome, oneByOne, allAtOnce],
  validate(options) {
    const { budget, ...asked } = sensitivityOptions.parse(options);
    const changes = changesOf(asked);
    if (changes.length === 0) throw nothingAsked();
    if (budget === undefined) return;
    const sizes = changes.flatMap(({ size }) => size ?? []);
    if (sizes.length === 0) throw noBits();
    if (budget * FLOAT_BITS < minOf(sizes)) throw tooSmall(budget, minOf(sizes));
  },
  plan({ problem }, options) {
    const changes = changesOf(sensitivityOptions.parse(options)).length;
    const tensors = problem.space.tensors.length;
    const each: Work = { products: 1, losses: 3 };
    const steps = [
      { name: "home", title: "The weights as they are", products: 8, work: { products: 8, gradients: 60, losses: 60 } },
      {
        name: "tensors",
        title: "Tensors one by one",
        products: tensors * changes,
        work: plus(times(tensors * changes, each), { gradients: Math.ceil(tensors / TENSORS_A_TASK) }),
      },
      {
        name: "together",
        title: "All tensors at once",
        products: changes,
        work: times(changes, plus(each, { gradients: 1 })),
      },
    ];
    return {
      noun: "part",
      steps: steps.map((step) => ({ ...step, bytes: 8 * changes * problem.space.dimension, skipped: undefined })),
      tasks: 1,
      problem,
      warnings: [],
    };
  },
  async measure({ problem }, options, desk) {
    const changes = changesOf(options);
    const [{ accuracy, ...known }] = await desk.tasks(atHome, [{}]);
    const { tensors: all } = problem.space;
    const groups = Array.from({ length: Math.ceil(all.length / TENSORS_A_TASK) }, (_, i) =>
      all.slice(i * TENSORS_A_TASK, (i + 1) * TENSORS_A_TASK).map(({ name }) => name),
    );
    const rows = (
      await desk.tasks(
        oneByOne,
        groups.map((tensors) => ({ tensors, home: known })),
      )
    ).flat();
    const joint = await desk.tasks(
      allAtOnce,
      changes.map((change) => ({
        label: `all tensors, ${change.label}`,
        changes: all.map(({ name }) => ({ tensor: name, ...amountsOf(change) })),
        home: known,
      })),
    );
    const together = joint.map((outcome, i) => ({
      ...outcome,
      ...amountsOf(changes[i]),
      singly: rows.filter((row) => isChange(changes[i], row)).reduce((sum, { predicted }) => sum + predicted, 0),
    }));
    const mix = options.budget === undefined ? null : mixBits(rows, all, changes, options.budget);
    const [outcome] = mix
      ? await desk.tasks(allAtOnce, [
          {
            label: "the chosen bits",
            changes: mix.changes.flatMap((change, i) =>
              change === undefined ? [] : [{ tensor: all[i].name, ...amountsOf(change) }],
            ),
            home: known,
          },
        ])
      : [];
    const result: SensitivityResult = {
      loss: known.loss,
      lossRounding: known.lossRounding,
      accuracy,
      test: known.test,
      tensors: rows,
      together,
      ranks: changes.map((change) =>
        ranksOf(
          rows.filter((row) => isChange(change, row)),
          change,
        ),
      ),
      choice: mix && chosenOf({ ...mix.choice, outcome }, rows, together, changes),
      products: rows.length + together.length + (mix ? 1 : 0),
    };
    return {
      result,
      converged: true,
      warnings: options.budget !== undefined && mix === null ? [noMix(options.budget)] : [],
    };
  },
});

function noMix(budget: number): string {
  return `No choice of these bits fits into ${formatShare(budget)} of the size with its scales and leaves the loss finite.`;
}

function nothingAsked(): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "no-changes",
    message: "No change of the weights is asked for: there is nothing to measure.",
    hint: `Give ${CHANGE_KINDS.map(({ example }) => example).join(" or ")}.`,
  });
}

function noBits(): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "missing-flag",
    message: "A budget is shared out in bits, and --bits says none.",
    hint: "Give the bits that a tensor may have, as --bits 8,6,4.",
  });
}

function tooSmall(budget: number, least: number): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "budget-too-small",
    message: `A budget of ${budget} is less than the numbers of all tensors take at ${least} bits without their scales, ${least / FLOAT_BITS}.`,
    hint: `Give a --budget above ${least / FLOAT_BITS}, or fewer bits.`,
  });
}
