import type { ColumnChunk, FileMetaData } from "hyparquet";
import { parquetMetadata, parquetSchema } from "hyparquet/src/metadata.js";
import { type Shape, sizeOf, tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type ByteSource, littleEndian } from "./byte-source.ts";
import { ELEMENT_TYPES } from "./element-type.ts";
import { inputError } from "./input-error.ts";
import { labelColumn, type LabelOptions } from "./label-column.ts";
import { type LabelledTable, type LabelNumbers, numericLabels, wordLabels } from "./labelled-table.ts";
import { type LazyArray, tensorArray } from "./lazy-array.ts";
import { type ParquetColumn, parquetColumns } from "./parquet-column.ts";
import { missingValue, notNumbers, requireNumbers } from "./parquet-faults.ts";
import { PageFault, parquetPages } from "./parquet-pages.ts";
import { endOfThrift } from "./parquet-thrift.ts";
import { DEFAULT_LIMITS, type ReadLimits } from "./read-limits.ts";

/**
 * What a Parquet file holds: a table of numbers, as a CSV file does; where a column holds lists, all as long, every
 * column as an array under its name.
 */
export type ParquetContent = (
  | { readonly table: LabelledTable }
  | {
      readonly arrays: ReadonlyMap<string, LazyArray>;
      /** The column that was asked for as the labels, which is then not among the arrays. */
      readonly labels?: LazyArray;
      /** Of the column of labels, where it holds text. */
      readonly classNames?: readonly string[];
      /** Columns of no numbers, with the error of reading each. */
      readonly unreadable: ReadonlyMap<string, ThalwegError>;
    }
) & {
  /** Columns that are left out: the index that pandas writes. */
  readonly index: readonly string[];
};

const MAGIC = new TextEncoder().encode("PAR1");

/** The magic number at both ends, and the length of the metadata. */
const FRAME_BYTES = 12;

/** The name that pandas gives to an index that has none. */
const INDEX_NAME = /^__index_level_\d+__$/;

/**
 * Reads a Parquet file of finite numbers: flat columns become one table, columns of lists (of lists) of one length
 * arrays of more axes. Text is read in the column of labels alone, where it becomes 0, 1, … in alphabetical order. A
 * value that is missing is refused, as in a CSV file. Decimal fractions become the nearest float64.
 *
 * Cost: the whole table is held as float64. Pages are compressed by Snappy, gzip, Zstandard, or not.
 *
 * @throws ThalwegError `bad-parquet`, `parquet-empty`, `parquet-not-a-number`, `parquet-missing`, `parquet-lists`, `integer-too-large`,
 * `inflates-too-far`, `array-too-large`, `label-column`
 */
export function readParquet(
  source: ByteSource,
  options: LabelOptions = {},
  limits: ReadLimits = DEFAULT_LIMITS,
): ParquetContent {
  try {
    return contentOf(source, options, limits);
  } catch (error) {
    if (error instanceof ThalwegError) throw error;
    // Decoders of damaged bytes throw what they meet.
    const reason = error instanceof PageFault ? error.message : "its bytes contradict each other";
    throw inputError(
      "bad-parquet",
      `${source.name} cannot be read as a Parquet file: ${reason}.`,
      { file: source.name },
      "Write it again (pandas: to_parquet, which compresses by Snappy), or save the arrays with numpy.savez(file, x=..., y=...).",
      error,
    );
  }
}

