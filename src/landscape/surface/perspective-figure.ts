import { contourLevels } from "../../figures/contours.ts";
import { facetsOf, placeOf } from "../../figures/perspective.ts";
import { COLOUR, frame } from "../../figures/style.ts";
import { formatNumber, typeset } from "../../util/format-number.ts";
import { cannotTell, type Drawn, LEVELS } from "./level-lines.ts";
import { planeTable } from "./plane-table.ts";
import { groundOf, reliefOf, thinned } from "./relief-of.ts";
import type { SurfaceResult } from "./surface-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** Points each way of a relief in perspective: more are a blot. */
const FACETS = 33;

/** Cells that more light than this falls on are left as paper. */
const LIT = 0.62;

/** The loss of the first plane as height, seen at an angle. */
export function perspectiveFigure(result: SurfaceResult): Drawn {
  const [plane] = result.planes;
  const whole = reliefOf(result, plane);
  if (whole === undefined) return undefined;
  const relief = thinned(whole, { x: 0, y: 0 }, FACETS);
  const ground = groundOf(relief);
  if (ground.length < 4) return undefined;
  const { isLogarithmic } = contourLevels(ground, LEVELS);
  const [low, high] = [minOf(ground), maxOf(ground)];
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
    table: planeTable(result, plane),
  };
}

function spot(a: number, b: number, height: number): { readonly u: number; readonly v: number } {
  const [u, v] = placeOf(a, b, height);
  return { u, v };
}
