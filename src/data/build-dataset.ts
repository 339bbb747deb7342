import type { ByteSource } from "../files/byte-source.ts";
import { inputError } from "../files/input-error.ts";
import { type LazyArray, tensorArray } from "../files/lazy-array.ts";
import { sha256 } from "../files/sha256.ts";
import { formatCounted } from "../util/format-size.ts";
import { type Tensor, tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { contentHash } from "./content-hash.ts";
import type { Dataset, DatasetOptions, InputRequest, NamedArrays } from "./dataset.ts";
import { examplesFirst } from "./examples-first.ts";
import { column, fitsExample, inputColumn } from "./input-column.ts";
import { aboutLimit } from "./about-limit.ts";
import { aboutUnread } from "./about-unread.ts";
import type { MatchedArrays } from "./match-arrays.ts";
import { matchReadable } from "./match-readable.ts";

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
  const matched = matchReadable(name, held, label, options);
  const { inputs, modelReadsLabels, labelsMissing, notes } = matched;
  const labels = matched.labels ?? noLabels(name, inputs[0]);
  const length = labels.shape[0] ?? 1;
  const turned: string[] = [];
  const doubts: string[] = [];
  const columns = inputs.map(({ request, array }) => {
    const othersCount = inputs.some((other) => other.array !== array && other.array.shape[0] === length);
    const { array: examplesFirst, note, doubt } = withExamplesFirst(name, array, labels, request, othersCount);
    if (note) turned.push(note);
    if (doubt) doubts.push(doubt);
    const fed = inputColumn(examplesFirst, request);
    if (fed.reshaped) (fed.reshaped.isDoubtful ? doubts : turned).push(fed.reshaped.text);
    return [request.name, fed] as const;
  });
  const start = Math.min(range?.start ?? 0, length);
  const end = range ? Math.min(range.end, length) : length;
  const examples = limited(end - start, options.limit);
  if (examples <= 0)
    throw inputError(
      "no-examples",
      `${name} holds no examples.`,
      { file: name },
      "Give data with at least one example.",
    );
  for (const doubt of aboutLimit(labels, { start, end: start + examples }, end)) doubts.push(doubt);
  const unread = aboutUnread(name, matched, length);
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
    notes: [...held.notes, ...notes, ...turned, ...unread.notes],
    warnings: [...doubts, ...unread.warnings],
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
 * examples along another axis, an array may also lie as the model takes it: where both are as long, it does if the
 * file calls that axis the batch. `othersCount`: whether another input has as many rows as there are labels.
 */
function withExamplesFirst(
  file: string,
  array: LazyArray,
  labels: LazyArray,
  request: InputRequest,
  othersCount: boolean,
): { array: LazyArray; note?: string; doubt?: string } {
  const length = labels.shape[0] ?? 1;
  const { name, batchAxis = 0, isBatchNamed = false } = request;
  if (array.shape.length === 0) {
    if (othersCount) throw notCounted(file, array, length, request);
    throw inputError(
      "no-examples",
      `${array.name} in ${file} is a single number; its first axis must be the examples.`,
      { file, input: array.name },
      "Save an array with one row for each example.",
    );
  }
  const fitting = [...new Set(isBatchNamed ? [batchAxis, 0] : [0, batchAxis])].filter(
    (axis) => array.shape[axis] === length,
  );
  const fits = (axis: number) =>
    fitsExample(
      array.shape.filter((_, i) => i !== axis),
      request,
    );
  const axis = fitting.find(fits) ?? fitting[0];
  if (axis === undefined) {
    const isElsewhere = array.shape.includes(length);
    throw othersCount && !isElsewhere
      ? notCounted(file, array, length, request)
      : differentLengths(file, array, labels, request);
  }
  if (batchAxis === 0) return { array };
  const said = `The model counts its examples along axis ${batchAxis} of ${name}; in ${array.name} [${array.shape.join(", ")}] they were taken from axis ${axis}.`;
  const other = fitting.find((each) => each !== axis && fits(each));
  const turned = axis === 0 ? array : examplesFirst(array, axis);
  if (other !== undefined)
    return {
      array: turned,
      doubt: `${said} Axis ${other} is as long: if it counts the examples, save ${array.name} ${other === 0 ? `as the model takes it, with them on axis ${batchAxis}` : "with that axis first"}.`,
    };
  const isLikeLabels =
    axis === 0 && labels.shape.length > batchAxis && labels.shape[batchAxis] === array.shape[batchAxis];
  return isLikeLabels
    ? {
        array: turned,
        doubt: `${said} The labels ${labels.name} [${labels.shape.join(", ")}] lie alike: if both were saved as the model takes its input, with the examples on axis ${batchAxis}, save both with that axis first.`,
      }
    : { array: turned, note: said };
}

/** An input whose array has not one entry for each example, while another's has: it is the same for all. */
function notCounted(file: string, array: LazyArray, examples: number, { name }: InputRequest) {
  return inputError(
    "not-counted",
    `The array ${array.name} [${array.shape.join(", ")}] in ${file}, which feeds the model's input ${name}, has not one entry for each of the ${examples} examples.`,
    { file, input: array.name, shape: array.shape },
    `What is the same for all examples (a graph's edges, a time, a scale) belongs into the model: export it with ${name} as a buffer instead of an input. Where it belongs to each example, repeat it once for each, and export ${name} with the examples on its first axis.`,
  );
}

function differentLengths(file: string, array: LazyArray, labels: LazyArray, { batchAxis = 0 }: InputRequest) {
  const length = labels.shape[0] ?? 1;
  const asLong = ({ shape }: LazyArray, extent: number | undefined) =>
    shape.findIndex((each, axis) => axis > 0 && each === extent);
  const other = asLong(array, length);
  const examples = array.shape[batchAxis] ?? array.shape[0];
  const ofLabels = asLong(labels, examples);
  const mayTurn = other > 0 && other !== batchAxis;
  const shown = ({ name, shape }: LazyArray) => `${name} [${shape.join(", ")}]`;
  const hint =
    mayTurn && ofLabels > 0
      ? `Axis ${other} of ${shown(array)} is as long as the labels, and axis ${ofLabels} of ${shown(labels)} as the examples: one of them has other axes first; save both with the examples first.`
      : mayTurn
        ? `Axis ${other} of ${array.name} is as long as the labels: if it counts the examples, save the array with that axis first.`
        : ofLabels > 0
          ? `Axis ${ofLabels} of ${shown(labels)} is as long as the examples: if it counts them, save the labels with that axis first.`
          : "Save one label for each example; the first axis of every array is the examples.";
  return inputError(
    "different-lengths",
    `${file} holds ${formatCounted(examples, "example")} in ${array.name}, but ${formatCounted(length, "label")} in ${labels.name}.`,
    { file, input: array.name, shape: array.shape },
    hint,
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
