import type { ByteSource } from "../files/byte-source.ts";
import { inputError } from "../files/input-error.ts";
import { type LazyArray, tensorArray } from "../files/lazy-array.ts";
import { sha256 } from "../files/sha256.ts";
import { type Tensor, tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { contentHash } from "./content-hash.ts";
import type { Dataset, DatasetOptions, InputRequest, NamedArrays } from "./dataset.ts";
import { examplesFirst } from "./examples-first.ts";
import { column, fitsExample, inputColumn } from "./input-column.ts";
import { type MatchedArrays, matchArrays } from "./match-arrays.ts";

/** Rows of the arrays that a dataset shows: `start` to `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Chooses the arrays that feed the model's inputs and the labels, and checks that they belong together.
 *
 * @param label the name of the array of labels, where it is said
 * @param sources the files that the arrays come from, for the hash
 * @param range the rows of a split; all when absent
 * @throws ThalwegError `missing-array`, `no-examples`, `different-lengths`, `input-shape`, `bad-limit`
 */
export function buildDataset(
  name: string,
  held: NamedArrays,
  label: string | undefined,
  sources: readonly ByteSource[],
  options: DatasetOptions,
  range?: RowRange,
): Dataset {
  const matched = matchArrays(name, held, label, options);
  const { inputs, modelReadsLabels, labelsMissing, notes } = matched;
  const labels = matched.labels ?? noLabels(name, inputs[0]);
  const length = labels.shape[0] ?? 1;
  const turned: string[] = [];
  const columns = inputs.map(({ request, array }) => {
    const { array: examplesFirst, note } = withExamplesFirst(name, array, labels, request);
    if (note) turned.push(note);
    return [request.name, inputColumn(examplesFirst, request)] as const;
  });
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
    inputs: columns.map(([input, { array, dtype, shape }]) => ({
      name: input,
      array: array.name,
      dtype,
      shape,
    })),
    labels: { array: labels.name, dtype: y.dtype, shape: y.shape, classNames: held.classNames },
    modelReadsLabels,
    labelsMissing,
    notes: [...held.notes, ...notes, ...turned],
    batch(from, to) {
      checkRange(from, to);
      const rows = columns.map(([input, each]) => [input, each.rows(start + from, start + to)] as const);
      return { inputs: Object.fromEntries(rows), y: labelRows(from, to) };
    },
    y: labelRows,
    sha256: () => (hash ??= contentHash(sources, options.createHash ?? sha256)),
  };
}

/** A zero for each example, which a loss that reads no labels is handed all the same. */
function noLabels(file: string, { request, array }: MatchedArrays["inputs"][number]): LazyArray {
  const { shape } = array;
  const isExamples = (axis: number) =>
    fitsExample(
      shape.filter((_, i) => i !== axis),
      request,
    );
  const axis = [0, request.batchAxis ?? 0].find(isExamples) ?? 0;
  const examples = shape[axis] ?? 1;
  return tensorArray("none", file, "float64", tensor("float64", [examples], new Float64Array(examples)));
}

/**
 * The array with the examples on its first axis, as many as there are labels. For a model that counts its
 * examples along another axis, an array may also lie as the model takes it.
 */
function withExamplesFirst(
  file: string,
  array: LazyArray,
  labels: LazyArray,
  request: InputRequest,
): { array: LazyArray; note?: string } {
  const length = labels.shape[0] ?? 1;
  const { name, batchAxis = 0 } = request;
  if (array.shape.length === 0) {
    throw inputError(
      "no-examples",
      `${array.name} in ${file} is a single number; its first axis must be the examples.`,
      { file, input: array.name },
      "Save an array with one row for each example.",
    );
  }
  const fitting = [...new Set([0, batchAxis])].filter((axis) => array.shape[axis] === length);
  const axis =
    fitting.find((each) =>
      fitsExample(
        array.shape.filter((_, i) => i !== each),
        request,
      ),
    ) ?? fitting[0];
  if (axis === undefined) throw differentLengths(file, array, labels, request);
  if (batchAxis === 0) return { array };
  const both =
    fitting.length > 1 && axis === 0 ? ` Axis ${batchAxis} is as long: were it the examples, save it first.` : "";
  return {
    array: axis === 0 ? array : examplesFirst(array, axis),
    note: `The model counts its examples along axis ${batchAxis} of ${name}; in ${array.name} [${array.shape.join(", ")}] they were taken from axis ${axis}.${both}`,
  };
}

function differentLengths(file: string, array: LazyArray, labels: LazyArray, { batchAxis = 0 }: InputRequest) {
  const length = labels.shape[0] ?? 1;
  const other = array.shape.findIndex((extent, axis) => axis > 0 && extent === length);
  return inputError(
    "different-lengths",
    `${file} holds ${array.shape[0]} examples in ${array.name}, but ${length} labels in ${labels.name}.`,
    { file, input: array.name, shape: array.shape },
    other > 0 && other !== batchAxis
      ? `Axis ${other} of ${array.name} is as long as the labels: if it counts the examples, save the array with that axis first.`
      : "Save one label for each example; the first axis of every array is the examples.",
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
