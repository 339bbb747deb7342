import { frame, LONGEST_LABEL } from "./style.ts";

/** More rows than this are not read in a drawing; the table under it has them all. */
const ROW_LIMIT = 20;

/** What a label becomes that is too long: two lines where it has words, else its two ends. */
const LABEL = `length(datum.label) <= ${LONGEST_LABEL} ? datum.label : test(regexp("^.{1," + ${LONGEST_LABEL} + "} .+$"), datum.label) ? split(replace(datum.label, regexp("^(.{1," + ${LONGEST_LABEL} + "}) (.+)$"), "$1\\n$2"), "\\n") : slice(datum.label, 0, floor(${LONGEST_LABEL} / 2) - 1) + "…" + slice(datum.label, -ceil(${LONGEST_LABEL} / 2))`;

/** The vertical axis of a figure with a row for each name (tensor, layer, class), in the order given. */
export function rowAxis(field: string, names: readonly string[]) {
  return {
    field,
    type: "nominal" as const,
    sort: [...new Set(names)],
    title: null,
    axis: { grid: false, domain: false, ticks: false, labelPadding: 6, labelLimit: 0, labelExpr: LABEL },
  };
}

/** A frame that is `step` pixels high for each row. */
export function rowFrame(step: number, drawing: Omit<Parameters<typeof frame>[0], "height" | "params">) {
  return frame({ height: { step }, params: [{ name: LONGEST_LABEL, value: 44 }], ...drawing });
}

/**
 * Where there are more than `limit` rows, the `limit − 1` of largest size, in the order in which they came,
 * and all others, for which one row is left.
 *
 * @example
 * foremost([1, 4, 2, 3], (row) => row, 3); // { shown: [4, 3], others: [1, 2] }
 */
export function foremost<Row>(
  rows: readonly Row[],
  size: (row: Row) => number,
  limit = ROW_LIMIT,
): { shown: Row[]; others: Row[] } {
  const places = rows.map((_, i) => i).sort((a, b) => size(rows[b]) - size(rows[a]));
  const chosen = new Set(rows.length > limit ? places.slice(0, limit - 1) : places);
  return { shown: rows.filter((_, i) => chosen.has(i)), others: rows.filter((_, i) => !chosen.has(i)) };
}
