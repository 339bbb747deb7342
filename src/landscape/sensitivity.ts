import { z } from "zod";
import { roundoff } from "../estimators/products.ts";
import { norm2 } from "../linalg/vector.ts";
import type { Problem } from "../problem/problem.ts";
import { hessianOperator } from "../quantities/hessian-operator.ts";
import { lossRounding } from "../quantities/loss-rounding.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { Desk } from "../quantities/desk.ts";
import { settingOf } from "../quantities/needed-quantities.ts";
import { needsOf } from "../quantities/quantity.ts";
import { roundedParameters, ROUNDINGS } from "../quantities/rounding-yardsticks.ts";
import { real } from "../result/real.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { GRADIENT, LOSS } from "../runs/plan.ts";
import { defineTask } from "../runs/task.ts";
import { formatShare } from "../util/format-number.ts";
import { allocate } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { filtersOf, type TensorFilters } from "./filters.ts";
import type { Change } from "./sensitivity/change.ts";
import {
  amountsOf,
  CHANGE_KINDS,
  changeColumns,
  changeFlags,
  changeOf,
  changesOf,
  isChange,
} from "./sensitivity/change-kinds.ts";
import { chooseBits } from "./sensitivity/choose-bits.ts";
import { predictChanges } from "./sensitivity/predict-change.ts";
import { rankCorrelation } from "./sensitivity/rank-correlation.ts";
import { FLOAT_BITS, storedBits } from "./sensitivity/round-to-bits.ts";
import { sensitivityFigures } from "./sensitivity/sensitivity-figures.ts";
import {
  changedLoss,
  sensitivityResult,
  type SensitivityResult,
  tensorChange,
  type TensorChange,
} from "./sensitivity/sensitivity-result.ts";
import { sensitivitySections } from "./sensitivity/sensitivity-sections.ts";
import { capitalized } from "../util/capitalized.ts";

/** Tensors that one task changes, each in every way. */
const TENSORS_A_TASK = 4;

const parameters = z.object({
  ...changeFlags,
  budget: z.number().gt(0).max(1).optional().meta({
    description: "bits in all, as a share of those of 32-bit floats: which tensor gets how many",
    placeholder: "SHARE",
    group: "Changes",
  }),
});

const unseen = z.object({ loss: real, lossRounding: real, accuracy: real.nullable() });
const home = z.object({
  loss: real,
  lossRounding: real,
  gradientRounding: real,
  productRounding: real,
  test: unseen.nullable(),
});

/** The loss at the weights as they are, and what rounding leaves of it and of its derivatives. */
const atHome = defineTask({
  name: "sensitivity-home",
  subject: "problem",
  input: z.object({}),
  result: home.extend({ accuracy: real.nullable() }),
  label: () => "the weights as they are",
  opens: (request) => request,
  async measure({ problem }, _input, _options, { common, context }) {
    const needs = needsOf([lossValue, lossRounding]);
    const desk = Desk.open(settingOf({ problem, options: {} }, needs), common.split("sensitivity"), context);
    const { loss, accuracy = null } = await desk.get(lossValue);
    const { norm } = (await desk.operator(hessianOperator).rounding?.()) ?? { norm: 0 };
    return {
      loss,
      accuracy,
      lossRounding: await desk.get(lossRounding),
      gradientRounding: problem.point.inFloat64() ? 0 : await movedGradient(desk),
      productRounding: norm,
      test: await onUnseen(desk),
    };
  },
});

/** Loss and accuracy on held-out examples, and what rounded weights move the loss by; null where there are none. */
async function onUnseen(desk: Desk): Promise<z.output<typeof unseen> | null> {
  const { problem, context } = desk;
  if (problem.heldOut === undefined) return null;
  const examples = problem.sampleOf(problem.heldOut);
  await using here = problem.at(problem.point.parameters, { examples });
  await using moved = problem.at(roundedParameters(desk), { examples });
  const { loss, accuracy = null } = await here.value(context);
  const { loss: other } = await moved.value(context);
  // One number may stay where it is by chance: no loss is known better than its arithmetic has it.
  const lossRounding = ROUNDINGS * Math.max(Math.abs(other - loss), roundoff(problem.options) * Math.abs(loss));
  return { loss, lossRounding, accuracy };
}

