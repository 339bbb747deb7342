import { contourLevels, contours } from "../../figures/contours.ts";
import type { FigureFamily, FigureKind, FigureTable } from "../../figures/figure.ts";
import { facetsOf, placeOf } from "../../figures/perspective.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { formatNumber, typeset } from "../../util/format-number.ts";
import { shortName } from "../short-name.ts";
import { groundOf, type MeasuredRelief, reliefOf, thinned } from "./relief-of.ts";
import { AXES, type PlaneResult, type SurfaceResult } from "./surface-result.ts";

/** Lines of a contour figure, about. */
const LEVELS = 9;
/** Points each way of a relief in perspective: more are a blot. */
const FACETS = 33;

/** Points that were not measured are drawn where there are no more than these. */
const MOST_DOTS = 1500;

/** Lines are dashed where the loss is lower than at the weights. */
const dashes = () => ({
  field: "side",
  scale: {
    domain: ["higher", "lower"],
    range: [
      [1, 0],
      [4, 3],
    ],
  },
  legend: null,
});

function cannotTell({ dimension }: SurfaceResult): string {
  return dimension <= AXES
    ? "The plane is the whole space of the parameters, as far as its axes reach."
    : `A plane shows two of ${dimension} directions: valleys and ridges that do not lie in it are not seen, and none can be ruled out.`;
}

/** The loss over the plane: lines of equal loss, then the relief itself, then the planes of other seeds. */
export const surfaceFigures: FigureFamily<SurfaceResult> = ({ planes }) => [
  { name: "contours", hero: "main", of: contourFigure },
  { name: "relief", hero: "main", of: perspectiveFigure },
  ...(planes.length > 1 ? [{ name: "planes", of: panelsFigure }] : []),
];

type Drawn = ReturnType<FigureKind<SurfaceResult>["of"]>;

function contourFigure(result: SurfaceResult): Drawn {
  const [plane] = result.planes;
  const relief = reliefOf(result, plane);
  if (relief === undefined) return undefined;
  const { values: levels, isLogarithmic } = contourLevels(groundOf(relief), LEVELS);
  const lines = contours(relief, levels);
  const rows = finite(
    lines.flatMap(({ level, points }, line) =>
      points.map(([x, y], k) => ({ line, k, x, y, side: level < result.home ? "lower" : "higher", level })),
    ),
  );
  const labels = labelsOf(lines);
  const x = axis("x", plane.axes[0], result.x);
  const y = axis("y", plane.axes[1], result.y);
  const lost = spotsOf(result, plane, (each) => each !== null && !Number.isFinite(each));
  const unmeasured = spotsOf(result, plane, (each) => each === null);
  const missing = unmeasured.length > MOST_DOTS ? [] : unmeasured;
  const ellipse = holdingEllipse(plane);
  const places = [
    {
      x: 0,
      y: 0,
      label: plane.marks.some((each) => each.x === 0 && each.y === 0) ? "" : "model",
      tip: `the weights: ${said(result.home)}`,
    },
    ...plane.marks.map((each) => ({
      x: each.x,
      y: each.y,
      label: shortName(each.name),
      tip: `${each.name}, ${each.outside === 0 ? "in the plane" : `${said(each.outside)} off the plane`}`,
    })),
  ].filter((each) => isInside(each, result));
  return {
    title: "The loss over the plane",
    description:
      `Lines of equal loss over a plane through the weights, each with its loss${isLogarithmic ? ", at powers of ten and parts of them" : ""}; dashed where it is lower than at the weights. ` +
      (ellipse.length > 0
        ? "Inside the dotted line slope and curvature at the weights predict the loss to a tenth of its change. "
        : "") +
      (relief.stride > 1
        ? `Not all points were measured: the lines are drawn from every ${ordinal(relief.stride)} one. `
        : "") +
      (missing.length > 0 ? "Small dots are points that were not measured. " : "") +
      (lost.length > 0 ? "Crosses are points where the loss is not finite. " : "") +
      cannotTell(result),
    spec: frame({
      height: 480,
      data: { values: rows },
      layer: [
        {
          data: { values: missing },
          mark: { type: "point", filled: true, size: 4, color: COLOUR.rule, opacity: 1 },
          encoding: { x, y },
        },
        {
          mark: { type: "line", strokeWidth: 1.3, color: COLOUR.primary, clip: true },
          encoding: {
            x,
            y,
            detail: { field: "line", type: "nominal" },
            order: { field: "k", type: "quantitative" },
            strokeDash: dashes(),
          },
        },
        {
          data: { values: ellipse },
          mark: {
            type: "line",
            strokeWidth: 1.6,
            color: COLOUR.secondary,
            strokeDash: [1, 3],
            strokeCap: "round",
            clip: true,
          },
          encoding: { x, y, order: { field: "k", type: "quantitative" } },
        },
        {
          data: { values: labels },
          mark: { type: "text", fontSize: 11, stroke: COLOUR.paper, strokeWidth: 4, strokeJoin: "round" },
          encoding: { x, y, text: { field: "label" } },
        },
        {
          data: { values: labels },
          mark: { type: "text", fontSize: 11, color: COLOUR.ink },
          encoding: { x, y, text: { field: "label" } },
        },
        {
          data: { values: lost },
          mark: { type: "text", fontSize: 11, color: COLOUR.secondary },
          encoding: { x, y, text: { value: "×" } },
        },
        {
          data: { values: places },
          mark: { type: "point", shape: "cross", filled: true, size: 70, color: COLOUR.secondary, opacity: 1 },
          encoding: { x, y, ...TIP },
        },
        {
          data: { values: places },
          mark: { type: "text", fontSize: 11, dy: -12, color: COLOUR.secondary, stroke: COLOUR.paper, strokeWidth: 3 },
          encoding: { x, y, text: { field: "label" } },
        },
        {
          data: { values: places },
          mark: { type: "text", fontSize: 11, dy: -12, color: COLOUR.secondary },
          encoding: { x, y, text: { field: "label" } },
        },
      ],
    }),
    table: tableOf(result, plane),
  };
}

