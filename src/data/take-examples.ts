import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, type Shape, type Tensor } from "../util/tensor.ts";
import type { Batch, Dataset } from "./dataset.ts";

/** Neighbours in the data among the chosen: rows `start` to `end`, read at once. */
interface Run {
  readonly start: number;
  readonly end: number;
}

function runsOf(indices: Int32Array): Run[] {
  const runs: { start: number; end: number }[] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last?.end === index) last.end = index + 1;
    else runs.push({ start: index, end: index + 1 });
  }
  return runs;
}

function joined(parts: readonly Tensor[], shape: Shape): Tensor {
  if (parts.length === 1) return parts[0];
  const { dtype } = parts[0];
  const data = allocate(
    dtype,
    parts.reduce((sum, part) => sum + part.data.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { dtype, shape, data };
}

/**
 * Some examples of a dataset, in the order of `indices`, as a dataset: a mini-batch, a held-out part. An index may
 * stand several times. Rows are read when they are asked for, neighbours at once.
 *
 * @throws usage error `example-outside`; `no-examples` for none
 *
 * @example
 * const few = takeExamples(dataset, Int32Array.of(7, 0, 1));
 * few.batch(0, 3).y.data[0]; // the label of example 7
 */
export function takeExamples(dataset: Dataset, indices: Int32Array): Dataset {
  const outside = indices.find((index) => !(index >= 0 && index < dataset.examples));
  if (outside !== undefined)
    throw new ThalwegError({
      kind: "usage",
      code: "example-outside",
      message: `${dataset.name} has no example ${outside}: there are ${dataset.examples}.`,
      hint: "Examples are counted from 0.",
    });
  if (indices.length === 0)
    throw new ThalwegError({
      kind: "usage",
      code: "no-examples",
      message: `No example of ${dataset.name} was chosen.`,
      hint: "Choose at least one, by its number from 0.",
    });
  const chosen = indices.slice();
  const gather = (start: number, end: number, read: (from: number, to: number) => Tensor): Tensor => {
    const parts = runsOf(chosen.subarray(start, end)).map((run) => read(run.start, run.end));
    return joined(parts, [end - start, ...parts[0].shape.slice(1)]);
  };
  const y = (start: number, end: number) => gather(start, end, (from, to) => dataset.y(from, to));
  return {
    ...dataset,
    examples: chosen.length,
    y,
    batch(start, end): Batch {
      const batches = new Map<string, Batch>();
      const read = (from: number, to: number): Batch => {
        // Runs that begin alike may end differently, where examples stand several times.
        const key = `${from}-${to}`;
        const known = batches.get(key) ?? dataset.batch(from, to);
        batches.set(key, known);
        return known;
      };
      const inputs = dataset.inputs.map(
        ({ name }) => [name, gather(start, end, (from, to) => read(from, to).inputs[name])] as const,
      );
      return { inputs: Object.fromEntries(inputs), y: y(start, end) };
    },
  };
}
