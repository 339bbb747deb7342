import type { FigureTable } from "../../figures/figure.ts";
import { formatNumber } from "../../util/format-number.ts";
import { type MeasuredRelief, reliefOf, thinned } from "./relief-of.ts";
import type { PlaneResult, SurfaceResult } from "./surface-result.ts";

/** Rows of a table that a page can hold. */
const TABLE_POINTS = 33;

/** The losses of a plane, row by row, with no more of them than a page can hold. */
export function planeTable(result: SurfaceResult, plane: PlaneResult): FigureTable {
  const relief: MeasuredRelief | undefined = reliefOf(result, plane);
  const shown = thinned(relief ?? { x: result.x, y: result.y, height: plane.loss }, { x: 0, y: 0 }, TABLE_POINTS);
  return {
    columns: ["y \\ x", ...shown.x.map((x) => formatNumber(x, 3))],
    rows: shown.y.map((y, j) => [
      y,
      ...shown.height[j].map((each) => (each === null || Number.isFinite(each) ? each : formatNumber(each))),
    ]),
  };
}
