import type { FigureFamily, FigureKind } from "../../figures/figure.ts";
import { foremost, rowAxis, rowFrame } from "../../figures/named-rows.ts";
import { COLOUR, finite, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import { formatCounted } from "../../util/format-size.ts";
import { byChange } from "./change-text.ts";
import type { SensitivityResult, TensorChange } from "./sensitivity-result.ts";

const SERIES = ["predicted", "measured"];

/** For every change the tensors, with the predicted change of the loss and its error beside the measured one. */
export const sensitivityFigures: FigureFamily<SensitivityResult> = ({ tensors }) =>
  [...byChange(tensors)].map(([change, rows]) => ({
    name: `sensitivity-${change.replace(/[^a-z0-9]+/g, "-")}`,
    of: () => tensorsAt(change, rows),
  }));

function tensorsAt(change: string, rows: readonly TensorChange[]): ReturnType<FigureKind<SensitivityResult>["of"]> {
  if (rows.length === 0) return undefined;
  const { shown, others } = foremost(rows, ({ predicted, measured }) =>
    Math.max(Math.abs(predicted), Math.abs(measured)),
  );
  const sorted = shown.toSorted((a, b) => b.predicted - a.predicted);
  const spans = finite(
    sorted.map(({ name, predicted, error }) => ({ name, low: predicted - error, high: predicted + error })),
  );
  const points = finite(
    sorted.flatMap(({ name, predicted, error, measured, measuredError }) => [
      { name, series: SERIES[0], value: predicted, tip: `${name}: predicted ${said(predicted, error)}` },
      { name, series: SERIES[1], value: measured, tip: `${name}: measured ${said(measured, measuredError)}` },
    ]),
  );
  const y = rowAxis(
    "name",
    sorted.map(({ name }) => name),
  );
  const x = {
    type: "quantitative",
    title: "change of the loss",
    scale: { zero: true },
    axis: { format: "~g" },
    ...wideAxis([...points.map(({ value }) => value), ...spans.flatMap(({ low, high }) => [low, high])]),
  } as const;
  return {
    title: `What ${change} cost, tensor by tensor`,
    description:
      "For each tensor, changed alone: the change of the loss that gradient and curvature predict, with the error of the prediction (the line through it), and the change measured. Where the two marks lie apart by more than the line, the change is too large for the prediction." +
      (others.length > 0
        ? ` ${formatCounted(others.length, "tensor")} with smaller changes are in the table only.`
        : ""),
    spec: rowFrame(24, {
      data: { values: points },
      layer: [
        {
          data: { values: spans },
          mark: { type: "rule", strokeWidth: 3, color: COLOUR.primaryFill },
          encoding: { x: { field: "low", ...x }, x2: { field: "high" }, y },
        },
        {
          mark: { type: "point", size: 60, opacity: 1, strokeWidth: 2, filled: false },
          encoding: {
            x: { field: "value", ...x },
            y,
            color: { field: "series", scale: { domain: SERIES, range: [COLOUR.primary, COLOUR.secondary] } },
            shape: { field: "series", scale: { domain: SERIES, range: ["circle", "cross"] } },
            ...TIP,
          },
        },
      ],
    }),
    table: {
      columns: ["tensor", "predicted", "±", "measured"],
      rows: rows.map(({ name, predicted, error, measured }) => [name, predicted, error, measured]),
    },
  };
}
