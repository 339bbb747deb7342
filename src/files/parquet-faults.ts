import { ThalwegError } from "../util/thalweg-error.ts";
import type { ByteSource } from "./byte-source.ts";
import { ELEMENT_TYPES } from "./element-type.ts";
import { inputError } from "./input-error.ts";
import type { ParquetColumn } from "./parquet-column.ts";
import { PageFault, type ParquetPage } from "./parquet-pages.ts";

function titleOf({ name }: ParquetColumn, at: number): string {
  return `column ${at} ("${name.slice(0, 40)}")`;
}

/** The refusal of a column that holds no numbers. */
export function notNumbers(source: ByteSource, column: ParquetColumn, at: number, mayBeLabel: boolean): ThalwegError {
  const { content, name } = column;
  return inputError(
    "parquet-not-a-number",
    `The ${titleOf(column, at)} of ${source.name} holds ${content.kind === "other" ? content.title : "text"}, where numbers are expected.`,
    { file: source.name, input: name },
    mayBeLabel && content.kind === "text"
      ? `If this column holds the labels, name it: --label ${name}. Else drop it, or save it as numbers.`
      : "Drop the column, or save it as numbers; images are read from folders, one for each class.",
  );
}

/**
 * The refusal of a value that is missing.
 *
 * @param levels those of the values on the pages before
 * @param before how many values these hold
 */
export function missingValue(
  source: ByteSource,
  column: ParquetColumn,
  at: number,
  levels: ArrayLike<number>,
  before: number,
  { firstMissing, repetition }: ParquetPage,
): ThalwegError {
  const begins = [...Array.from(levels), ...(repetition?.subarray(0, firstMissing + 1) ?? [])];
  const row = repetition ? begins.filter((level) => level === 0).length - 1 : before + firstMissing;
  return inputError(
    "parquet-missing",
    `Row ${row}, ${titleOf(column, at)} of ${source.name} holds nothing where a value is expected.`,
    { file: source.name, input: column.name },
    "Fill in or drop the missing values. Rows count from 0.",
  );
}

/** @throws ThalwegError `integer-too-large` */
export function requireNumbers(source: ByteSource, column: ParquetColumn, at: number, values: Float64Array): void {
  const { content } = column;
  const isWhole = content.kind === "numbers" && ELEMENT_TYPES[content.storedAs].dtype === "int64";
  const bad = isWhole ? values.findIndex((value) => !Number.isSafeInteger(value)) : -1;
  if (bad < 0) return;
  if (Number.isNaN(values[bad])) throw new PageFault(`the ${titleOf(column, at)} holds what is no number`);
  throw inputError(
    "integer-too-large",
    `The ${titleOf(column, at)} of ${source.name} holds the integer ${values[bad].toExponential(3)}; only integers up to 2^53 - 1 are kept exactly.`,
    { file: source.name, input: column.name },
    "Store smaller integers, or the numbers as float64.",
  );
}
