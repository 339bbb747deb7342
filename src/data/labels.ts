import { inputError } from "../files/input-error.ts";
import { isFloat, sizeOf, type Tensor, tensor } from "../util/tensor.ts";
import type { Dataset } from "./dataset.ts";

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
}

const ROWS_AT_A_TIME = 4096;
/** Rounding of a float32 row of probabilities. */
const SUM_TOLERANCE = 1e-5;

/**
 * Looks at every label once. Memory: 4096 labels.
 *
 * @param ignored the whole number that marks labels to leave out
 */
export function summarizeLabels(dataset: Dataset, ignored?: number): LabelSummary {
  const whole = !isFloat(dataset.labels.dtype);
  const width = sizeOf(dataset.labels.shape);
  let min = Infinity;
  let max = -Infinity;
  let binary = true;
  let distribution = dataset.labels.shape.length === 1 && width >= 2;
  for (let start = 0; start < dataset.examples; start += ROWS_AT_A_TIME) {
    const { data } = dataset.y(start, Math.min(start + ROWS_AT_A_TIME, dataset.examples));
    for (let row = 0; row < data.length; row += width) {
      let sum = 0;
      for (let i = row; i < row + width; i++) {
        const value = data[i];
        if (whole && value === ignored) continue;
        min = Math.min(min, value);
        max = Math.max(max, value);
        binary &&= value === 0 || value === 1;
        sum += value;
      }
      distribution &&= Math.abs(sum - 1) <= SUM_TOLERANCE;
    }
  }
  if (whole) return min >= 0 ? { kind: "classes", classes: max + 1, min, max } : { kind: "real", min, max };
  if (distribution && min >= 0) return { kind: "distribution", classes: width, min, max };
  return { kind: binary ? "binary" : "real", min, max };
}

/**
 * The labels as class indices: whole numbers from 0 to classes - 1, whatever type they were stored in.
 *
 * @param firstRow the example of the first label, for the message
 * @throws ThalwegError `labels-not-integers`, `label-out-of-range`
 */
export function classIndices(y: Tensor, classes: number, firstRow = 0): Tensor {
  const width = sizeOf(y.shape.slice(1));
  const bad = y.data.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value < classes));
  if (bad < 0) return tensor("int64", y.shape, y.dtype === "int64" ? y.data : Float64Array.from(y.data));
  const row = firstRow + Math.floor(bad / width);
  const whole = Number.isInteger(y.data[bad]);
  throw inputError(
    whole ? "label-out-of-range" : "labels-not-integers",
    `The label of example ${row} is ${y.data[bad]}; class labels are whole numbers from 0 to ${classes - 1}, one for each output of the model.`,
    { input: "y" },
    whole
      ? "Check that data and model belong together, and that classes count from 0."
      : "For a regression use --loss mse.",
  );
}