function contentOf(source: ByteSource, options: LabelOptions, limits: ReadLimits): ParquetContent {
  const metadata = metadataOf(source);
  const rows = Number(metadata.num_rows);
  const all = parquetColumns(parquetSchema(metadata));
  const columns = all.filter(({ name }) => !INDEX_NAME.test(name));
  const index = all.filter(({ name }) => INDEX_NAME.test(name)).map(({ name }) => name);
  if (!(rows > 0) || columns.length === 0)
    throw inputError(
      "parquet-empty",
      `${source.name} has no data: ${columns.length} columns of ${rows} rows.`,
      { file: source.name },
      "Give a table with one example in each row.",
    );
  const header = columns.map(({ name }) => name);
  const label = labelColumn(options, header, columns.length, source.name);
  const read = columnReader(source, metadata, limits, rows, options.label !== undefined);
  if (columns.some(({ lists }) => lists > 0)) {
    const { arrays, ...rest } = arraysOf(source, columns, label, read);
    const labels = options.label === undefined || label === undefined ? undefined : arrays.get(header[label]);
    if (labels) arrays.delete(labels.name);
    return { arrays, labels, ...rest, index };
  }

  const features = columns.filter((_, at) => at !== label);
  const width = features.length;
  requireWithin(limits, source, rows * (width + 1));
  const named = label === undefined ? undefined : labelsOf("y", source, read(columns[label], label));
  const x = new Float64Array(rows * width);
  features.forEach((column, at) => {
    const { values } = read(column, columns.indexOf(column), true);
    for (let row = 0; row < rows; row++) x[row * width + at] = values[row];
  });
  return {
    index,
    table: {
      x: tensorArray("x", source.name, "float64", tensor("float64", [rows, width], x)),
      ...named,
      columns: features.map(({ name }) => name),
      column: label === undefined ? undefined : header[label],
    },
  };
}

function arraysOf(
  source: ByteSource,
  columns: readonly ParquetColumn[],
  label: number | undefined,
  read: ReturnType<typeof columnReader>,
) {
  const arrays = new Map<string, LazyArray>();
  const unreadable = new Map<string, ThalwegError>();
  let classNames: readonly string[] | undefined;
  columns.forEach((column, at) => {
    const { name, content } = column;
    if (arrays.has(name) || unreadable.has(name))
      throw new PageFault(`two of its columns are called ${name.slice(0, 40)}`);
    if (content.kind === "numbers") {
      const { values, shape } = read(column, at);
      const { dtype } = ELEMENT_TYPES[content.storedAs];
      const data =
        dtype === "float32" ? Float32Array.from(values) : dtype === "bool" ? Uint8Array.from(values) : values;
      arrays.set(name, tensorArray(name, source.name, content.storedAs, tensor(dtype, shape, data)));
    } else if (at === label && content.kind === "text" && column.lists === 0) {
      const labels = labelsOf(name, source, read(column, at));
      arrays.set(name, labels.y);
      classNames = labels.classNames;
    } else unreadable.set(name, notNumbers(source, column, at, false));
  });
  return { arrays, unreadable, classNames };
}

/** The values of a column; of text, the numbers of its words. */
interface ColumnValues {
  readonly values: Float64Array;
  readonly shape: Shape;
  readonly words?: readonly string[];
}

function labelsOf(name: string, { name: file }: ByteSource, { values, words }: ColumnValues): LabelNumbers {
  return words ? wordLabels(name, file, words, values) : numericLabels(name, file, values);
}

function columnReader(
  source: ByteSource,
  { row_groups: groups }: FileMetaData,
  limits: ReadLimits,
  rows: number,
  isLabelNamed: boolean,
) {
  let inflated = 0;
  const budget = {
    spend(bytes: number, values: number) {
      inflated += Math.max(bytes, 8 * values);
      if (inflated > limits.maxInflatedBytes)
        throw inputError(
          "inflates-too-far",
          `${source.name} expands to more than the limit of ${limits.maxInflatedBytes} bytes.`,
          { file: source.name },
          "Convert the table to .npz, which is read piece by piece.",
        );
    },
  };

  return (column: ParquetColumn, at: number, mustBeNumbers = false): ColumnValues => {
    const { content, lists, path } = column;
    if (content.kind === "other" || (mustBeNumbers && content.kind === "text"))
      throw notNumbers(source, column, at, !isLabelNamed);
    const chunks = groups.flatMap(({ columns }) => columns.filter((chunk) => pathOf(chunk) === path));
    if (chunks.length !== groups.length)
      throw new PageFault(`the column ${column.name.slice(0, 40)} is not in every group of rows`);
    const total = chunks.reduce((sum, { meta_data }) => sum + Number(meta_data?.num_values), 0);
    if (!Number.isSafeInteger(total) || (lists === 0 && total !== rows))
      throw new PageFault(`the column ${column.name.slice(0, 40)} holds ${total} values for ${rows} rows`);
    requireWithin(limits, source, total);
    const values = growable(total);
    const levels = lists > 0 ? growable(total) : undefined;
    const words = content.kind === "text" ? new Map<string, number>() : undefined;
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for (const { meta_data: meta, file_path } of chunks) {
      if (!meta || file_path) throw new PageFault("a column lies in another file, or is encrypted");
      for (const page of parquetPages(source, meta, column, budget)) {
        if (page.firstMissing >= 0) throw missingValue(source, column, at, levels?.taken() ?? [], values.length, page);
        levels?.append(page.repetition ?? [], Number);
        values.append(page.values, (value) => {
          if (content.kind === "numbers") return content.number(value);
          const word = value instanceof Uint8Array ? decoder.decode(value) : "";
          const code = words?.get(word) ?? words?.size ?? 0;
          words?.set(word, code);
          return code;
        });
      }
    }
    if (content.kind === "numbers") requireNumbers(source, column, at, values.taken());
    const shape = levels ? shapeOf(levels.taken(), rows, lists, source, column) : [rows];
    return { values: values.taken(), shape, words: words && [...words.keys()] };
  };
}

