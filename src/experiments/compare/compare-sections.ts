import type { CompareResult, CompareRow } from "../../result/compare-result.ts";
import type { ShownSection } from "../../result/shown-section.ts";
import { formatBound, formatEstimate, formatMeasured, formatNumber } from "../../util/format-number.ts";
import { formatCounted } from "../../util/format-size.ts";
import { maxOf } from "../../util/extremes.ts";

/** Lines on a terminal, where not all is wanted. */
const PAGE_LINES = 40;
/** Of these, as many for what differs, and for the recipe. */
const MOST_CONCLUSIONS = 12;
const MOST_RECIPE = 6;
/** A title, the head of its table, what says how much more there is, and the blank line below. */
const OTHER_LINES = 4;
const LEAST_ROWS = 3;
/** Errors of the two sides that are further apart than this are shown one by one. */
const LOPSIDED = 3;

/** What was compared, what differs, largest first, then the numbers side by side. */
export function compareSections(result: CompareResult): ShownSection[] {
  const before = [legend(result), ...recipe(result), conclusion(result), ...differences(result)];
  return [...before, sideBySide(result, PAGE_LINES - before.reduce((sum, each) => sum + linesOf(each), 0))];
}

/** Lines that a section takes where there is little room. */
function linesOf({ text, caveats, table }: ShownSection): number {
  const WRAPPED = 2;
  const rows = table === null ? 0 : (table.brief?.rows ?? table.rows).length;
  return rows + WRAPPED * (text.length + caveats.length) + (table === null ? OTHER_LINES - 2 : OTHER_LINES);
}

const PLAIN = { caveats: [], text: [], readings: [], table: null };

/** A table of which the first rows are enough where there is little room. */
function begins(columns: string[], rows: string[][], most: number): ShownSection["table"] {
  return { columns, rows, brief: { rows: [...rows.keys()].slice(0, most), columns: [...columns.keys()] } };
}

/** Which result is which. */
function legend({ results, sameWeights, forced }: CompareResult): ShownSection {
  const rows = results.map(({ name, path, model, seed, precision }) => [
    name,
    [model?.split(/[\\/]/).at(-1), precision, `seed ${seed}`].filter(Boolean).join(", "),
    path,
  ]);
  return {
    ...PLAIN,
    title: "What is compared",
    caveats: forced.length === 0 ? [] : [`Not comparable, and compared by --force. ${forced.join(". ")}.`],
    text: sameWeights ? ["All are of the same weights."] : [],
    table: { columns: ["", "result", "run"], rows },
  };
}

/** What their recipes have different. */
function recipe({ results, recipe: settings }: CompareResult): ShownSection[] {
  if (settings.length === 0) return [];
  const rows = settings.map(({ name, values }) => [name, ...values.map(settingText)]);
  const columns = ["", ...results.map(({ name }) => name)];
  return [{ ...PLAIN, title: "What differs in the recipe", table: begins(columns, rows, MOST_RECIPE) }];
}

function settingText(value: unknown): string {
  if (value === null) return "not given";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function conclusion({ rows, different, alike, undecided, chance, sameWeights }: CompareResult): ShownSection {
  const { comparisons, expected } = chance;
  return {
    ...PLAIN,
    title: `${formatCounted(rows.length, "number")}: ${different} ${different === 1 ? "differs" : "differ"}, ${alike} alike within the errors, ${undecided} cannot be told.`,
    text: [
      ...(comparisons > 0
        ? [
            `${formatCounted(comparisons, "comparison")} rest${comparisons === 1 ? "s" : ""} on samples, at 95 % each: where nothing differs, about ${formatNumber(expected, 2)} come out different by chance.`,
          ]
        : []),
      ...(sameWeights && different > 0
        ? [
            "The weights are the same: what differs is chance, rounding beyond its bound, or the recipe, and not the network.",
          ]
        : []),
    ],
  };
}

function differences({ rows, results }: CompareResult): ShownSection[] {
  // Key numbers before the elements of lists: of a hundred tensors that all differ, each alone says little.
  const sorted = rows
    .filter((row) => row.different === true)
    .toSorted((a, b) => Number(b.leading) - Number(a.leading) || distanceOf(b) - distanceOf(a));
  if (sorted.length === 0) return [];
  const isPair = results.length === 2;
  const columns = ["number", ...(isPair ? ["ratio"] : []), "distance"];
  const shown = sorted.map((row) => [
    row.title,
    ...(isPair ? [row.ratio === null ? "" : `× ${formatNumber(row.ratio, 4)}`] : []),
    distanceText(row),
  ]);
  return [
    {
      ...PLAIN,
      title: `Different, the largest in units of its error first${isPair ? `; × is ${results[1].name} over ${results[0].name}` : ""}`,
      table: begins(columns, shown, MOST_CONCLUSIONS),
    },
  ];
}

function sideBySide({ rows, results }: CompareResult, room: number): ShownSection {
  const columns = ["", "number", ...results.map(({ name }) => name), "why"];
  return {
    ...PLAIN,
    title: "Side by side, ± all that the errors leave, at 95 %: ≠ differs, = alike, ? cannot be told",
    table: {
      columns,
      rows: rows.map((row) => [markOf(row), row.title, ...valuesOf(row), row.why ?? ""]),
      brief: {
        rows: chosenRows(rows, Math.max(LEAST_ROWS, room - OTHER_LINES)),
        columns: [...columns.keys()].slice(0, -1),
      },
    },
  };
}

function markOf({ different }: CompareRow): string {
  if (different === null) return "?";
  return different ? "≠" : "=";
}

/** Key numbers, then the elements of lists as far as there is room, in the order of the result. */
function chosenRows(rows: readonly CompareRow[], most: number): number[] {
  return [...rows.keys()]
    .toSorted((a, b) => Number(rows[b].leading) - Number(rows[a].leading))
    .slice(0, most)
    .toSorted((a, b) => a - b);
}

/** The largest distance of two that differ, in units of its error; counts, which have none, come last. */
function distanceOf({ pairs }: CompareRow): number {
  return Math.max(-1, maxOf(pairs.map(({ different, errors }) => (different === true ? (errors ?? -1) : -1))));
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
    if (!Number.isFinite(range.upper)) return `≥ ${formatBound(range.lower, 3, "least")}`;
    if (!Number.isFinite(range.lower)) return `≤ ${formatBound(range.upper, 3, "most")}`;
    const [above, below] = [range.upper - value, value - range.lower];
    const error = Math.max(above, below);
    if (values.length > 2) return formatMeasured(value, error);
    if (error <= LOPSIDED * Math.min(above, below)) return formatEstimate(value, error);
    return `${formatMeasured(value, error)} (+${formatNumber(above, 2)} −${formatNumber(below, 2)})`;
  });
}
