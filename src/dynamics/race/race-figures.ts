import { contourLevels, contours } from "../../figures/contours.ts";
import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { wideAxis } from "../../figures/wide-axis.ts";
import type { RacePath, RaceResult } from "./race-result.ts";

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

/** The loss of a network against what was asked for, from the first starts. */
export const lossAgainstWork: FigureKind<RaceResult> = {
  name: "work",
  hero: "main",
  of(result) {
    if (result.function.toy !== null) return undefined;
    return curves(result, {
      at: ({ work }, i) => work[i] + 1,
      x: "1 + work in gradients",
      y: "loss",
      scale: { type: "log", nice: false },
      title: `The loss of ${result.function.name} against the work`,
      description:
        "The loss on all examples against what the optimiser asked for until then, in gradients: a product of the Hessian or the Gauss–Newton matrix with a vector is two, a value alone is a third. From the first starts.",
    });
  },
};

/** The value against the step, from the first starts. */
export const valueAlongSteps: FigureKind<RaceResult> = {
  name: "value",
  hero: "side",
  of: (result) =>
    curves(result, {
      // The start has its place on a logarithmic axis, too.
      at: ({ steps }, i) => steps[i] + 1,
      x: "1 + steps",
      y: "value",
      scale: { type: "log", nice: false },
      title: `The value of ${result.function.name} along the way`,
      description:
        "The value of the function after each step, from the first starts; the steps are spread by their logarithm.",
    }),
};

interface Curves {
  readonly at: (path: RacePath, i: number) => number;
  readonly x: string;
  readonly y: string;
  readonly scale?: { readonly type: "log"; readonly nice: boolean };
  readonly title: string;
  readonly description: string;
}

/** How many times as high as all others a way that diverges is followed. */
const BEYOND = 10;

/** The largest value of ways that do not diverge, and at the starts. */
function reachOf({ optimizers }: RaceResult): number {
  const sizes = optimizers.flatMap(({ paths, runs }) =>
    paths.flatMap(({ start, values }) =>
      runs.some((run) => run.start === start && run.end === "diverged") ? values.slice(0, 1) : values,
    ),
  );
  return sizes
    .map(Math.abs)
    .filter(Number.isFinite)
    .reduce((most, size) => Math.max(most, size), 0);
}

/** The value along every way that was kept. */
function curves(result: RaceResult, { at, x: across, y: up, scale, title, description }: Curves) {
  const { optimizers } = result;
  const reach = BEYOND * reachOf(result);
  const all = finite(
    optimizers.flatMap(({ optimizer, paths }) =>
      paths.flatMap((path) =>
        path.steps.map((step, i) => ({
          at: at(path, i),
          value: path.values[i],
          optimizer,
          path: `${optimizer} ${path.start}`,
          tip: `${optimizer}, start ${path.start + 1}, step ${step}: ${said(path.values[i])}`,
        })),
      ),
    ),
  );
  const values = all.filter(({ value }) => Math.abs(value) <= reach);
  if (values.length < 2) return undefined;
  const x = { field: "at", type: "quantitative", title: across, ...(scale && { scale }) } as const;
  const y = {
    field: "value",
    type: "quantitative",
    title: up,
    ...wideAxis(values.map(({ value }) => value)),
  } as const;
  return {
    title,
    description:
      values.length < all.length
        ? `${description} Ways that diverge are cut off where they are ${BEYOND} times as high as all others.`
        : description,
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
      columns: ["optimiser", "start", "step", across, up],
      rows: optimizers.flatMap(({ optimizer, paths }) =>
        paths.flatMap((path) => {
          const last = path.steps.length - 1;
          return [0, ...(last > 0 ? [last] : [])].map((i) => [
            optimizer,
            path.start,
            path.steps[i] ?? null,
            path.steps[i] === undefined ? null : at(path, i),
            path.values[i] ?? null,
          ]);
        }),
      ),
    },
  };
}