/** Panels in a row, and what lies between them, as a part of their width. */
const PANELS = 3;
const GAP = 0.16;

/** The planes of all seeds beside each other, with the same levels: what differs between them is chance. */
function panelsFigure(result: SurfaceResult): Drawn {
  const reliefs = result.planes.map((plane) => reliefOf(result, plane));
  const { values: levels } = contourLevels(
    reliefs.flatMap((relief) => (relief ? groundOf(relief) : [])),
    LEVELS,
  );
  const columns = Math.min(PANELS, reliefs.length);
  const rows = Math.ceil(reliefs.length / columns);
  const part = (at: number, values: readonly number[]) => (at - values[0]) / (values[values.length - 1] - values[0]);
  const spotIn = (panel: number, u: number, v: number) => ({
    u: (panel % columns) * (1 + GAP) + u,
    v: (rows - 1 - Math.floor(panel / columns)) * (1 + GAP) + v,
  });
  const drawn = reliefs.map((relief) => (relief ? contours(relief, levels) : []));
  const lines = drawn.flatMap((each, panel) =>
    each.flatMap(({ level, points }, line) =>
      points.map(([x, y], k) => ({
        line: `${panel}-${line}`,
        k,
        side: level < result.home ? "lower" : "higher",
        ...spotIn(panel, part(x, result.x), part(y, result.y)),
      })),
    ),
  );
  const frames = reliefs.flatMap((_, panel) =>
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 0],
    ].map(([u, v], k) => ({ panel, k, ...spotIn(panel, u, v) })),
  );
  const centres = reliefs.map((_, panel) => spotIn(panel, part(0, result.x), part(0, result.y)));
  const titles = reliefs.map((_, panel) => ({ label: `plane ${panel + 1}`, ...spotIn(panel, 0.5, 1.06) }));
  const texts = drawn.flatMap((each, panel) =>
    labelsOf(each).map(({ x, y, label }) => ({ label, ...spotIn(panel, part(x, result.x), part(y, result.y)) })),
  );
  const bound = { type: "quantitative", axis: null } as const;
  const u = { field: "u", ...bound, scale: { domain: [0, columns + (columns - 1) * GAP], nice: false, zero: false } };
  const v = { field: "v", ...bound, scale: { domain: [0, rows + (rows - 1) * GAP + 0.12], nice: false, zero: false } };
  const order = { field: "k", type: "quantitative" } as const;
  return {
    title: "Planes of other seeds",
    description:
      "Lines of equal loss over planes whose directions differ by their random numbers alone, with the same levels in all; axes and ranges are those of the first. What differs between them is chance, and no property of the network. " +
      cannotTell(result),
    spec: frame({
      height: Math.round((560 / columns) * rows * 0.95),
      data: { values: finite(lines) },
      layer: [
        {
          data: { values: frames },
          mark: { type: "line", color: COLOUR.rule, strokeWidth: 1 },
          encoding: { x: u, y: v, order, detail: { field: "panel", type: "nominal" } },
        },
        {
          mark: { type: "line", strokeWidth: 1.1, color: COLOUR.primary },
          encoding: { x: u, y: v, order, detail: { field: "line", type: "nominal" }, strokeDash: dashes() },
        },
        {
          data: { values: texts },
          mark: { type: "text", fontSize: 9, stroke: COLOUR.paper, strokeWidth: 3 },
          encoding: { x: u, y: v, text: { field: "label" } },
        },
        {
          data: { values: texts },
          mark: { type: "text", fontSize: 9, color: COLOUR.ink },
          encoding: { x: u, y: v, text: { field: "label" } },
        },
        {
          data: { values: centres },
          mark: { type: "point", shape: "cross", filled: true, size: 40, color: COLOUR.secondary, opacity: 1 },
          encoding: { x: u, y: v },
        },
        {
          data: { values: titles },
          mark: { type: "text", fontSize: 11, color: COLOUR.quiet },
          encoding: { x: u, y: v, text: { field: "label" } },
        },
      ],
    }),
    table: {
      columns: ["plane", "lowest loss", "highest loss"],
      rows: reliefs.map((relief, panel) => {
        const ground = relief ? groundOf(relief) : [];
        return [panel + 1, ...(ground.length > 0 ? [Math.min(...ground), Math.max(...ground)] : [null, null])];
      }),
    },
  };
}

