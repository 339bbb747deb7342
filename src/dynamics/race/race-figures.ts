import { contourLevels, contours } from "../../figures/contours.ts";
import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import type { RaceResult } from "./race-result.ts";

const COLOURS = [COLOUR.primary, COLOUR.secondary, COLOUR.tertiary, COLOUR.ink, COLOUR.quiet];
const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [10, 4],
  [4, 2],
];

/** Colour and dash of each optimiser: two differ in at least one. */
function styleOf(result: RaceResult) {
  const domain = result.optimizers.map(({ optimizer }) => optimizer);
  const range = <T>(from: readonly T[]) => domain.map((_, i) => from[i % from.length]);
  return {
    color: { field: "optimizer", type: "nominal", title: "optimiser", scale: { domain, range: range(COLOURS) } },
    strokeDash: {
      field: "optimizer",
      type: "nominal",
      title: "optimiser",
      scale: { domain, range: range(DASHES).map((each) => [...each]) },
    },
  } as const;
}

/** Lines of equal height of a figure. */
const LEVELS = 16;

/** The ways from the first starts over the contours of the function. */
export const pathsOnGround: FigureKind<RaceResult> = {
  name: "paths",
  hero: "main",
  of(result) {
    const { ground, optimizers, function: f } = result;
    if (ground === null) return undefined;
    const relief = { x: ground.x, y: ground.y, height: ground.values };
    const levels = contourLevels(ground.values.flat(), LEVELS);
    const lines = contours(relief, levels.values).flatMap(({ level, points }, line) =>
      points.map(([x, y], order) => ({ x, y, line, order, level })),
    );
    const isInside = ([x, y]: readonly number[]) =>
      x >= ground.x[0] && x <= (ground.x.at(-1) ?? 0) && y >= ground.y[0] && y <= (ground.y.at(-1) ?? 0);
    const rows = finite(
      optimizers.flatMap(({ optimizer, paths }) =>
        paths.flatMap(({ start, places, steps, values }) =>
          (places ?? []).flatMap((place, i) =>
            isInside(place)
              ? [
                  {
                    x: place[0],
                    y: place[1],
                    optimizer,
                    path: `${optimizer} ${start}`,
                    order: i,
                    tip: `${optimizer}, step ${steps[i]}: ${said(values[i])}`,
                  },
                ]
              : [],
          ),
        ),
      ),
    );
    const axis = (field: string, title: string, values: readonly number[]) => ({
      field,
      type: "quantitative" as const,
      title,
      scale: { domain: [values[0], values[values.length - 1]], nice: false, zero: false },
      axis: { grid: false },
    });
    const x = axis("x", "first coordinate", ground.x);
    const y = axis("y", "second coordinate", ground.y);
    const order = { field: "order", type: "quantitative" } as const;
    return {
      title: `Ways over ${f.name}`,
      description:
        "Lines of equal value, and the way of each optimiser from the first starts, which all share; a dot is where it begins. What lies outside of the picture is cut off.",
      spec: frame({
        height: 380,
        layer: [
          {
            data: { values: lines },
            mark: { type: "line", strokeWidth: 0.6, color: COLOUR.quiet },
            encoding: { x, y, detail: { field: "line", type: "nominal" }, order },
          },
          {
            data: { values: rows },
            mark: { type: "line", strokeWidth: 1.6 },
            encoding: { x, y, detail: { field: "path", type: "nominal" }, order, ...styleOf(result) },
          },
          {
            data: { values: rows.filter((row) => row.order === 0) },
            mark: { type: "point", filled: true, size: 40, color: COLOUR.ink, opacity: 1 },
            encoding: { x, y, ...TIP },
          },
        ],
      }),
      table: {
        columns: ["optimiser", "start", "steps", "first coordinate at the end", "second coordinate at the end"],
        rows: optimizers.flatMap(({ optimizer, paths }) =>
          paths.map(({ start, steps, places }) => [
            optimizer,
            start,
            steps.at(-1) ?? null,
            places?.at(-1)?.[0] ?? null,
            places?.at(-1)?.[1] ?? null,
          ]),
        ),
      },
    };
  },
};

/** The value against the step, from the first starts. */
export const valueAlongSteps: FigureKind<RaceResult> = {
  name: "value",
  hero: "side",
  of(result) {
    const { optimizers, function: f } = result;
    const values = finite(
      optimizers.flatMap(({ optimizer, paths }) =>
        paths.flatMap(({ start, steps, values: each }) =>
          steps.map((step, i) => ({
            // The start has its place on a logarithmic axis, too.
            step: step + 1,
            value: each[i],
            optimizer,
            path: `${optimizer} ${start}`,
            tip: `${optimizer}, start ${start + 1}, step ${step}: ${said(each[i])}`,
          })),
        ),
      ),
    );
    if (values.length < 2) return undefined;
    const x = { field: "step", type: "quantitative", title: "1 + steps", scale: { type: "log", nice: false } } as const;
    const y = {
      field: "value",
      type: "quantitative",
      title: "value",
      ...wideAxis(values.map(({ value }) => value)),
    } as const;
    return {
      title: `The value of ${f.name} along the way`,
      description:
        "The value of the function after each step, from the first starts; the steps are spread by their logarithm.",
      spec: frame({
        height: 260,
        data: { values },
        layer: [
          {
            mark: { type: "line", strokeWidth: 1.5 },
            encoding: { x, y, detail: { field: "path", type: "nominal" }, ...styleOf(result) },
          },
          {
            mark: { type: "point", filled: true, size: 12, opacity: 1 },
            encoding: { x, y, color: styleOf(result).color, ...TIP },
          },
        ],
      }),
      table: {
        columns: ["optimiser", "start", "step", "value"],
        rows: optimizers.flatMap(({ optimizer, paths }) =>
          paths.flatMap(({ start, steps, values: each }) => [
            [optimizer, start, steps[0], each[0]],
            [optimizer, start, steps.at(-1) ?? null, each.at(-1) ?? null],
          ]),
        ),
      },
    };
  },
};
