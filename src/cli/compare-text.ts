import type { CompareResult, CompareRow } from "../result/compare-result.ts";
import { formatEstimate, formatMeasured, formatNumber } from "../util/format-number.ts";
import { formatCounted } from "./format.ts";
import { type Align, table, wrap } from "./layout.ts";
import type { Style } from "./terminal.ts";

/** Lines on a terminal, unless all are wanted. */
const PAGE_LINES = 40;
/** Of these, as many for what differs, and for the recipe. */
const MOST_CONCLUSIONS = 12;
const MOST_RECIPE = 6;
/** Head and foot of the table, and the blank lines around it. */
const OTHER_LINES = 4;
const LEAST_ROWS = 3;
/** Errors of the two sides that are further apart than this are shown one by one. */
const LOPSIDED = 3;

/**
 * A comparison as it is read on a terminal: what was compared, what differs, largest first, then the numbers side by
 * side. At most 40 lines, unless `all` is set: then every number, with the reason where it cannot be told.
 */
export function compareText(result: CompareResult, style: Style, all: boolean): string {
  const { rows, results } = result;
  const parts = [legend(result), conclusions(result, style, all)];
  const taken = parts.join("\n\n").split("\n").length + OTHER_LINES;
  const shown = all ? rows : chosenRows(rows, Math.max(LEAST_ROWS, PAGE_LINES - taken));
  const left = rows.length - shown.length;
  const marks = new Map([
    [true, style.yellow("≠")],
    [false, "="],
  ]);
  const lines = shown.map((row) => [
    (row.different === null ? undefined : marks.get(row.different)) ?? style.dim("?"),
    row.title,
    ...valuesOf(row),
    ...(all ? [style.dim(row.why ?? "")] : []),
  ]);
  const head = ["", "", ...results.map(({ name }) => name), ...(all ? [""] : [])];
  const values = results.map((): Align => "right");
  parts.push(
    `${style.bold("Side by side")}, ± all that the errors leave, at 95 %: ≠ differs, = alike, ? cannot be told\n${table(
      [head, ...lines],
      ["left", "left", ...values, "left"],
      all ? Number.POSITIVE_INFINITY : undefined,
    )}${left > 0 ? `\n  … and ${formatCounted(left, "number")} more: -v shows all, with the reasons.` : ""}`,
  );
  return `${parts.join("\n\n")}\n`;
}

/** Key numbers, then the elements of lists as far as there is room, in the order of the result. */
function chosenRows(rows: readonly CompareRow[], most: number): readonly CompareRow[] {
  const chosen = new Set(rows.toSorted((a, b) => Number(b.leading) - Number(a.leading)).slice(0, most));
  return rows.filter((row) => chosen.has(row));
}

/** Which result is which, and what their recipes have different. */
function legend({ results, recipe, sameWeights, forced }: CompareResult): string {
  const lines = [
    table(
      results.map(({ name, path, model, seed, precision }) => [
        name,
        [model?.split(/[\\/]/).at(-1), precision, `seed ${seed}`].filter(Boolean).join(", "),
        path,
      ]),
      ["left", "left", "left"],
    ),
  ];
  if (forced.length > 0)
    lines.push(wrap(`Not comparable, and compared by --force. ${forced.join(". ")}.`, undefined, "  "));
  if (sameWeights) lines.push("All are of the same weights.");
  if (recipe.length > 0) {
    const shown = recipe.slice(0, MOST_RECIPE);
    const more = recipe.length - shown.length;
    lines.push(
      table(
        [
          ["Recipe", ...results.map(({ name }) => name)],
          ...shown.map(({ name, values }) => [name, ...values.map(settingText)]),
        ],
        ["left", ...results.map(() => "left" as const)],
      ) + (more > 0 ? `\n  … and ${more} more in the JSON` : ""),
    );
  }
  return lines.join("\n");
}

function settingText(value: unknown): string {
  if (value === null) return "not given";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function conclusions(result: CompareResult, style: Style, all: boolean): string {
  const { rows, results, different, alike, undecided, chance, sameWeights } = result;
  const counts = `${formatCounted(rows.length, "number")}: ${different} ${different === 1 ? "differs" : "differ"}, ${alike} alike within the errors, ${undecided} cannot be told.`;
  const lines = [style.bold(counts)];
  if (chance.comparisons > 0)
    lines.push(
      wrap(
        `${formatCounted(chance.comparisons, "comparison")} rest${chance.comparisons === 1 ? "s" : ""} on samples, at 95 % each: where nothing differs, about ${formatNumber(chance.expected, 2)} come out different by chance.`,
        undefined,
        "  ",
      ),
    );
  if (sameWeights && different > 0)
    lines.push(
      wrap(
        "The weights are the same: what differs is chance, rounding beyond its bound, or the recipe, and not the network.",
        undefined,
        "  ",
      ),
    );
  // Key numbers before the elements of lists: of a hundred tensors that all differ, each alone says little.
  const sorted = rows
    .filter((row) => row.different === true)
    .toSorted((a, b) => Number(b.leading) - Number(a.leading) || distanceOf(b) - distanceOf(a));
  if (sorted.length === 0) return lines.join("\n");
  const shown = all ? sorted : sorted.slice(0, MOST_CONCLUSIONS);
  const left = sorted.length - shown.length;
  lines.push(
    `${style.bold("Different")}, the largest in units of its error first${results.length === 2 ? `; × is ${results[1].name} over ${results[0].name}` : ""}`,
    table(
      shown.map((row) => [
        row.title,
        ...(results.length === 2 ? [row.ratio === null ? "" : `× ${formatNumber(row.ratio, 4)}`] : []),
        distanceText(row),
      ]),
      ["left", "right", "right"],
    ) + (left > 0 ? `\n  … and ${left} more, in the lists of layers, tensors, units or further eigenvalues too` : ""),
  );
  return lines.join("\n");
}

/** The largest distance of two that differ, in units of its error; counts, which have none, come last. */
function distanceOf({ pairs }: CompareRow): number {
  return Math.max(-1, ...pairs.map(({ different, errors }) => (different === true ? (errors ?? -1) : -1)));
}

function distanceText(row: CompareRow): string {
  const distance = distanceOf(row);
  return distance < 0 ? "counted" : `${formatNumber(distance, 2)} errors`;
}

/** The values with all that their errors leave, at 95 %; of more than two the values alone, in the digits that these leave. */
function valuesOf({ values, ranges }: CompareRow): string[] {
  return values.map((value, i) => {
    const range = ranges[i];
    if (value === null) return formatNumber(value);
    if (!range) return Number.isInteger(value) ? formatEstimate(value, 0) : formatNumber(value);
    if (!Number.isFinite(range.upper)) return `≥ ${formatNumber(range.lower, 3)}`;
    if (!Number.isFinite(range.lower)) return `≤ ${formatNumber(range.upper, 3)}`;
    const [above, below] = [range.upper - value, value - range.lower];
    const error = Math.max(above, below);
    if (values.length > 2) return formatMeasured(value, error);
    if (error <= LOPSIDED * Math.min(above, below)) return formatEstimate(value, error);
    return `${formatMeasured(value, error)} (+${formatNumber(above, 2)} −${formatNumber(below, 2)})`;
  });
}
