import type { ResultDocument } from "../documents/result-kinds.ts";
import type { ShownSection } from "../result/shown-section.ts";
import { formatNumber } from "../util/format-number.ts";
import { formatCounted } from "../util/format-size.ts";
import { type Align, PAGE_WIDTH, table, widthOf, wrap } from "./layout.ts";
import { profileText } from "./profile-text.ts";
import type { Style } from "./terminal.ts";
import { maxOf } from "../util/extremes.ts";

interface Wanted {
  /** Every number, on lines as long as it takes. */
  readonly all: boolean;
  /** Whether the sections say themselves what was checked. */
  readonly areChecksShown?: boolean;
}

/** A result as it is read on a terminal. */
export function resultText(document: ResultDocument, style: Style, { all, areChecksShown = false }: Wanted): string {
  if (document.schema === "thalweg/profile@1") return profileText(document, style, all);
  const { checks, sections } = document;
  const failed = checks.filter(({ passed }) => passed === false);
  const passed = checks.filter((check) => check.passed === true).length;
  const parts = [
    ...(areChecksShown
      ? []
      : [
          ...failed.map(({ title, detail }) => wrap(`${style.red("FAIL")} ${title}: ${detail} Trust nothing below.`)),
          ...(failed.length === 0 && passed > 0 ? [`${style.green("pass")} ${formatCounted(passed, "check")}.`] : []),
        ]),
    ...(sections ?? []).map((section) => sectionText(section, style, all)),
  ];
  return `${parts.join("\n\n")}\n`;
}

type Table = NonNullable<ShownSection["table"]>;

/** Its title, then its caveats, its paragraphs, its numbers. */
function sectionText(
  { title, caveats, text, readings, table: numbers }: ShownSection,
  style: Style,
  all: boolean,
): string {
  const lines = readings.map(({ label, value, note = "" }) => [
    label,
    marked(value, style),
    ...(note === "" ? [] : [style.dim(note)]),
  ]);
  const parts = [
    [...caveats.map((caveat) => wrap(style.yellow(caveat))), ...text.map((each) => paragraph(each))].join("\n"),
    ...(lines.length === 0 ? [] : [table(lines, ["left", "left", "left"])]),
    ...(numbers === null ? [] : [tableText(numbers, style, all)]),
  ];
  return `${style.bold(title)}\n${parts.filter((part) => part !== "").join("\n\n")}`.trimEnd();
}

/** A paragraph; what begins with a mark is an item of a list. */
function paragraph(text: string): string {
  return text.startsWith("· ") ? `  ${wrap(text, PAGE_WIDTH - 2, "    ")}` : wrap(text);
}

function tableText({ columns, rows, brief }: Table, style: Style, all: boolean): string {
  const [someRows, someColumns] =
    all || brief === undefined ? [[...rows.keys()], [...columns.keys()]] : [brief.rows, brief.columns];
  const shown = someRows.map((i) => someColumns.map((j) => textOf(rows[i][j])));
  const lines = [
    someColumns.map((j) => style.bold(columns[j])),
    ...shown.map((row) => row.map((each) => marked(each, style))),
  ];
  const align = someColumns.map((j): Align => (rows.every((row) => isNumeric(row[j])) ? "right" : "left"));
  const text = all ? table(lines, align, Number.POSITIVE_INFINITY) : besideAndBelow(lines, align);
  const left = rows.length - shown.length;
  return left === 0 ? text : `${text}\n  … and ${formatCounted(left, "row")} more: -v shows all.`;
}

/** A table on the page: where numbers stand in more columns than it has room for, the others follow below. */
function besideAndBelow(lines: readonly (readonly string[])[], align: readonly Align[]): string {
  const GAP = 2;
  const widths = align.map((_, j) => GAP + maxOf(lines.map((row) => widthOf(row[j]))));
  const parts: number[][] = [[0]];
  let width = widths[0];
  for (const j of [...align.keys()].slice(1)) {
    const isFull = width + widths[j] > PAGE_WIDTH && parts[parts.length - 1].length > 1;
    // What is text is wrapped where it stands.
    if (isFull && align.slice(1).every((each) => each === "right")) {
      parts.push([0]);
      width = widths[0];
    }
    parts[parts.length - 1].push(j);
    width += widths[j];
  }
  return parts
    .map((part) =>
      table(
        lines.map((row) => part.map((j) => row[j])),
        part.map((j) => align[j]),
      ),
    )
    .join("\n\n");
}

/** To the digits that the report shows, too; the JSON has them all. */
function textOf(cell: string | number | null): string {
  return typeof cell === "string" || Number.isSafeInteger(cell) ? String(cell) : formatNumber(cell);
}

/** Words that judge, each in its colour. */
function marked(cell: string, style: Style): string {
  if (cell === "pass" || cell === "yes") return style.green(cell);
  if (cell === "FAIL" || cell === "no") return style.red(cell);
  if (cell === "≠" || cell === "n/a") return style.yellow(cell);
  return cell === "?" ? style.dim(cell) : cell;
}

/** A number, in digits or in words for none. */
function isNumeric(cell: string | number | null): boolean {
  return typeof cell !== "string" || /^[≥≤<(×]?\s*[-+]?\d|^n\/a$|^$/.test(cell);
}
