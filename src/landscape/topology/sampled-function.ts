import { z } from "zod";
import { real } from "../../result/real.ts";
import type { FinishedRun } from "../../runs/subject.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";

/** A function that is known at the points of a grid. */
export interface SampledFunction {
  readonly name: string;
  /** The slowest one first. */
  readonly axes: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** In rows; what was not measured is NaN. */
  readonly values: Float64Array;
  /** What rounding leaves of a loss, larger ones in proportion to that at which it was measured. */
  readonly rounding: { readonly value: number; readonly at: number };
}

const positions = z.array(real).min(1);
const around = z.object({ home: real, rounding: real });
const losses = z.array(real.nullable());
const line = around.extend({ x: positions, loss: losses, test: z.object({ loss: losses }).nullable() });
const surface = around.extend({ x: positions, y: positions });

const HELD_OUT = "loss on held-out examples";

/** The arrays of a surface that are losses, and what they are called. */
const LOSSES = [
  ["loss", "loss"],
  ["test.loss", HELD_OUT],
] as const;

/**
 * The losses that a run has sampled.
 *
 * @throws input errors `no-samples` for a run of another kind, `samples-incomplete` where arrays are missing or of another shape
 */
export function sampledFunctions({ path, kind, result, arrays }: FinishedRun): SampledFunction[] {
  if (kind === "line") {
    const { x, loss, test, home, rounding } = read(line, result, path);
    const sampled = [["loss", loss] as const, ...(test === null ? [] : [[HELD_OUT, test.loss] as const])];
    return sampled.map(([name, values]) =>
      complete(
        {
          name,
          axes: [{ name: "x", values: x }],
          values: Float64Array.from(values, (value) => value ?? Number.NaN),
          rounding: { value: rounding, at: home },
        },
        path,
      ),
    );
  }
  if (kind === "surface") {
    const { x, y, home, rounding } = read(surface, result, path);
    const axes = [
      { name: "y", values: y },
      { name: "x", values: x },
    ];
    if (!arrays.has("loss")) throw incomplete(path, 'there is no array "loss" in its arrays.npz');
    return LOSSES.flatMap(([array, name]) => {
      const samples = arrays.get(array);
      if (samples === undefined) return [];
      const values = Float64Array.from(samples.read().data);
      return [complete({ name, axes, values, rounding: { value: rounding, at: home } }, path)];
    });
  }
  throw new ThalwegError({
    kind: "input",
    code: "no-samples",
    message: `${path} is a run of ${kind}, which samples no line or surface of the loss.`,
    where: { file: path },
    hint: "Give the folder of a finished `thalweg surface` or `thalweg line`.",
  });
}

function read<S extends z.ZodType>(shape: S, result: unknown, path: string): z.output<S> {
  const parsed = shape.safeParse(result);
  if (parsed.success) return parsed.data;
  throw incomplete(path, "it does not say where its points are");
}

function complete(sampled: SampledFunction, path: string): SampledFunction {
  const points = sampled.axes.reduce((product, { values }) => product * values.length, 1);
  if (sampled.values.length === points) return sampled;
  throw incomplete(path, `it has ${sampled.values.length} losses for ${points} points`);
}

function incomplete(path: string, why: string): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "samples-incomplete",
    message: `The samples of ${path} cannot be read: ${why}.`,
    where: { file: path },
    hint: "Give the folder of the run as it was written, with its arrays.npz.",
  });
}