function perspectiveFigure(result: SurfaceResult): Drawn {
  const [plane] = result.planes;
  const whole = reliefOf(result, plane);
  if (whole === undefined) return undefined;
  const relief = thinned(whole, { x: 0, y: 0 }, FACETS);
  const ground = groundOf(relief);
  if (ground.length < 4) return undefined;
  const { isLogarithmic } = contourLevels(ground, LEVELS);
  const [low, high] = [Math.min(...ground), Math.max(...ground)];
  if (!(high > low)) return undefined;
  const scale = isLogarithmic
    ? (height: number) => Math.log(height / low) / Math.log(high / low)
    : (height: number) => (height - low) / (high - low);
  const facets = facetsOf(relief, (height) => (Number.isFinite(height) ? scale(height) : Number.NaN));
  const rows = facets.flatMap(({ corners, light }, facet) =>
    corners.map(([u, v], k) => ({ facet, k, u, v, side: light > LIT ? "lit" : "shaded" })),
  );
  const corners = [
    [-0.5, -0.5],
    [0.5, -0.5],
    [0.5, 0.5],
    [-0.5, 0.5],
    [-0.5, -0.5],
  ].map(([a, b], k) => ({ ...spot(a, b, 0), k }));
  const pole = [0, 1].map((height) => ({ ...spot(-0.5, -0.5, height), k: height }));
  const span = (values: readonly number[]) =>
    `${formatNumber(values[0], 3)} … ${formatNumber(values[values.length - 1], 3)}`;
  const texts = [
    { ...spot(-0.1, -0.8, 0), label: typeset(`first axis, ${span(relief.x)}`) },
    { ...spot(0.85, 0.1, 0), label: typeset(`second axis, ${span(relief.y)}`) },
  ];
  const heights = [
    { ...spot(-0.52, -0.5, 0), label: typeset(formatNumber(low, 3)) },
    { ...spot(-0.52, -0.5, 1), label: typeset(formatNumber(high, 3)) },
  ];
  const bound = { type: "quantitative", axis: null } as const;
  const u = { field: "u", ...bound, scale: { domain: [-0.95, 0.95], nice: false, zero: false } };
  const v = { field: "v", ...bound, scale: { domain: [-0.52, 1.02], nice: false, zero: false } };
  const order = { field: "k", type: "quantitative" } as const;
  return {
    title: "The same, as a relief",
    description:
      `The loss as height over the plane, seen from above at an angle; ${isLogarithmic ? "heights are logarithms of the loss" : "heights are in proportion to the loss"}, from ${formatNumber(low, 3)} to ${formatNumber(high, 3)}. What stands in front hides what is behind it. ` +
      cannotTell(result),
    spec: frame({
      height: 380,
      data: { values: rows },
      layer: [
        {
          data: { values: corners },
          mark: { type: "line", color: COLOUR.quiet, strokeWidth: 1 },
          encoding: { x: u, y: v, order },
        },
        {
          data: { values: pole },
          mark: { type: "line", color: COLOUR.quiet, strokeWidth: 1 },
          encoding: { x: u, y: v, order },
        },
        {
          mark: {
            type: "line",
            interpolate: "linear-closed",
            strokeWidth: 0.7,
            stroke: COLOUR.primary,
            strokeJoin: "round",
          },
          encoding: {
            x: u,
            y: v,
            detail: { field: "facet", type: "nominal" },
            order,
            fill: {
              field: "side",
              scale: { domain: ["lit", "shaded"], range: [COLOUR.paper, COLOUR.primaryFill] },
              legend: null,
            },
          },
        },
        {
          data: { values: texts },
          mark: { type: "text", fontSize: 11, color: COLOUR.quiet },
          encoding: { x: u, y: v, text: { field: "label" } },
        },
        {
          data: { values: heights },
          mark: { type: "text", fontSize: 11, color: COLOUR.quiet, align: "right" },
          encoding: { x: u, y: v, text: { field: "label" } },
        },
      ],
    }),
    table: tableOf(result, plane),
  };
}