function pathOf({ meta_data }: ColumnChunk): string {
  return JSON.stringify(meta_data?.path_in_schema);
}

/** Numbers as they come; memory follows them, never the count that was claimed. */
function growable(total: number) {
  let held = new Float64Array(Math.min(total, 1 << 16));
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(more: ArrayLike<unknown>, number: (value: unknown) => number) {
      if (length + more.length > total) throw new PageFault("a column holds more values than its header says");
      if (length + more.length > held.length) {
        const larger = new Float64Array(Math.min(total, Math.max(2 * held.length, length + more.length)));
        larger.set(held.subarray(0, length));
        held = larger;
      }
      for (let i = 0; i < more.length; i++) held[length++] = number(more[i]);
    },
    taken: () => held.subarray(0, length),
  };
}

/**
 * The shape of lists that are all as long, from the levels at which each value goes on: in [rows, a, b], value i begins
 * a row where a·b divides i, else a list where b does.
 */
function shapeOf(levels: Float64Array, rows: number, lists: number, source: ByteSource, column: ParquetColumn): Shape {
  const shape = [rows];
  let whole = levels.length / rows;
  for (let depth = 1; depth <= lists; depth++) {
    const next = depth === lists ? -1 : levels.findIndex((level, i) => i > 0 && level <= depth);
    const inner = depth === lists ? 1 : next < 0 ? levels.length : next;
    shape.push(whole / inner);
    whole = inner;
  }
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const isEven =
    shape.every(Number.isInteger) &&
    levels.every((level, i) => level === strides.findIndex((stride) => i % stride === 0));
  if (isEven) return shape;
  throw inputError(
    "parquet-lists",
    `The lists of the column ${column.name.slice(0, 40)} of ${source.name} are not all of one length.`,
    { file: source.name, input: column.name },
    "Pad or cut them to one length before saving, and give the network a mask where it takes one.",
  );
}

function metadataOf(source: ByteSource): FileMetaData {
  if (source.size < FRAME_BYTES) throw new PageFault("it is too short");
  const tail = source.read(source.size - 8, 8);
  if (!MAGIC.every((byte, i) => tail[4 + i] === byte))
    throw new PageFault("it has no end, as a file that was not written or downloaded to its end");
  const length = littleEndian(tail, 0, 4);
  if (length > source.size - FRAME_BYTES) throw new PageFault("its metadata claim to be longer than the file");
  const footer = source.read(source.size - 8 - length, length + 8);
  if ((endOfThrift(footer, 0) ?? Infinity) > length) throw new PageFault("its metadata are damaged");
  const metadata = parquetMetadata(Uint8Array.from(footer), { geoparquet: false });
  const grouped = metadata.row_groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  if (!Number.isSafeInteger(grouped) || grouped !== Number(metadata.num_rows))
    throw new PageFault(`its groups of rows hold ${grouped} rows, where its metadata say ${String(metadata.num_rows)}`);
  return metadata;
}

function requireWithin({ maxBytes }: ReadLimits, { name }: ByteSource, numbers: number): void {
  if (8 * numbers <= maxBytes) return;
  throw inputError(
    "array-too-large",
    `The numbers of ${name} take more than the limit of ${maxBytes} bytes.`,
    { file: name },
    "Convert the table to .npz, which is read piece by piece.",
  );
}
