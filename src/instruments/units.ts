import { z } from "zod";
import type { Value } from "../graph/value.ts";
import { mul, neg, sub } from "../ops/arithmetic.ts";
import { cast, greater } from "../ops/logic.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceMax } from "../ops/reduction.ts";
import { reduceSum, reshape, transpose } from "../ops/structure.ts";
import { abs } from "../ops/unary.ts";
import { sizeOf, tensor } from "../util/tensor.ts";
import { formatShare } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";
import { exactly, type Question } from "./judge-verdict.ts";
import type { Computation } from "../problem/computation.ts";
import type { LossGraph } from "../problem/loss-graph.ts";
import { roundoff } from "../estimators/products.ts";
import type { Desk } from "../quantities/desk.ts";
import { unitStates } from "./units/unit-states.ts";
import { unitsPart, type UnitLayerPart } from "./units/units-part.ts";
import { activationLayers, type ActivationLayer } from "./units/activation-layers.ts";

/** A unit this near to a bound (as a share of the range) counts as saturated on an example. */
const SATURATED = 0.01;
/** Layers with more units than this are not compared pairwise. */
const COMPARED = 2048;
/** Units of rounding that a number may have gathered. */
const ROUNDED = 64;
/** Unit roundoff of float64, in which products are summed. */
const DOUBLE = 2 ** -53;

/** Sums over all examples and positions, per unit. */
interface UnitSums {
  count: number;
  readonly sum: Float64Array;
  readonly square: Float64Array;
  readonly active: Float64Array;
  readonly saturated: Float64Array;
  readonly largest: Float64Array;
  readonly smallest: Float64Array;
  readonly gram: Float64Array | undefined;
}

/**
 * The statistics of one value; those of several are added up, the extremes joined. Units are compared in float64 alone: from
 * sums of products in float32, directions that differ by 3·10⁻³ look the same.
 */
function statisticsOf(value: Value, { traits, axis }: ActivationLayer): Map<string, Value> {
  const rank = value.shape.length;
  const units = value.shape[axis];
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  const sum = (x: Value) => reduceSum(x, others);
  const flag = (x: Value) => sum(cast(x, value.dtype));
  const statistics = new Map([
    ["count", value.graph.scalar(sizeOf(value.shape) / units, value.dtype)],
    ["sum", sum(value)],
    ["square", sum(mul(value, value))],
    ["largest", reduceMax(value, others)],
    ["smallest", neg(reduceMax(neg(value), others))],
    ["active", flag(greater(value, 0))],
  ]);
  if (traits.bounds) {
    const [low, high] = traits.bounds;
    const centre = (low + high) / 2;
    const distance = abs(sub(value, centre));
    statistics.set("saturated", flag(greater(distance, (high - low) / 2 - SATURATED * (high - low))));
  }
  if (isCompared(value, axis)) {
    const rows = reshape(transpose(value, [...others, axis]), [sizeOf(value.shape) / units, units]);
    statistics.set("gram", matmul(rows, rows, { transposeA: true, transposeB: false }));
  }
  return statistics;
}

function isCompared({ shape, dtype }: Value, axis: number): boolean {
  return shape[axis] <= COMPARED && dtype === "float64";
}

function nameOf(layer: number, application: number, statistic: string): string {
  return `${layer}:${application}:${statistic}`;
}

/** The statistics of every application of every layer. */
function statisticsByName(graph: LossGraph): Map<string, Value> {
  return new Map(
    activationLayers(graph).flatMap((activation, i) =>
      activation.values.flatMap((each, k) =>
        [...statisticsOf(each, activation)].map(([name, value]) => [nameOf(i, k, name), value] as const),
      ),
    ),
  );
}

const UNIT_STATISTICS: Computation = {
  name: "units",
  build: (site) => [...statisticsByName(site).values()],
};

