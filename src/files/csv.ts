import { tensor } from "../util/tensor.ts";
import type { ByteSource } from "./byte-source.ts";
import { csvRecords } from "./csv-records.ts";
import { inputError } from "./input-error.ts";
import { columnNumber, labelColumn, type LabelOptions } from "./label-column.ts";
import { type LabelledTable, numericLabels, wordLabels } from "./labelled-table.ts";
import { tensorArray } from "./lazy-array.ts";
import { DEFAULT_LIMITS, type ReadLimits } from "./read-limits.ts";

export interface CsvOptions extends LabelOptions {
  /** Whether the first record names the columns; found out when not given. */
  readonly header?: boolean;
}

/** A header "0,1,2,…", as pandas writes for unnamed columns, is told from data by its length. */
const MIN_COUNTED_HEADER = 4;

/** No digit can be read in two ways: whoever looks for a match tries each once. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Reads a CSV file of finite numbers. The first record is a header when a field outside the label
 * column is not a number; in a single column, when it is a word and the next is a number. Text labels become 0, 1, … in alphabetical order.
 *
 * Cost: the whole table is held as float64.
 *
 * @throws ThalwegError `csv-empty`, `csv-not-a-number`, `csv-width`, `label-column`, and those of csvRecords
 * @example
 * readCsv(bytesSource("d.csv", new TextEncoder().encode("a,b\n1,2")), { label: "b" }).y?.read().data; // [2]
 */
export function readCsv(
  source: ByteSource,
  options: CsvOptions = {},
  limits: ReadLimits = DEFAULT_LIMITS,
): LabelledTable {
  const where = { file: source.name };
  const records = csvRecords(source);
  const first = records.next();
  const second = records.next();
  const empty = () =>
    inputError(
      "csv-empty",
      `${source.name} has no data: no line with numbers was found.`,
      where,
      "Give a CSV file with one example on each line.",
    );
  if (first.done) throw empty();

  const width = first.value.fields.length;
  const header = hasHeader(options, first.value.fields, second.done ? undefined : second.value.fields)
    ? first.value.fields.map((name) => name.trim())
    : undefined;
  const label = labelColumn(options, header, width, source.name) ?? -1;
  const columnName = (column: number) =>
    header ? `column ${column} ("${header[column].slice(0, 40)}")` : `column ${column}`;

  const values = growableNumbers(limits, source.name);
  const labels = growableNumbers(limits, source.name);
  const classes = new Map<string, number>();
  let textLabels: boolean | undefined;
  let count = 0;

  function add(line: number, fields: readonly string[]): void {
    if (fields.length !== width) {
      throw inputError(
        "csv-width",
        `Line ${line} of ${source.name} has ${fields.length} fields; the first line has ${width}.`,
        where,
        "Give every line the same number of fields.",
      );
    }
    for (let column = 0; column < width; column++) {
      const text = fields[column].trim();
      if (column === label) {
        textLabels ??= text !== "" && !NUMBER.test(text);
        if (textLabels && text !== "" && !NUMBER.test(text)) {
          if (!classes.has(text)) classes.set(text, classes.size);
          labels.append(classes.get(text) ?? 0);
          continue;
        }
      }
      const value = NUMBER.test(text) ? Number(text) : NaN;
      if (!Number.isFinite(value) || (column === label && textLabels)) {
        const found = text === "" ? "nothing" : `"${text.slice(0, 40)}"`;
        const expected = column === label && textLabels ? "a class name, as on the lines before," : "a finite number";
        throw inputError(
          "csv-not-a-number",
          `Line ${line}, ${columnName(column)} of ${source.name} holds ${found} where ${expected} is expected.`,
          where,
          column !== label && options.label === undefined && isWord(text)
            ? `If this column holds the labels, name it: --label ${header && !header.some((name) => NUMBER.test(name)) ? header[column] : column}. Else fill in or drop the values that are missing or no numbers.`
            : "Fill in or drop the missing or non-numeric values.",
        );
      }
      (column === label ? labels : values).append(value);
    }
    count++;
  }

  if (!header) add(first.value.line, first.value.fields);
  if (!second.done) add(second.value.line, second.value.fields);
  for (const { line, fields } of records) add(line, fields);
  if (count === 0) throw empty();

  const shape = [count, width - (label < 0 ? 0 : 1)];
  const x = tensorArray("x", source.name, "float64", tensor("float64", shape, values.take()));
  const columns = header?.filter((_, column) => column !== label);
  if (label < 0) return { x, columns };
  const named = textLabels
    ? wordLabels("y", source.name, [...classes.keys()], labels.take())
    : numericLabels("y", source.name, labels.take());
  return { x, ...named, columns, column: header?.[label] };
}

function hasHeader(options: CsvOptions, first: readonly string[], second: readonly string[] | undefined): boolean {
  if (options.header !== undefined) return options.header;
  const words = first.map((field) => field.trim() !== "" && !NUMBER.test(field.trim()));
  if (first.length >= MIN_COUNTED_HEADER && first.every((field, i) => field.trim() === String(i))) return true;
  if (words.some((word, i) => word && first[i].trim() === options.label)) return true;
  if (first.length === 1) return words[0] && second !== undefined && NUMBER.test(second[0].trim());
  const label = columnNumber(options.label, first.length);
  return words.some((word, i) => word && i !== label);
}

/** Whether a field reads as the name of a class, and not as a number that is missing. */
function isWord(text: string): boolean {
  return /^\p{L}/u.test(text) && !/^(nan?|null|none|missing|inf(inity)?)$/i.test(text);
}

function growableNumbers(limits: ReadLimits, file: string) {
  let held = new Float64Array(1024);
  let length = 0;
  return {
    append(value: number) {
      if (length === held.length) {
        if (16 * length > limits.maxBytes) {
          throw inputError(
            "array-too-large",
            `The numbers of ${file} take more than the limit of ${limits.maxBytes} bytes.`,
            { file },
            "Convert the table to .npz, which is read piece by piece.",
          );
        }
        const larger = new Float64Array(2 * length);
        larger.set(held);
        held = larger;
      }
      held[length++] = value;
    },
    take: () => held.slice(0, length),
  };
}
