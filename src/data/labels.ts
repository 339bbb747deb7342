import { inputError } from "../files/input-error.ts";
import { isFloat, sizeOf, type Tensor, tensor } from "../util/tensor.ts";
import type { Batch, Dataset, DatasetLabels } from "./dataset.ts";

/** What the labels of a whole dataset look like: from it the loss is guessed. */
export interface LabelSummary {
  /**
   * "classes": whole numbers of at least 0, stored as integers; "distribution": rows of at least two
   * non-negative numbers that sum to 1; "binary": floats that are all 0 or 1; "real": anything else.
   */
  readonly kind: "classes" | "distribution" | "binary" | "real";
  /** Number of classes: the largest label + 1, or the length of a row; absent for "binary" and "real". */
  readonly classes?: number;
  readonly min: number;
  readonly max: number;
  /**
   * The least and the greatest, where all that count are whole numbers of at least 0, whatever type they
   * are stored in: class numbers, when the outputs have classes.
   */
  readonly numbers?: { readonly min: number; readonly max: number };
  /**
   * Axes of the labels, the examples being axis 0, along which non-negative labels add up to 1 everywhere:
   * the classes of distributions and of one-hot rows, whatever type they are stored in.
   */
  readonly simplexAxes: readonly number[];
  /** Whether every label is −1 or 1, and both occur. */
  readonly signs: boolean;
}

const ROWS_AT_A_TIME = 4096;
/** Rounding of a row of probabilities, also of one that was stored as float16. */
const SUM_TOLERANCE = 1e-3;

/**
 * Looks at every label once. Memory: 4096 labels.
 *
 * @param ignored the whole number that marks labels to leave out, where labels are class numbers
 */
export function summarizeLabels(dataset: Dataset, ignored?: number): LabelSummary {
  const { dtype, shape } = dataset.labels;
  const width = sizeOf(shape);
  const all = { min: Infinity, max: -Infinity };
  const counted = { min: Infinity, max: -Infinity };
  let whole = true;
  let binary = true;
  let signs = true;
  let simplexAxes = shape.flatMap((extent, axis) => (extent >= 2 ? [axis + 1] : []));
  for (let start = 0; start < dataset.examples; start += ROWS_AT_A_TIME) {
    const { data } = dataset.y(start, Math.min(start + ROWS_AT_A_TIME, dataset.examples));
    for (const value of data) {
      if (value !== ignored) stretch(counted, value);
      stretch(all, value);
      whole &&= Number.isSafeInteger(value);
      binary &&= value === 0 || value === 1;
      signs &&= value === 1 || value === -1;
    }
    if (all.min < 0) simplexAxes = [];
    simplexAxes = simplexAxes.filter((axis) => addUpToOne(data, shape[axis - 1], sizeOf(shape.slice(axis))));
  }
  const numbers = whole && counted.min >= 0 ? counted : undefined;
  const more = { simplexAxes, signs: signs && all.min < all.max };
  if (!isFloat(dtype))
    return numbers
      ? { kind: "classes", classes: numbers.max + 1, ...numbers, numbers, ...more }
      : { kind: "real", ...counted, ...more };
  if (shape.length === 1 && simplexAxes.length === 1)
    return { kind: "distribution", classes: width, ...all, numbers, ...more };
  return { kind: binary ? "binary" : "real", ...all, numbers, ...more };
}

/** Whether every line of `extent` numbers, `stride` apart, adds up to 1. */
function addUpToOne(data: Tensor["data"], extent: number, stride: number): boolean {
  for (let block = 0; block < data.length; block += extent * stride) {
    for (let line = block; line < block + stride; line++) {
      let sum = 0;
      for (let k = 0; k < extent; k++) sum += data[line + k * stride];
      if (Math.abs(sum - 1) > SUM_TOLERANCE) return false;
    }
  }
  return true;
}

function stretch(range: { min: number; max: number }, value: number): void {
  range.min = Math.min(range.min, value);
  range.max = Math.max(range.max, value);
}

/**
 * The dataset with its labels in another form.
 *
 * @param form the type and the shape of one label
 * @param convert labels as they are stored to that form; `first` is the example that they begin with
 */
export function withLabels<D extends Dataset>(
  dataset: D,
  form: Pick<DatasetLabels, "dtype" | "shape">,
  convert: (y: Tensor, first: number) => Tensor,
): D {
  return {
    ...dataset,
    labels: { ...dataset.labels, dtype: form.dtype, shape: form.shape },
    batch(start, end): Batch {
      const { inputs, y } = dataset.batch(start, end);
      return { inputs, y: convert(y, start) };
    },
    y: (start: number, end: number) => convert(dataset.y(start, end), start),
  };
}

/**
 * The dataset with labels that are stored as floats read as class numbers, int64.
 *
 * @throws ThalwegError `labels-not-integers`, from the rows that hold a fraction
 */
export function withClassNumbers<D extends Dataset>(dataset: D): D {
  const { shape, array } = dataset.labels;
  return withLabels(dataset, { dtype: "int64", shape }, (y, first) => {
    const bad = y.data.findIndex((value) => !Number.isSafeInteger(value));
    if (bad < 0) return tensor("int64", y.shape, Float64Array.from(y.data));
    throw inputError(
      "labels-not-integers",
      `The label of example ${first + Math.floor(bad / sizeOf(shape))} is ${y.data[bad]}, but class labels are whole numbers.`,
      { input: array },
      "For a regression use --loss mse; for probabilities give one row of them for each example, as long as the outputs.",
    );
  });
}

/** The dataset with labels −1 and 1 read as 0 and 1. */
export function withBitsForSigns<D extends Dataset>(dataset: D): D {
  return withLabels(dataset, dataset.labels, (y) =>
    tensor(
      y.dtype,
      y.shape,
      y.data.map((value) => (value + 1) / 2),
    ),
  );
}

/** Whether every label is such. Memory: 4096 labels. */
export function everyLabel(dataset: Dataset, isSuch: (value: number) => boolean): boolean {
  for (let start = 0; start < dataset.examples; start += ROWS_AT_A_TIME) {
    const { data } = dataset.y(start, Math.min(start + ROWS_AT_A_TIME, dataset.examples));
    for (const value of data) if (!isSuch(value)) return false;
  }
  return true;
}
