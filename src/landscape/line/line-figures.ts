import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { formatNumber } from "../../util/format-number.ts";
import { shortName } from "../short-name.ts";
import type { LineResult } from "./line-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

const SERIES = ["loss", "held-out loss", "quadratic"] as const;
type Series = (typeof SERIES)[number];

/** Colour and dash of each series: they differ in both. */
const COLOURS: Readonly<Record<Series, string>> = {
  loss: COLOUR.primary,
  "held-out loss": COLOUR.tertiary,
  quadratic: COLOUR.secondary,
};
const DASHES: Readonly<Record<Series, number[]>> = { loss: [1, 0], "held-out loss": [9, 3], quadratic: [5, 4] };

/** Of the colour of a series: its band lies behind lines and rules. */
const BAND = 0.22;

/** Of the span of the losses: a parabola that goes further is cut off there. */
const BEYOND = 0.25;

/** The loss along the line, with what gradient and curvature at 0 predict. */
export const lossAlongLine: FigureKind<LineResult> = {
  name: "loss",
  hero: "main",
  of({ x, loss, standardError, test, quadratic, title, marks, home }) {
    const measured = [...loss, ...(test?.loss ?? [])].filter((each): each is number => Number.isFinite(each));
    if (measured.length < 2) return undefined;
    const [low, high] = [minOf(measured), maxOf(measured)];
    const room = BEYOND * (high - low || Math.abs(home) || 1);
    const all: { series: Series; x: number; value: number; place: number }[] = x.flatMap((at, place) =>
      [
        ...rowOf("loss", at, loss[place]),
        ...rowOf("held-out loss", at, test?.loss[place]),
        ...rowOf("quadratic", at, quadratic.values[place]).filter(
          ({ value }) => value >= low - room && value <= high + room,
        ),
      ].map((row) => ({ ...row, place })),
    );
    const errors: Partial<Record<Series, Errors>> = { loss: standardError, "held-out loss": test?.standardError };
    const values = finite(
      all.map(({ place, ...row }) => {
        const error = errors[row.series]?.[place] ?? undefined;
        return { ...row, tip: `${row.series} at ${said(row.x)}: ${said(row.value, error)}` };
      }),
    );
    const bands = finite([
      ...bandOf("loss", x, loss, standardError),
      ...bandOf("held-out loss", x, test?.loss, test?.standardError),
    ]);
    const lost = x.flatMap((at, i) =>
      loss[i] === null || Number.isFinite(loss[i])
        ? []
        : [{ x: at, value: high + room / 2, label: "×", tip: `at ${said(at)} the loss is not finite` }],
    );
    const places = marks.map(({ name, at, outside }) => ({
      x: at,
      label: shortName(name),
      tip: `${name} at ${said(at)}, ${said(outside)} off the line`,
    }));
    const series = SERIES.filter((each) => values.some((row) => row.series === each));
    const xs = { field: "x", type: "quantitative", title, scale: { nice: false, zero: false } } as const;
    const ys = { field: "value", type: "quantitative", title: "loss", scale: { zero: false } } as const;
    const color = {
      field: "series",
      scale: { domain: series, range: series.map((each) => COLOURS[each]) },
      legend: { symbolType: "stroke", symbolStrokeWidth: 2, symbolSize: 300 },
    } as const;
    return {
      title: "The loss along the line",
      description:
        "The loss at weights along the line, 0 being the weights of the model, and the parabola that slope and curvature at 0 predict. Where the two part, numbers of second order no longer describe the loss. " +
        (bands.length > 0
          ? "The band is one standard error to each side, over the draw of the examples: what the loss at a point scatters by from data to data of this size. All of a band moves together, so that the shape of the line is known better than its height. "
          : "") +
        "A line shows one direction of as many as there are parameters: what it does not cross, it cannot tell." +
        (lost.length > 0 ? " A cross at the top edge is a point where the loss is not finite." : ""),
      spec: frame({
        height: 300,
        data: { values },
        layer: [
          // Of fixed colours: the legend is of the lines.
          ...series.map((each) => ({
            data: { values: bands.filter((row) => row.series === each) },
            mark: { type: "area" as const, opacity: BAND, line: false, color: COLOURS[each] },
            encoding: { x: xs, y: { ...ys, field: "lower" }, y2: { field: "upper" } },
          })),
          {
            data: { values: [{ x: 0 }, ...places.map((each) => ({ x: each.x }))] },
            mark: { type: "rule", color: COLOUR.quiet, strokeDash: [2, 3] },
            encoding: { x: xs },
          },
          {
            data: { values: [{ x: 0, label: "model" }, ...places] },
            mark: { type: "text", dy: -6, baseline: "bottom", color: COLOUR.quiet, fontSize: 11 },
            encoding: { x: xs, y: { value: 0 }, text: { field: "label" } },
          },
          {
            mark: { type: "line", strokeWidth: 1.8 },
            encoding: {
              x: xs,
              y: ys,
              color,
              strokeDash: {
                field: "series",
                scale: { domain: series, range: series.map((each) => DASHES[each]) },
              },
            },
          },
          {
            transform: [{ filter: "datum.series != 'quadratic'" }],
            mark: { type: "point", filled: true, size: 16, opacity: 1 },
            encoding: { x: xs, y: ys, color, ...TIP },
          },
          {
            data: { values: lost },
            mark: { type: "text", fontSize: 14, color: COLOUR.secondary },
            encoding: { x: xs, y: ys, text: { field: "label" } },
          },
        ],
      }),
      table: {
        columns: [
          "t",
          "loss",
          ...(standardError ? ["± examples"] : []),
          ...(test ? ["held-out loss"] : []),
          ...(test?.standardError ? ["± held-out examples"] : []),
          "quadratic",
        ],
        rows: x.map((at, i) => [
          at,
          cell(loss[i]),
          ...(standardError ? [standardError[i]] : []),
          ...(test ? [cell(test.loss[i])] : []),
          ...(test?.standardError ? [test.standardError[i]] : []),
          cell(quadratic.values[i]),
        ]),
      },
    };
  },
};

