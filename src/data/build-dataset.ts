import type { ByteSource } from "../files/byte-source.ts";
import { inputError } from "../files/input-error.ts";
import type { LazyArray } from "../files/lazy-array.ts";
import { sha256 } from "../files/sha256.ts";
import type { Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { contentHash } from "./content-hash.ts";
import type { Dataset, DatasetOptions, NamedArrays } from "./dataset.ts";
import { type Column, column, inputColumn } from "./input-column.ts";

const DEFAULT_INPUT = "x";
export const DEFAULT_LABEL = "y";

/** Rows of the arrays that a dataset shows: `start` to `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Chooses the arrays that feed the model's inputs and the labels, and checks that they belong together.
 *
 * @param label the name of the array of labels
 * @param sources the files that the arrays come from, for the hash
 * @param range the rows of a split; all when absent
 * @throws ThalwegError `missing-array`, `no-examples`, `different-lengths`, `input-shape`, `bad-limit`
 */
export function buildDataset(
  name: string,
  { arrays, classNames, notes }: NamedArrays,
  label: string,
  sources: readonly ByteSource[],
  options: DatasetOptions,
  range?: RowRange,
): Dataset {
  const labels = arrays.get(label);
  if (!labels) throw missing(name, arrays, `no labels: there is no array "${label}"`, label);
  const columns = chooseInputs(name, arrays, label, options);
  const length = commonLength(
    name,
    [...columns.values()].map(({ array }) => array),
    labels,
  );
  const start = Math.min(range?.start ?? 0, length);
  const examples = limited((range ? Math.min(range.end, length) : length) - start, options.limit);
  if (examples <= 0)
    throw inputError(
      "no-examples",
      `${name} holds no examples.`,
      { file: name },
      "Give data with at least one example.",
    );
  const y = column(labels, labels.dtype === "bool" ? "int64" : labels.dtype);
  let hash: string | undefined;

  function checkRange(from: number, to: number): void {
    if (0 <= from && from <= to && to <= examples) return;
    throw new ThalwegError({
      kind: "internal",
      code: "batch-range",
      message: `Examples ${from} to ${to} of ${name} were asked for; it has ${examples}.`,
    });
  }
  function labelRows(from: number, to: number): Tensor {
    checkRange(from, to);
    return y.rows(start + from, start + to);
  }

  return {
    name,
    examples,
    inputs: [...columns].map(([input, { array, dtype, shape }]) => ({
      name: input,
      array: array.name,
      dtype,
      shape,
    })),
    labels: { array: label, dtype: y.dtype, shape: y.shape, classNames },
    notes,
    batch(from, to) {
      checkRange(from, to);
      const inputs = [...columns].map(([input, held]) => [input, held.rows(start + from, start + to)] as const);
      return { inputs: Object.fromEntries(inputs), y: labelRows(from, to) };
    },
    y: labelRows,
    sha256: () => (hash ??= contentHash(sources, options.createHash ?? sha256)),
  };
}

function chooseInputs(
  name: string,
  arrays: ReadonlyMap<string, LazyArray>,
  label: string,
  options: DatasetOptions,
): Map<string, Column> {
  const candidates = new Map([...arrays].filter(([array]) => array !== label));
  const own = candidates.has(DEFAULT_INPUT) ? [DEFAULT_INPUT] : [...candidates.keys()];
  const requests = options.inputs ?? own.map((array) => ({ name: array }));
  if (requests.length === 0) throw missing(name, arrays, "no inputs", DEFAULT_INPUT);
  return new Map(
    requests.map((request) => {
      const array = candidates.get(request.name) ?? (requests.length === 1 ? candidates.get(DEFAULT_INPUT) : undefined);
      if (!array) throw missing(name, arrays, `nothing for the model's input "${request.name}"`, request.name);
      if (array.shape.length === 0) {
        throw inputError(
          "no-examples",
          `${array.name} in ${name} is a single number; its first axis must be the examples.`,
          { file: name, input: array.name },
          "Save an array with one row for each example.",
        );
      }
      return [request.name, inputColumn(array, request)];
    }),
  );
}

function commonLength(name: string, inputs: readonly LazyArray[], labels: LazyArray): number {
  const length = labels.shape[0] ?? 1;
  const other = inputs.find((array) => array.shape[0] !== length);
  if (!other) return length;
  throw inputError(
    "different-lengths",
    `${name} holds ${other.shape[0]} examples in ${other.name}, but ${length} labels in ${labels.name}.`,
    { file: name, input: other.name, shape: other.shape },
    "Save one label for each example; the first axis of every array is the examples.",
  );
}

function limited(available: number, limit: number | undefined): number {
  if (limit === undefined) return available;
  if (Number.isInteger(limit) && limit >= 1) return Math.min(limit, available);
  throw new ThalwegError({
    kind: "usage",
    code: "bad-limit",
    message: `The limit on examples is ${limit}; it must be a whole number of at least 1.`,
    hint: "Give --limit 1000, or leave it out.",
  });
}

function missing(name: string, arrays: ReadonlyMap<string, LazyArray>, what: string, input: string) {
  const there = [...arrays].slice(0, 20).map(([array, { shape }]) => `${array} [${shape.join(", ")}]`);
  return inputError(
    "missing-array",
    `${name} has ${what}. It holds ${there.length === 0 ? "no arrays" : there.join(", ")}.`,
    { file: name, input },
    "Name the arrays as the model's inputs (x for a single one) and the labels y: numpy.savez(file, x=..., y=...); for a CSV file name the label column with --label.",
  );
}
