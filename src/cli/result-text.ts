import type { ResultDocument } from "../documents/result-kinds.ts";
import type { ShownSection } from "../result/shown-section.ts";
import { formatCounted } from "./format.ts";
import { table, wrap } from "./layout.ts";
import { profileText } from "./profile-text.ts";
import type { Style } from "./terminal.ts";

/** A result as it is read on a terminal; with `all`, every number of it. */
export function resultText(document: ResultDocument, style: Style, all: boolean): string {
  if (document.schema === "thalweg/profile@1") return profileText(document, style, all);
  const { checks, sections } = document;
  const failed = checks.filter(({ passed }) => passed === false);
  const passed = checks.filter((check) => check.passed === true).length;
  const parts = [
    ...failed.map(({ title, detail }) => wrap(`${style.red("FAIL")} ${title}: ${detail}`)),
    ...(failed.length === 0 && passed > 0 ? [`${style.green("pass")} ${formatCounted(passed, "check")}.`] : []),
    ...(sections ?? []).flatMap((section) => sectionText(section, style)),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The caveats of a section, its paragraphs, its numbers. */
function sectionText({ title, caveats, text, readings, table: numbers }: ShownSection, style: Style): string[] {
  const cells = (row: readonly (string | number | null)[]) => row.map((cell) => (cell === null ? "n/a" : String(cell)));
  return [
    style.bold(title),
    ...caveats.map((caveat) => wrap(style.yellow(caveat))),
    ...text.map((paragraph) => wrap(paragraph)),
    ...(readings.length === 0
      ? []
      : [
          table(
            readings.map(({ label, value, note = "" }) => [label, value, style.dim(note)]),
            ["left", "left", "left"],
          ),
        ]),
    ...(numbers === null
      ? []
      : [
          table(
            [numbers.columns.map(style.bold), ...numbers.rows.map(cells)],
            numbers.columns.map((_, i) => (numbers.rows.every((row) => isNumeric(row[i])) ? "right" : "left")),
          ),
        ]),
  ];
}

/** A number, in digits or in words for none. */
function isNumeric(cell: string | number | null): boolean {
  return typeof cell !== "string" || /^[≥<(]?\s*[-+]?\d|^n\/a$/.test(cell);
}