/** Cells that more light than this falls on are left as paper. */
const LIT = 0.62;

function spot(a: number, b: number, height: number): { readonly u: number; readonly v: number } {
  const [u, v] = placeOf(a, b, height);
  return { u, v };
}

function axis(field: string, title: string, values: readonly number[]) {
  return {
    field,
    type: "quantitative" as const,
    title,
    scale: { domain: [values[0], values[values.length - 1]], nice: false, zero: false },
    axis: { grid: false },
  };
}

/** One label for each level, on its longest line, at places that move along from one to the next. */
function labelsOf(lines: ReturnType<typeof contours>): { x: number; y: number; label: string }[] {
  const longest = new Map<number, (typeof lines)[number]>();
  for (const line of lines) {
    const known = longest.get(line.level);
    if (known === undefined || line.points.length > known.points.length) longest.set(line.level, line);
  }
  return [...longest.values()].map(({ level, points }, i) => {
    const [x, y] = points[Math.floor(points.length * ((0.15 + 0.381966 * i) % 1))];
    return { x, y, label: typeset(written(level)) };
  });
}

function spotsOf(
  { x, y }: SurfaceResult,
  { loss }: PlaneResult,
  isMeant: (loss: number | null) => boolean,
): { x: number; y: number }[] {
  return loss.flatMap((row, j) => row.flatMap((each, i) => (isMeant(each) ? [{ x: x[i], y: y[j] }] : [])));
}

/** A round number with no more digits than it has. */
function written(level: number): string {
  return Math.abs(level) >= 1e-3 && Math.abs(level) < 1e5 ? String(level) : formatNumber(level, 1);
}

const CORNERS = 96;

/** The points at the distance up to which the quadratic holds, in coordinates. */
function holdingEllipse({
  lengths: [a, b],
  cosine,
  quadratic: { holdsTo },
}: PlaneResult): { x: number; y: number; k: number }[] {
  if (holdsTo === null || holdsTo === 0) return [];
  const sine = Math.sqrt(1 - cosine ** 2);
  return Array.from({ length: CORNERS + 1 }, (_, k) => {
    const angle = (2 * Math.PI * k) / CORNERS;
    // Δθ = r (cos·e₁ + sin·e₂) for an orthonormal basis that begins along the first axis.
    const y = (holdsTo * Math.sin(angle)) / (b * sine);
    return { x: (holdsTo * Math.cos(angle) - y * b * cosine) / a, y, k };
  });
}

function isInside({ x, y }: { readonly x: number; readonly y: number }, result: SurfaceResult): boolean {
  const within = (at: number, values: readonly number[]) => at >= values[0] && at <= values[values.length - 1];
  return within(x, result.x) && within(y, result.y);
}

function ordinal(n: number): string {
  return n === 2 ? "second" : `${n}th`;
}

/** Rows of a table that a page can hold. */
const TABLE_POINTS = 33;

function tableOf(result: SurfaceResult, plane: PlaneResult): FigureTable {
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
