import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import type { TrackedResult } from "./tracked-result.ts";
import type { TrainResult } from "./train-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

type Quantity = TrackedResult["quantities"][number];

const COLOURS = [COLOUR.primary, COLOUR.tertiary, COLOUR.secondary];
/** More curves of one quantity have no legend of their own colours. */
const MOST_CURVES = COLOURS.length;

/** A figure for each quantity that was tracked: its curves against the step, beside its stability limit. */
export function trackedFigures({ tracked }: TrainResult): FigureKind<TrainResult>[] {
  return (tracked?.quantities ?? []).map((quantity): FigureKind<TrainResult> => ({
    name: quantity.name,
    of: ({ tracked: of }) => (of === null ? undefined : figureOf(quantity, of)),
  }));
}

function figureOf(quantity: Quantity, { steps }: TrackedResult) {
  const { title, axis, says, limit } = quantity;
  const series = quantity.series.slice(0, MOST_CURVES);
  const points = finite(
    series.flatMap(({ name, values, errors }) =>
      values.flatMap((value, i) =>
        value === null
          ? []
          : [
              {
                series: name,
                x: steps[i],
                value,
                low: value - (errors[i] ?? 0),
                high: value + (errors[i] ?? 0),
                tip: `${name} before step ${steps[i]}: ${said(value)}`,
              },
            ],
      ),
    ),
  );
  if (points.length < 2) return undefined;
  const lines = limit === null ? [] : finite(limit.values.map((value, i) => ({ x: steps[i], value })));
  const label = limit === null ? "" : `stability limit ${limit.formula}`;
  const isPositive = [...points.map(({ low }) => low), ...lines.map(({ value }) => value)].every((value) => value > 0);
  const isSpread = isPositive && spread(points.map(({ value }) => value)) > 100;
  const scale: { type: "log" } | { zero: true } = isSpread ? { type: "log" } : { zero: true };
  const names = series.map(({ name }) => name);
  const x = { field: "x", type: "quantitative", title: "step", scale: { nice: false, zero: true } } as const;
  const y = { field: "value", type: "quantitative", title: axis, scale } as const;
  const color = { field: "series", scale: { domain: names, range: COLOURS.slice(0, names.length) } } as const;
  return {
    title: limit === null ? title : `${title} beside the stability limit ${limit.formula}`,
    description: `${says}${limit === null ? "" : ` Dashed: the curvature above which the optimiser is unstable on the full batch of a quadratic, ${limit.formula}.`}`,
    spec: frame({
      height: 260,
      layer: [
        {
          data: { values: points.filter(({ low, high }) => high > low) },
          mark: { type: "area", opacity: 0.15 },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
        },
        { data: { values: points }, mark: { type: "line", strokeWidth: 1.6 }, encoding: { x, y, color } },
        {
          data: { values: points },
          mark: { type: "point", filled: true, size: 14, opacity: 1 },
          encoding: { x, y, color, ...TIP },
        },
        {
          data: { values: lines },
          mark: { type: "line", strokeDash: [5, 4], color: COLOUR.secondary, strokeWidth: 1.4 },
          encoding: { x, y },
        },
      ],
      data: { values: [] },
    }),
    table: {
      columns: ["step", ...names, ...(limit === null ? [] : [label])],
      rows: steps.map((step, i) => [
        step,
        ...series.map(({ values }) => (values[i] === null ? null : said(values[i]))),
        ...(limit === null ? [] : [said(limit.values[i])]),
      ]),
    },
  };
}

function spread(values: readonly number[]): number {
  return maxOf(values) / minOf(values);
}
