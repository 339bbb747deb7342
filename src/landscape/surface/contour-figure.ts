import { contourLevels, contours } from "../../figures/contours.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { shortName } from "../short-name.ts";
import { cannotTell, dashes, type Drawn, labelsOf, LEVELS } from "./level-lines.ts";
import { planeTable } from "./plane-table.ts";
import { groundOf, reliefOf } from "./relief-of.ts";
import type { PlaneResult, SurfaceResult } from "./surface-result.ts";

/** Points that were not measured are drawn where there are no more than these. */
const MOST_DOTS = 1500;

/** Lines of equal loss over the first plane. */
export function contourFigure(result: SurfaceResult): Drawn {
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
    table: planeTable(result, plane),
  };
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

function spotsOf(
  { x, y }: SurfaceResult,
  { loss }: PlaneResult,
  isMeant: (loss: number | null) => boolean,
): { x: number; y: number }[] {
  return loss.flatMap((row, j) => row.flatMap((each, i) => (isMeant(each) ? [{ x: x[i], y: y[j] }] : [])));
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
