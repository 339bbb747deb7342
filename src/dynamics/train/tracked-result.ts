import { z } from "zod";
import { largestCurvature } from "../../optimizers/stability-limit.ts";
import { aside } from "../../result/known.ts";
import { arrayReference, type NamedArrays } from "../../result/named-arrays.ts";
import { count, real } from "../../result/real.ts";
import { tensor } from "../../util/tensor.ts";
import type { TrackedStep, Tracking } from "../tracked/track.ts";
import type { ChosenOptimizer } from "./train-options.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

const settled = z
  .object({
    points: aside(count),
    mean: real.describe("Of the ratio to the limit."),
    least: real,
    most: real,
  })
  .describe("How the curve stands to its limit over the last third of the measurements.");

/** What was measured while a network trained. */
export const trackedResult = z.object({
  every: aside(count).describe("Steps from one measurement to the next."),
  examples: aside(count).describe(
    "Examples of the quantities that are not of random batches or of the weights alone, the same all along.",
  ),
  of: aside(count).describe("How many there are."),
  steps: aside(z.array(count)).describe("Before which step each measurement was made."),
  quantities: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      source: z.string(),
      axis: z.string(),
      says: z.string(),
      series: z.array(
        z.object({
          name: z.string(),
          values: aside(z.array(real.nullable())),
          errors: aside(z.array(real.nullable())),
          array: arrayReference,
        }),
      ),
      limit: z
        .object({
          series: z.string().describe("The curve that it is a limit of."),
          formula: z.string(),
          note: z.string(),
          values: aside(z.array(real)).describe("At the step size of each measurement."),
          settled: settled.nullable(),
        })
        .nullable()
        .describe("The curvature above which the optimiser is unstable on a quadratic, on the full batch."),
    }),
  ),
});

export type TrackedResult = z.output<typeof trackedResult>;

/** Fewer say nothing of where a curve stays. */
const LEAST = 3;

/** The curves of what was tracked; null where nothing was. */
export function trackedCurves(
  { quantities, every, examples }: Tracking,
  measured: readonly TrackedStep[],
  {
    of,
    optimizer,
    stepSize,
    arrays,
  }: {
    /** How many examples there are. */
    readonly of: number;
    readonly optimizer: ChosenOptimizer;
    readonly stepSize: (step: number) => number;
    readonly arrays: NamedArrays;
  },
): TrackedResult | null {
  if (quantities.length === 0) return null;
  const limit = optimizer.optimizer.with(optimizer.given).stabilityLimit;
  const steps = measured.map(({ step }) => step);
  const on = examples === of ? ` On all ${of} examples.` : ` On ${examples} of ${of} examples, the same all along.`;
  return {
    every,
    examples,
    of,
    steps,
    quantities: quantities.map(({ name, title, source, axis, limits, ...quantity }) => {
      const says = `${quantity.says}${quantity.isOfExamples ? on : ""}`;
      const own = measured.map(({ numbers }) => numbers.filter((each) => each.quantity === name));
      const names = [...new Set(own.flatMap((numbers) => numbers.map(({ series }) => series)))];
      const series = names.map((each, i) => {
        const found = own.map((numbers) => numbers.find((number) => number.series === each));
        const values = found.map((number) => number?.value ?? null);
        const data = Float64Array.from(values, (value) => value ?? Number.NaN);
        return {
          name: each,
          values,
          errors: found.map((number) => number?.error ?? null),
          array: arrays.keep(`tracked.${name}.${i}`, tensor("float64", [data.length], data)),
        };
      });
      const limited = limit && limits?.(limit);
      const curve = series.find((each) => each.name === limited);
      if (limit === undefined || curve === undefined) return { name, title, source, axis, says, series, limit: null };
      const values = steps.map((step) => largestCurvature(limit, stepSize(step)));
      return {
        name,
        title,
        source,
        axis,
        says,
        series,
        limit: {
          series: curve.name,
          formula: limit.formula.replaceAll("λ", "η"),
          note: limit.note,
          values,
          settled: settledOf(curve.values, values),
        },
      };
    }),
  };
}

function settledOf(values: readonly (number | null)[], limits: readonly number[]): z.output<typeof settled> | null {
  const ratios = values
    .map((value, i) => (value === null ? Number.NaN : value / limits[i]))
    .slice(Math.floor((2 * values.length) / 3))
    .filter(Number.isFinite);
  if (ratios.length < LEAST) return null;
  return {
    points: ratios.length,
    mean: ratios.reduce((sum, x) => sum + x, 0) / ratios.length,
    least: minOf(ratios),
    most: maxOf(ratios),
  };
}