/** Sums over the examples in float64, where the device has it: variances and products in float32 cancel. */
async function collect({ problem, point, context }: Desk): Promise<UnitSums[]> {
  const exact = point.inFloat64();
  const graph = (problem.inFloat64 ?? problem).graph();
  const activations = activationLayers(graph);
  const sums = activations.map(({ values, axis }): UnitSums => {
    const units = values[0].shape[axis];
    const zeros = () => new Float64Array(units);
    return {
      count: 0,
      sum: zeros(),
      square: zeros(),
      active: zeros(),
      saturated: zeros(),
      largest: zeros().fill(Number.NEGATIVE_INFINITY),
      smallest: zeros().fill(Number.POSITIVE_INFINITY),
      gram: isCompared(values[0], axis) ? new Float64Array(units * units) : undefined,
    };
  });
  const places = new Map([...statisticsByName(graph).keys()].map((name, at) => [name, at]));
  await (exact ?? point).eachBatch(UNIT_STATISTICS, context, (_batch, values) => {
    sums.forEach((layer, i) => {
      for (const k of activations[i].values.keys()) {
        const part = (name: string) => values[places.get(nameOf(i, k, name)) ?? values.length]?.data ?? [];
        const add = (into: Float64Array, from: ArrayLike<number>) => {
          for (let j = 0; j < Math.min(into.length, from.length); j++) into[j] += from[j];
        };
        layer.count += part("count")[0];
        for (const name of ["sum", "square", "active", "saturated"] as const) add(layer[name], part(name));
        if (layer.gram) add(layer.gram, part("gram"));
        const [largest, smallest] = [part("largest"), part("smallest")];
        for (let j = 0; j < layer.sum.length; j++) {
          layer.largest[j] = Math.max(layer.largest[j], largest[j]);
          layer.smallest[j] = Math.min(layer.smallest[j], smallest[j]);
        }
      }
    });
  });
  return sums;
}

/**
 * Units that equal an earlier one up to a positive factor. Directions that differ by the angle δ have the cosine 1 − δ²/2, and
 * rounded numbers lead to no other direction than δ; undefined where the units were not compared.
 */
function duplicatesIn({ gram, sum }: UnitSums, angle: number): number | undefined {
  if (!gram) return undefined;
  const units = sum.length;
  const same = 1 - Math.max(angle ** 2 / 2, ROUNDED * DOUBLE);
  let duplicates = 0;
  for (let j = 1; j < units; j++) {
    for (let i = 0; i < j; i++) {
      const size = Math.sqrt(gram[i * units + i] * gram[j * units + j]);
      if (size > 0 && gram[i * units + j] >= size * same) {
        duplicates++;
        break;
      }
    }
  }
  return duplicates;
}

