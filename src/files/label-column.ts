import { inputError } from "./input-error.ts";

/** Which column of a table holds the labels. */
export interface LabelOptions {
  /** The label's column: its name in the header, or its number from 0 (-1 is the last). */
  readonly label?: string;
  /** Where no label is given: names of columns that hold it, the first before the others, of which only one may be there. */
  readonly labelNames?: readonly string[];
}

/**
 * The number of the column of labels; undefined where none was asked for and none has a name for labels.
 *
 * @param header the names of the columns, where the table has them
 * @throws ThalwegError `label-column` where the one asked for is not there, or twice
 */
export function labelColumn(
  { label, labelNames = [] }: LabelOptions,
  header: readonly string[] | undefined,
  width: number,
  file: string,
): number | undefined {
  const wanted = label ?? namedLabel(header ?? [], labelNames);
  return wanted === undefined ? undefined : columnOf(wanted, header, width, file);
}

/** The column that a number from 0, or from the end, stands for; NaN for a name. */
export function columnNumber(label: string | undefined, width: number): number {
  if (label === undefined || !/^-?\d{1,9}$/.test(label)) return NaN;
  return Number(label) < 0 ? width + Number(label) : Number(label);
}

/** The column called by the first of the names, in this spelling; else the only one called by any of them. */
function namedLabel(header: readonly string[], names: readonly string[]): string | undefined {
  if (header.includes(names[0])) return names[0];
  const likely = header.filter((column) => names.includes(column.toLowerCase()));
  return likely.length === 1 ? likely[0] : undefined;
}

function columnOf(label: string, header: readonly string[] | undefined, width: number, file: string): number {
  const named = header?.indexOf(label) ?? -1;
  if (named >= 0) {
    if (header?.indexOf(label, named + 1) !== -1)
      throw inputError(
        "label-column",
        `${file} has two columns named "${label}".`,
        { file },
        "Give the label's column by number, counted from 0.",
      );
    return named;
  }
  const numbered = columnNumber(label, width);
  if (numbered >= 0 && numbered < width) return numbered;
  const there = header ? `its columns are ${listed(header)}` : `it has no header, and ${width} columns`;
  throw inputError(
    "label-column",
    `There is no label column "${label}" in ${file}: ${there}.`,
    { file },
    `Give a column's name, or its number from 0 to ${width - 1}.`,
  );
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => name.slice(0, 40));
  return shown.join(", ") + (names.length > shown.length ? ` and ${names.length - shown.length} more` : "");
}
