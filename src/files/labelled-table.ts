import { tensor } from "../util/tensor.ts";
import { type LazyArray, tensorArray } from "./lazy-array.ts";

/** A table of numbers, one example a row, whatever kind of file it lay in. */
export interface LabelledTable {
  /** All columns but the label, float64, shape [rows, columns]. */
  readonly x: LazyArray;
  /** The label column when one was chosen: int64 when all are whole numbers or text, else float64. */
  readonly y?: LazyArray;
  /** Name of the label column, when the file names its columns. */
  readonly column?: string;
  /** Names of x's columns, when the file names them. */
  readonly columns?: readonly string[];
  /** What the labels 0, 1, … stand for, when the label column holds text. */
  readonly classNames?: readonly string[];
}

/** Labels as numbers, beside what they stand for. */
export interface LabelNumbers {
  readonly y: LazyArray;
  readonly classNames?: readonly string[];
}

/** Labels that are numbers: int64 when all are whole, else float64. */
export function numericLabels(name: string, file: string, values: Float64Array): LabelNumbers {
  const dtype = values.every(Number.isSafeInteger) ? "int64" : "float64";
  return { y: tensorArray(name, file, dtype, tensor(dtype, [values.length], values)) };
}

/**
 * Labels that are words: 0, 1, … in alphabetical order.
 *
 * @param words each once, in any order
 * @param codes for each label, which of the words it is; overwritten
 */
export function wordLabels(name: string, file: string, words: readonly string[], codes: Float64Array): LabelNumbers {
  const classNames = words.toSorted((a, b) => (a < b ? -1 : 1));
  const rank = new Map(classNames.map((word, index) => [word, index]));
  const order = words.map((word) => rank.get(word) ?? 0);
  codes.forEach((code, i) => (codes[i] = order[code]));
  return { y: tensorArray(name, file, "int64", tensor("int64", [codes.length], codes)), classNames };
}