/** The share of right predictions along the line. */
export const accuracyAlongLine: FigureKind<LineResult> = {
  name: "accuracy",
  of({ x, accuracy, test, title }) {
    if (accuracy === null) return undefined;
    const rows = x.flatMap((at, i) => [
      ...rowOf("data", at, accuracy[i]),
      ...rowOf("held-out", at, test?.accuracy?.[i]),
    ]);
    if (rows.length < 2) return undefined;
    const values = finite(rows.map((row) => ({ ...row, tip: `${row.series} at ${said(row.x)}: ${said(row.value)}` })));
    const domain = [...new Set(rows.map(({ series }) => series))];
    return {
      title: "Accuracy along the line",
      description:
        "The share of right predictions at the same weights. It moves in steps of one example, and may stand still where the loss does not.",
      spec: frame({
        height: 160,
        data: { values },
        layer: [
          {
            mark: { type: "line", strokeWidth: 1.8, point: { size: 16, opacity: 1, filled: true } },
            encoding: {
              x: { field: "x", type: "quantitative", title, scale: { nice: false, zero: false } },
              y: {
                field: "value",
                type: "quantitative",
                title: "accuracy",
                axis: { format: "%" },
                scale: { zero: false },
              },
              color: { field: "series", scale: { domain, range: [COLOUR.primary, COLOUR.tertiary] } },
              strokeDash: {
                field: "series",
                scale: {
                  domain,
                  range: [
                    [1, 0],
                    [9, 3],
                  ],
                },
              },
              ...TIP,
            },
          },
        ],
      }),
      table: {
        columns: ["t", "accuracy", ...(test ? ["held-out accuracy"] : [])],
        rows: x.map((at, i) => [at, cell(accuracy[i]), ...(test ? [cell(test.accuracy?.[i] ?? null)] : [])]),
      },
    };
  },
};

function rowOf<S extends string>(series: S, x: number, value: number | null | undefined) {
  return value === null || value === undefined || !Number.isFinite(value) ? [] : [{ series, x, value }];
}

type Errors = readonly (number | null)[] | null | undefined;

/** What a loss with its error reaches from and to. */
function bandOf(series: Series, x: readonly number[], losses: Errors, errors: Errors) {
  return x.flatMap((at, i) => {
    const [value, error] = [losses?.[i] ?? null, errors?.[i] ?? null];
    return value === null || error === null ? [] : [{ series, x: at, lower: value - error, upper: value + error }];
  });
}

function cell(value: number | null): number | string | null {
  return value === null || Number.isFinite(value) ? value : formatNumber(value);
}
