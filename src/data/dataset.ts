import type { IncrementalHash } from "../files/sha256.ts";
import type { LazyArray } from "../files/lazy-array.ts";
import type { ReadLimits } from "../files/read-limits.ts";
import type { ThalwegError } from "../util/thalweg-error.ts";
import type { DType, Shape, Tensor } from "../util/tensor.ts";

/** Examples first: inputs under the model's names, and their labels. */
export interface Batch {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly y: Tensor;
}

/** An input of the model and the array that feeds it. */
export interface DatasetInput {
  readonly name: string;
  /** The array's own name in the file. */
  readonly array: string;
  readonly dtype: DType;
  /** Shape of one example. */
  readonly shape: Shape;
}

export interface DatasetLabels {
  readonly array: string;
  /** int64 for whole numbers and truth values, else float32 or float64. */
  readonly dtype: DType;
  /** Shape of one label: [] for one number. */
  readonly shape: Shape;
  /** What the classes 0, 1, … are called, where the data says so. */
  readonly classNames?: readonly string[];
}

/** Examples with labels, read when they are asked for. */
export interface Dataset {
  readonly name: string;
  readonly examples: number;
  readonly inputs: readonly DatasetInput[];
  readonly labels: DatasetLabels;
  /** Whether the labels are also an input of the model, which computes its loss from them or is led by them. */
  readonly modelReadsLabels?: boolean;
  /** Why there are no labels, to be thrown for a loss that reads them; `y` is then zeros. */
  readonly labelsMissing?: ThalwegError;
  /** What was done to the numbers on the way, as sentences: "Pixels 0 to 255 were divided by 255." */
  readonly notes: readonly string[];
  /** What may be another reading of the data than its owner's, as sentences that stand in the result. */
  readonly warnings?: readonly string[];
  /** Of held-out examples: how many of them are examples of the data too. */
  readonly alsoInData?: number;
  /**
   * Examples `start` (included) to `end` (excluded), each tensor with the examples as first axis.
   * Every number is checked to be finite.
   * @throws ThalwegError `not-finite`, `not-integers`, and what reading the file may throw
   */
  batch(start: number, end: number): Batch;
  /** The labels of examples `start` to `end` alone, as `batch` gives them. */
  y(start: number, end: number): Tensor;
  /**
   * SHA-256 of the data: of the file's bytes, as `sha256sum FILE` prints it; of several files, that of
   * the lines which `sha256sum` prints for them by base name. Of the bytes as they were opened; independent of `limit`.
   */
  sha256(): string;
}

/** What a model says about one of its inputs. */
export interface InputRequest {
  readonly name: string;
  /** The numbers are converted to it; kept as they are when absent. */
  readonly dtype?: DType;
  /** With the batch among its axes; an axis that is not a number is free. */
  readonly shape?: readonly (number | string | null | undefined)[];
  /** The axis that counts examples; 0 when absent. Batches have the examples first all the same. */
  readonly batchAxis?: number;
  /** Whether the file itself calls that axis the batch. */
  readonly isBatchNamed?: boolean;
}

export interface DatasetOptions {
  /** The model's inputs, those that take labels too; without them the array `x`, or else every array but the labels. */
  readonly inputs?: readonly InputRequest[];
  /** The array of labels ("y" when absent), or the CSV column. */
  readonly label?: string;
  /** Only the first so many examples; of images by class, so many evenly spaced among all. */
  readonly limit?: number;
  /** Which part of a set that has several: "train", "test". */
  readonly split?: string;
  readonly limits?: ReadLimits;
  /** A faster SHA-256 than the portable one. */
  readonly createHash?: () => IncrementalHash;
}

/** What a file holds, before it is known which array is what. */
export interface NamedArrays {
  readonly arrays: ReadonlyMap<string, LazyArray>;
  readonly classNames?: readonly string[];
  /** The labels, where they do not stand among the arrays. */
  readonly labels?: LazyArray;
  /** Arrays of the labels' own file that are no labels. */
  readonly besideLabels?: readonly LazyArray[];
  /** Arrays of no numbers, and the error of reading each. */
  readonly unreadable?: ReadonlyMap<string, ThalwegError>;
  readonly notes: readonly string[];
}