/** By how much rounded weights move the gradient, where there is no wider arithmetic to take it in. */
async function movedGradient(desk: Desk): Promise<number> {
  const { problem, context } = desk;
  await using rounded = problem.at(roundedParameters(desk));
  const [here, there] = [await gradientOf(problem, context), await rounded.gradient(context)];
  return ROUNDINGS * norm2(here.map((x, i) => there[i] - x));
}

function gradientOf({ point }: Problem, context: Desk["context"]): Promise<Float64Array> {
  return (point.inFloat64() ?? point).gradient(context);
}

/** Some tensors, one by one, in every way. */
const oneByOne = defineTask({
  name: "sensitivity-of-tensors",
  subject: "problem",
  input: z.object({ tensors: z.array(z.string()), home }),
  result: z.array(tensorChange),
  label: ({ tensors }) => (tensors.length === 1 ? tensors[0] : `${tensors[0]} … ${tensors[tensors.length - 1]}`),
  opens: (request) => request,
  async measure({ problem }, { tensors, home: known }, options, { context }) {
    const changes = changesOf(parameters.parse(options));
    const gradient = await gradientOf(problem, context);
    const chosen = filtersOf(problem).filter(({ tensor }) => tensors.includes(tensor.name));
    const rows: TensorChange[] = [];
    for (const filters of chosen) {
      const { tensor, role, count } = filters;
      const steps = changes.map((change) => stepOf(problem, [{ filters, change }]));
      const found = await predictChanges(problem, gradient, known, steps, context);
      const weights = norm2(problem.point.parameters.subarray(tensor.offset, tensor.offset + tensor.size));
      found.forEach((each, i) => {
        const distance = norm2(steps[i]);
        rows.push({
          ...each,
          name: tensor.label ?? tensor.name,
          ...amountsOf(changes[i]),
          parameters: tensor.size,
          channels: role === "offset" ? 1 : count,
          distance,
          relative: weights === 0 ? 0 : distance / weights,
        });
      });
    }
    return rows;
  },
});

/** All tensors at once, each in a way of its own. */
const allAtOnce = defineTask({
  name: "sensitivity-together",
  subject: "problem",
  input: z.object({
    label: z.string(),
    changes: z.array(z.object({ tensor: z.string(), ...changeColumns })),
    home,
  }),
  result: changedLoss,
  label: ({ label }) => label,
  opens: (request) => request,
  async measure({ problem }, { changes: asked, home: known }, _options, { context }) {
    const all = new Map(filtersOf(problem).map((filters) => [filters.tensor.name, filters]));
    const parts = asked.flatMap(({ tensor, ...amounts }) => {
      const filters = all.get(tensor);
      const change = changeOf(amounts);
      return filters === undefined || change === undefined ? [] : [{ filters, change }];
    });
    const step = stepOf(problem, parts);
    const [found] = await predictChanges(problem, await gradientOf(problem, context), known, [step], context);
    return { ...found, distance: norm2(step) };
  },
});

