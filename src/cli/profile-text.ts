import type { PlannedInstrument } from "../instruments/profile.ts";
import { readingsOf } from "../instruments/registry.ts";
import type { Section, Verdict } from "../result/profile-result.ts";
import type { ResultDocument } from "../result/result-kinds.ts";
import { formatCount, formatDuration } from "./format.ts";
import { table, widthOf, wrap } from "./layout.ts";
import type { Style } from "./terminal.ts";

type ProfileDocument = Extract<ResultDocument, { schema: "thalweg/profile@1" }>;

/**
 * A profile as it is read on a terminal: section by section the numbers, then what stands out. With
 * `notes`, each number has its method beside it, as in the report.
 */
export function profileText({ result, checks }: ProfileDocument, style: Style, notes: boolean): string {
  const parts: string[] = [];
  for (const section of result.sections) {
    const state = stateOf(section);
    const rows = readingsOf(section.instrument, result).map(({ label, value, note }) =>
      notes ? [label, value, style.dim(note ?? "")] : [label, value],
    );
    if (rows.length === 0 && state === undefined) continue;
    const lines = [style.bold(section.title)];
    if (state !== undefined) lines.push(wrap(`  ${style.yellow(state)}`, 78, "  "));
    if (rows.length > 0 && section.status !== "skipped") lines.push(readingTable(rows));
    parts.push(lines.join("\n"));
  }
  if (result.verdicts.length > 0)
    parts.push(`${style.bold("What stands out")}\n${verdictList(result.verdicts, style)}`);
  const failed = checks.filter(({ passed }) => passed === false);
  const missing = checks.filter(({ passed }) => passed === null);
  parts.push(
    failed.length === 0
      ? `${style.green("pass")} ${checks.length - missing.length} checks of import and derivatives${missing.length === 0 ? "" : `, ${missing.length} could not be made`}; ${formatCount(result.products)} products of H, G and Σ in all.`
      : wrap(
          `${style.red("FAIL")} ${failed.map(({ title, measured, limit }) => `${title}: ${measured.toExponential(1)} instead of at most ${limit.toExponential(1)}`).join("; ")}. Trust nothing above until \`thalweg check\` passes.`,
        ),
  );
  return `${parts.join("\n\n")}\n`;
}

/** Labels that are longer than this are sentences, and stand on lines of their own. */
const LABEL_WIDTH = 46;

function readingTable(rows: readonly (readonly string[])[]): string {
  const short = rows.filter(([label]) => widthOf(label) <= LABEL_WIDTH);
  // Line by line, so that the long ones stay in their places; the columns are those of all short ones.
  const widths = [0, 1].map((column) => Math.max(0, ...short.map((row) => widthOf(row[column]))));
  const padded = (cell: string, column: number) =>
    cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
  return rows
    .map((row) => {
      if (short.includes(row)) return table([row.map(padded)], ["left", "left", "left"]);
      const [label, ...cells] = row;
      return `  ${wrap(`${label}: ${cells.filter((cell) => cell !== "").join("; ")}`, 78, "    ")}`;
    })
    .join("\n");
}

function stateOf({ status, reason }: Section): string | undefined {
  if (status === "measured") return undefined;
  const word = { "not-converged": "not converged", skipped: "not measured", failed: "failed" }[status];
  return reason === null ? word : `${word}: ${reason}`;
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

/** The plan of a profile, with the time that it should take. */
export function planText(plan: readonly PlannedInstrument[], msPerProduct: number, style: Style): string {
  const rows = plan.map(({ title, products, skipped }) =>
    skipped === undefined
      ? [title, formatCount(products), formatDuration(products * msPerProduct)]
      : [title, "skipped", ""],
  );
  const total = totalProducts(plan);
  return `${style.bold("Plan")}\n${table([["instrument", "products", "about"], ...rows, ["in all", formatCount(total), formatDuration(total * msPerProduct)]], ["left", "right", "right"])}\n`;
}

export function totalProducts(plan: readonly PlannedInstrument[]): number {
  return plan.reduce((sum, { products }) => sum + products, 0);
}
