import type { FigureKind } from "../../figures/figure.ts";
import { heatMap, heatTable, type HeatRow } from "../../figures/heat-map.ts";
import { foremost } from "../../figures/named-rows.ts";
import type { attributionPart } from "./attribution-part.ts";
import type { OutputOf } from "../part.ts";
import { maxOf } from "../../util/extremes.ts";

/** Tensors that are drawn with a row of their own. */
const TENSORS = 12;

export const attributionTensors: FigureKind<OutputOf<typeof attributionPart>> = {
  name: "attribution-tensors",
  of({ attribution }) {
    if (attribution === null || attribution.length === 0) return undefined;
    const columns = attribution.map(({ index }) => `v${index + 1}`);
    const rows = attribution[0].tensors.map(({ name }) => ({
      name,
      values: attribution.map(({ tensors }) => tensors.find((tensor) => tensor.name === name)?.share ?? null),
    }));
    const { shown, others } = foremost(rows, ({ values }) => maxOf(values.map((share) => share ?? 0)), TENSORS);
    return {
      title: "Where the stiffest directions live",
      description:
        "Share of each leading eigenvector's squared length that lies in each parameter tensor: every column adds up to 1. A deep-coloured cell means that moving " +
        "this tensor is what meets this curvature.",
      spec: heatMap({
        rows: [...shown, ...together(others)],
        columns,
        columnTitle: "eigenvector, stiffest first",
        least: 0.05,
        format: ".2f",
      }),
      table: heatTable("tensor", columns, rows),
    };
  },
};

function together(rows: readonly HeatRow[]): HeatRow[] {
  if (rows.length === 0) return [];
  const values = rows[0].values.map((_, i) => rows.reduce((sum, row) => sum + (row.values[i] ?? 0), 0));
  return [{ name: `${rows.length} other tensors`, values }];
}