/** d: what the changes make of the weights in the arithmetic of the network, less the weights. */
function stepOf(
  { point }: Problem,
  parts: readonly { readonly filters: TensorFilters; readonly change: Change }[],
): Float64Array {
  const theta = point.parameters;
  const step = new Float64Array(theta.length);
  for (const { filters, change } of parts) {
    const { offset, size } = filters.tensor;
    const weights = theta.subarray(offset, offset + size);
    const stored = allocate(point.precision, size);
    stored.set(change.apply(weights, filters));
    for (let i = 0; i < size; i++) step[offset + i] = stored[i] - weights[i];
  }
  return step;
}

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
  parameters,
  tasks: [atHome, oneByOne, allAtOnce],
  validate(options) {
    const { budget, ...asked } = parameters.parse(options);
    const changes = changesOf(asked);
    if (changes.length === 0) throw nothingAsked();
    if (budget === undefined) return;
    const sizes = changes.flatMap(({ size }) => size ?? []);
    if (sizes.length === 0) throw noBits();
    if (budget * FLOAT_BITS < Math.min(...sizes)) throw tooSmall(budget, Math.min(...sizes));
  },
  plan({ problem }, options) {
    const changes = changesOf(parameters.parse(options)).length;
    const tensors = problem.space.tensors.length;
    const each = 1 + 3 * LOSS;
    const steps = [
      { name: "home", title: "The weights as they are", products: 8, work: 60 },
      {
        name: "tensors",
        title: "Tensors one by one",
        products: tensors * changes,
        work: tensors * changes * each + GRADIENT * Math.ceil(tensors / TENSORS_A_TASK),
      },
      { name: "together", title: "All tensors at once", products: changes, work: changes * (each + GRADIENT) },
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
    const mix = options.budget === undefined ? null : mixedBits(rows, all, changes, options.budget);
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

function ranksOf(rows: readonly TensorChange[], change: Change): SensitivityResult["ranks"][number] {
  // The order of changes that are rounding is that of the rounding.
  const resolved = rows.filter(({ measured, measuredError }) => Math.abs(measured) > measuredError);
  return {
    ...amountsOf(change),
    correlation: rankCorrelation(
      resolved.map(({ predicted }) => predicted),
      resolved.map(({ measured }) => measured),
    ),
    tensors: rows.length,
    resolved: resolved.length,
    covered: rows.filter((each) => isCovered(each)).length,
  };
}

/** Whether the measured change lies within the errors of both. */
function isCovered({ predicted, error, measured, measuredError }: TensorChange): boolean {
  return Math.abs(measured - predicted) <= error + measuredError;
}

type Choice = NonNullable<SensitivityResult["choice"]>;

/** What a tensor costs alone, as measured: what lowers the loss counts as no cost. */
function costOf({ measured }: TensorChange): number {
  return Math.max(0, measured);
}

/** The mix of bits whose costs, tensor by tensor, add up to least; null where none within the budget leaves the loss finite. */
function mixedBits(
  rows: readonly TensorChange[],
  tensors: Problem["space"]["tensors"],
  changes: readonly Change[],
  budget: number,
): { readonly choice: Omit<Choice, "outcome" | "uniform" | "mix">; readonly changes: (Change | undefined)[] } | null {
  const names = tensors.map(({ name, label }) => label ?? name);
  const ways = tensors.map(({ size: numbers }, i) => [
    { bits: FLOAT_BITS, size: FLOAT_BITS * numbers, cost: 0, change: undefined },
    ...changes
      .flatMap((change, k) => {
        const row = rows[i * changes.length + k];
        const { size: bits } = change;
        if (bits === undefined) return [];
        return { bits, size: storedBits(numbers, bits, row.channels), cost: costOf(row), change };
      })
      .filter(({ cost }) => Number.isFinite(cost)),
  ]);
  const whole = FLOAT_BITS * tensors.reduce((sum, { size }) => sum + size, 0);
  const found = chooseBits(ways, budget * whole);
  if (found === undefined) return null;
  const { chosen, cost, bound, size } = found;
  return {
    choice: {
      budget,
      used: size / whole,
      tensors: names.map((name, i) => ({ name, bits: ways[i][chosen[i]].bits })),
      expected: cost,
      bound,
    },
    changes: ways.map((each, i) => each[chosen[i]].change),
  };
}

/** The share of 32-bit floats that all tensors take at the same bits. */
function usedAt(change: Change, bits: number, rows: readonly TensorChange[]): number {
  const all = rows.filter((row) => isChange(change, row));
  const whole = all.reduce((sum, { parameters }) => sum + FLOAT_BITS * parameters, 0);
  return all.reduce((sum, row) => sum + storedBits(row.parameters, bits, row.channels), 0) / whole;
}

/** The mix, or the same bits for every tensor where those, too, fit and cost less with all of it at once. */
function chosenOf(
  mix: Omit<Choice, "uniform" | "mix">,
  rows: readonly TensorChange[],
  together: SensitivityResult["together"],
  changes: readonly Change[],
): Choice {
  const [best] = changes
    .flatMap((change, i) =>
      change.size === undefined
        ? []
        : [{ change, bits: change.size, used: usedAt(change, change.size, rows), outcome: together[i] }],
    )
    .filter(({ used, outcome }) => used <= mix.budget && Number.isFinite(outcome.measured))
    .sort((a, b) => a.outcome.measured - b.outcome.measured);
  const uniform = best === undefined ? null : { bits: best.bits, measured: best.outcome.measured };
  const found = { ...mix, uniform, mix: mix.outcome.measured };
  if (best === undefined || mix.outcome.measured <= best.outcome.measured) return found;
  return {
    ...found,
    used: best.used,
    tensors: mix.tensors.map(({ name }) => ({ name, bits: best.bits })),
    expected: rows.filter((row) => isChange(best.change, row)).reduce((sum, row) => sum + costOf(row), 0),
    outcome: changedLoss.parse(changedLoss.encode(best.outcome)),
  };
}

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
