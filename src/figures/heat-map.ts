import type { FigureTable } from "./figure.ts";
import { rowAxis, rowFrame } from "./named-rows.ts";
import { COLOUR, finite, said, TIP } from "./style.ts";

export interface HeatRow {
  readonly name: string;
  /** One for each column, between −1 and 1. */
  readonly values: readonly (number | null)[];
}

export interface HeatMap {
  readonly rows: readonly HeatRow[];
  readonly columns: readonly string[];
  readonly columnTitle: string;
  /** What positive and negative values are called; without names there is no legend, and all are positive. */
  readonly signs?: readonly [string, string];
  /** Values smaller than this are not written into their cells. */
  readonly least: number;
  /** How they are written, in D3's notation. */
  readonly format: string;
}

/** Rows by columns of numbers between −1 and 1: a hue for the sign, its depth for the size, and the number. */
export function heatMap({ rows, columns, columnTitle, signs, least, format }: HeatMap) {
  const [positive, negative] = signs ?? ["positive", "negative"];
  const cells = finite(
    rows.flatMap(({ name, values }) =>
      values.flatMap((value, i) =>
        value === null
          ? []
          : [
              {
                row: name,
                column: columns[i],
                value,
                size: Math.abs(value),
                sign: value < 0 ? negative : positive,
                tip: `${name}, ${columns[i]}: ${said(value)}`,
              },
            ],
      ),
    ),
  );
  const x = {
    field: "column",
    type: "ordinal" as const,
    sort: [...columns],
    title: columnTitle,
    axis: { labelAngle: 0, orient: "bottom" as const, grid: false },
  };
  const y = rowAxis(
    "row",
    rows.map(({ name }) => name),
  );
  return rowFrame(26, {
    data: { values: cells },
    layer: [
      {
        mark: { type: "rect", stroke: COLOUR.rule, strokeWidth: 1 },
        encoding: {
          x,
          y,
          ...TIP,
          color: {
            field: "sign",
            scale: { domain: [positive, negative], range: [COLOUR.coolCell, COLOUR.warmCell] },
            ...(signs === undefined && { legend: null }),
          },
          fillOpacity: { field: "size", type: "quantitative", scale: { domain: [0, 1], range: [0, 1] }, legend: null },
        },
      },
      {
        transform: [{ filter: `datum.size >= ${least}` }],
        mark: { type: "text", fontSize: 11, color: COLOUR.ink },
        encoding: { x, y, text: { field: "value", type: "quantitative", format } },
      },
    ],
  });
}

/** The numbers of a heat map. */
export function heatTable(rowTitle: string, columns: readonly string[], rows: readonly HeatRow[]): FigureTable {
  return { columns: [rowTitle, ...columns], rows: rows.map(({ name, values }) => [name, ...values]) };
}
