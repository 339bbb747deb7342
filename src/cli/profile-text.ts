import { keyReadings, shownReadings } from "../instruments/shown-readings.ts";
import { flagOf, skipped, stateOf, unfinished } from "../report/section-state.ts";
import type { ProfileResult } from "../instruments/profile-result.ts";
import type { Verdict } from "../result/section.ts";
import type { ResultDocument } from "../documents/result-kinds.ts";
import { formatNumber } from "../util/format-number.ts";
import { formatCount, formatCounted } from "../util/format-size.ts";
import { table, widthOf, wrap } from "./layout.ts";
import type { Style } from "./terminal.ts";
import { maxOf } from "../util/extremes.ts";

type ProfileDocument = Extract<ResultDocument, { schema: "thalweg/profile@1" }>;

/** Lines of numbers where no more were asked for. */
const MOST_LINES = 40;

/**
 * A profile as it is read on a terminal: what was concluded and what may be trusted first, then the numbers,
 * section by section: the first ones of each, as many as 40 lines hold. With `all`, every number with its
 * method beside it, as in the report.
 */
export function profileText({ result, checks }: ProfileDocument, style: Style, all: boolean): string {
  const failed = checks.filter(({ passed }) => passed === false);
  const missing = checks.filter(({ passed }) => passed === null);
  const parts: string[] = [];
  if (failed.length > 0)
    parts.push(
      wrap(
        `${style.red("FAIL")} ${failed.map(({ title, measured, limit }) => `${title}: ${measured.toExponential(1)} instead of at most ${limit.toExponential(1)}`).join("; ")}. Trust nothing here until \`thalweg check\` passes.`,
      ),
    );
  if (result.verdicts.length > 0)
    parts.push(`${style.bold("What stands out")}\n${verdictList(result.verdicts, style)}`);
  const caveats = unfinished(result);
  if (caveats.length > 0) parts.push(caveats.map((caveat) => `  ${wrap(style.yellow(caveat), 78, "    ")}`).join("\n"));
  if (failed.length === 0)
    parts.push(
      `${style.green("pass")} ${checks.length - missing.length} checks of import and derivatives${missing.length === 0 ? "" : `, ${missing.length} could not be made`}; ${formatCount(result.products)} products of H, G and Σ in all.`,
    );
  parts.push(all ? allNumbers(result, style) : firstNumbers(result, style, MOST_LINES));
  // With all numbers each section says so in its place.
  if (!all)
    parts.push(
      skipped(result)
        .map((text) => `  ${wrap(style.dim(text), 78, "    ")}`)
        .join("\n"),
    );
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function allNumbers(result: ProfileResult, style: Style): string {
  const parts: string[] = [];
  for (const section of result.sections) {
    const flag = flagOf(stateOf(section, result), []);
    const rows =
      section.status === "skipped"
        ? []
        : shownReadings(section, result).map(({ label, value, note }) => [label, value, style.dim(note ?? "")]);
    if (rows.length === 0 && flag === undefined) continue;
    const lines = [style.bold(section.title)];
    if (flag)
      lines.push(`  ${wrap(style.yellow(`${flag}${section.reason === null ? "" : `: ${section.reason}`}`), 78, "  ")}`);
    if (rows.length > 0) lines.push(readingLines(rows).join("\n"));
    parts.push(lines.join("\n"));
  }
  return parts.join("\n\n");
}

/**
 * At most `limit` lines: the numbers that are looked for first, then the sections, each with the first of its
 * others. Turn by turn every section gets one more, so that a long one takes no room from the rest; the last line
 * says how many are left out.
 */
function firstNumbers(result: ProfileResult, style: Style, limit: number): string {
  const key = keyReadings(result).filter(({ value }) => value !== NOT_AVAILABLE);
  const sections = result.sections.flatMap((section) => {
    const { title, status } = section;
    const readings = shownReadings(section, result).filter(
      (reading) => reading.value !== NOT_AVAILABLE && reading.key === undefined,
    );
    if (status === "skipped" || readings.length === 0) return [];
    const flag = flagOf(stateOf(section, result), []);
    return [{ title: style.bold(title) + (flag ? ` ${style.yellow(`(${flag})`)}` : ""), readings, shown: 0 }];
  });
  const textOf = () => {
    const shown = sections.filter((section) => section.shown > 0);
    const rows = shown.flatMap(({ readings, shown: count }) => readings.slice(0, count));
    const lines = readingLines([...key, ...rows].map(({ label, value }) => [label, value]));
    const text = [
      ...lines.splice(0, key.length),
      ...shown.flatMap(({ title, shown: count }) => [title, ...lines.splice(0, count)]),
    ].join("\n");
    const left = sections.reduce((sum, { readings, shown: count }) => sum + readings.length - count, 0);
    return left === 0
      ? text
      : `${text}\n${style.dim(`… ${formatCounted(left, "more number")}, and how each was measured: --verbose`)}`;
  };
  let text = textOf();
  for (let turn = 0; sections.some(({ readings }) => readings.length > turn); turn++) {
    for (const section of sections) {
      if (section.readings.length <= turn || section.shown < turn) continue;
      section.shown = turn + 1;
      const longer = textOf();
      if (longer.split("\n").length <= limit) text = longer;
      else section.shown = turn;
    }
  }
  return text;
}

const NOT_AVAILABLE = formatNumber(null);

/** Labels that are longer than this are sentences, and stand on lines of their own. */
const LABEL_WIDTH = 46;

/** A text for each row, of several lines where it is long; short labels and their values stand in columns. */
function readingLines(rows: readonly (readonly string[])[]): string[] {
  const short = rows.filter(([label]) => widthOf(label) <= LABEL_WIDTH);
  // Row by row, so that the long ones stay in their places; the columns are those of all short ones.
  const widths = [0, 1].map((column) => Math.max(0, maxOf(short.map((row) => widthOf(row[column])))));
  const padded = (cell: string, column: number) =>
    cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
  return rows.map((row) => {
    if (short.includes(row)) return table([row.map(padded)], ["left", "left", "left"]);
    const [label, ...cells] = row;
    return `  ${wrap(`${label}: ${cells.filter((cell) => cell !== "").join("; ")}`, 78, "    ")}`;
  });
}

const ORDER: readonly Verdict["level"][] = ["warn", "note", "pass"];

function verdictList(verdicts: readonly Verdict[], style: Style): string {
  const words = { pass: style.green("pass"), note: style.cyan("note"), warn: style.yellow("warn") };
  const sorted = [...verdicts].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  return table(
    sorted.map(({ level, text }) => [words[level], text]),
    ["left", "left"],
  );
}
