import { z } from "zod";
import { roundoff } from "../../estimators/products.ts";
import { norm2 } from "../../linalg/vector.ts";
import type { Problem } from "../../problem/problem.ts";
import { hessianOperator } from "../../quantities/hessian-operator.ts";
import { lossRounding } from "../../quantities/loss-rounding.ts";
import { lossValue } from "../../quantities/loss-value.ts";
import { Desk } from "../../quantities/desk.ts";
import { settingOf } from "../../quantities/needed-quantities.ts";
import { needsOf } from "../../quantities/quantity.ts";
import { roundedParameters, ROUNDINGS } from "../../quantities/rounding-yardsticks.ts";
import { real } from "../../result/real.ts";
import { defineTask } from "../../runs/task.ts";
import { allocate } from "../../util/tensor.ts";
import { filtersOf, type TensorFilters } from "../filters.ts";
import type { Change } from "./change.ts";
import { amountsOf, changeColumns, changeOf, changesOf } from "./change-kinds.ts";
import { predictChanges } from "./predict-change.ts";
import { sensitivityOptions } from "./sensitivity-options.ts";
import { changedLoss, tensorChange, type TensorChange } from "./sensitivity-result.ts";

const unseen = z.object({ loss: real, lossRounding: real, accuracy: real.nullable() });
const home = z.object({
  loss: real,
  lossRounding: real,
  gradientRounding: real,
  productRounding: real,
  test: unseen.nullable(),
});

/** The loss at the weights as they are, and what rounding leaves of it and of its derivatives. */
export const atHome = defineTask({
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
export const oneByOne = defineTask({
  name: "sensitivity-of-tensors",
  subject: "problem",
  input: z.object({ tensors: z.array(z.string()), home }),
  result: z.array(tensorChange),
  label: ({ tensors }) => (tensors.length === 1 ? tensors[0] : `${tensors[0]} … ${tensors[tensors.length - 1]}`),
  opens: (request) => request,
  async measure({ problem }, { tensors, home: known }, options, { context }) {
    const changes = changesOf(sensitivityOptions.parse(options));
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
export const allAtOnce = defineTask({
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