export const unitsInstrument = defineInstrument({
  name: "units",
  title: "Units",
  part: unitsPart,
  figures: [unitStates],
  parameters: z.object({}),
  notFor: (problem) =>
    activationLayers(problem.graph()).length === 0
      ? "The network has no activation of a kind whose units are counted."
      : undefined,
  cost: () => 2,
  run: async (desk) => {
    const activations = activationLayers(desk.problem.graph());
    const sums = await collect(desk);
    const rounding = ROUNDED * roundoff(desk.problem.options);
    const layers = activations.map(({ traits, made, activation, applications }, index): UnitLayerPart => {
      const layer = sums[index];
      const units = layer.sum.length;
      const where = (test: (unit: number) => boolean) => Array.from({ length: units }, (_, j) => j).filter(test).length;
      const mean = layer.sum.map((x) => x / layer.count);
      const spread = layer.square.map((x, j) => Math.sqrt(Math.max(0, x / layer.count - mean[j] ** 2)));
      const statistics = new Float64Array(4 * units);
      for (let j = 0; j < units; j++) {
        const share = (traits.bounds ? layer.saturated[j] : layer.active[j]) / layer.count;
        statistics.set(
          [mean[j], spread[j], share, Math.max(Math.abs(layer.largest[j]), Math.abs(layer.smallest[j]))],
          4 * j,
        );
      }
      return {
        name: made,
        activation,
        units,
        applications,
        dead: traits.rectifies ? where((j) => layer.largest[j] <= 0) : null,
        alwaysActive: traits.rectifies ? where((j) => layer.active[j] === layer.count) : null,
        saturated: traits.bounds ? where((j) => layer.saturated[j] === layer.count) : null,
        constant: where(
          (j) =>
            layer.largest[j] - layer.smallest[j] <=
            rounding * Math.max(Math.abs(layer.largest[j]), Math.abs(layer.smallest[j])),
        ),
        duplicates: duplicatesIn(layer, rounding) ?? null,
        meanActiveShare: traits.rectifies ? layer.active.reduce((sum, x) => sum + x, 0) / (units * layer.count) : null,
        statistics: desk.arrays.keep(`units.${index}.statistics`, tensor("float64", [units, 4], statistics)),
      };
    });
    return { parts: { units: layers }, converged: true };
  },
  readings: ({ units }) =>
    (units ?? []).map(({ name, activation, applications, units: all, dead, saturated, constant, duplicates }) => ({
      label: name,
      value: `${dead ?? saturated ?? 0} of ${all} ${dead === null ? "saturated" : "dead"}`,
      note: `${activation}${applications > 1 ? `, applied ${applications} times` : ""}; ${constant} constant, ${duplicates === null ? "not compared" : `${duplicates} duplicates`}`,
    })),
  measures:
    "The units behind each activation, over all examples (and positions, and time steps), in float64 where the device has it: dead (0 on every one), always active, saturated (within 1 % of a bound on every one), constant, or equal to an earlier unit up to a positive factor (to 4·10⁻⁶ in a float32 network, 10⁻⁷ in a float64 one). Units are not compared in layers of more than 2048, nor where there is no float64.",
  means: ({ units }) => {
    if (!units) return "";
    const total = (pick: (layer: UnitLayerPart) => number | null) =>
      units.reduce((sum, layer) => sum + (pick(layer) ?? 0), 0);
    const all = total((layer) => layer.units);
    const compared = units.every(({ duplicates }) => duplicates !== null);
    const repeated = compared ? ` and ${total((layer) => layer.duplicates)} duplicates` : "";
    return `Of ${all} units, ${total((layer) => layer.dead)} are dead${compared ? "," : " and"} ${total((layer) => layer.saturated)} saturated on every example${repeated}. ${total((layer) => layer.dead) > 0 ? "The weights that enter a dead unit get no gradient from these data and are flat directions; it may come back when earlier layers move its inputs." : ""}`.trimEnd();
  },
  doesNotMean:
    "Dead on these data is not dead for ever: other inputs may wake a unit. A unit that is rarely active is no fault; sparse units are often the useful ones.",
  tryNext: ({ units }) =>
    (units ?? []).some(({ dead }) => (dead ?? 0) > 0)
      ? "Lower the step size early in training, start with positive biases, or use a leaky activation; dead units can be pruned without changing the function on these data."
      : "Nothing to mend here.",
  verdicts: ({ units }) =>
    (units ?? []).flatMap(({ name, units: all, dead, saturated, duplicates }) => {
      const counted = (count: number | null, level: "note" | "warn", text: string): Question[] =>
        count
          ? [
              {
                asks: `what the units behind "${name}" do`,
                claims: [{ level, rests: [{ ground: exactly("the count", count), above: 0 }], text }],
                decidedBy: "",
              },
            ]
          : [];
      const emphasis = (count: number | null) => ((count ?? 0) > all / 10 ? "warn" : "note");
      return [
        ...counted(
          dead,
          emphasis(dead),
          `${dead} of the ${all} units behind "${name}" are dead on these data (${formatShare((dead ?? 0) / all)}).`,
        ),
        ...counted(
          saturated,
          emphasis(saturated),
          `${saturated} of the ${all} units behind "${name}" are saturated on every example.`,
        ),
        ...counted(duplicates, "note", `${duplicates} of the ${all} units behind "${name}" repeat another one.`),
      ];
    }),
});
