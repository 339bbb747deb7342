import { formatNumber, formatShare } from "../../util/format-number.ts";
import type { FigureKind } from "../../figures/figure.ts";
import {
  COLOUR,
  FIGURE_WIDTH,
  finite,
  frame,
  LONGEST_LABEL,
  POWER_OF_TEN,
  said,
  subscript,
  TIP,
} from "../../figures/style.ts";
import type { spectrumPart } from "./spectrum-part.ts";
import type { eigenvaluesPart } from "../eigenvalues/eigenvalues-part.ts";
import type { AttributionPart, attributionPart } from "../attribution/attribution-part.ts";
import type { OutputOf } from "../part.ts";
import { maxOf } from "../../util/extremes.ts";

/** How far below its peak a density is drawn. */
const DECADES = 6;

/** The curve has hundreds of points; the table shows about this many of them. */
const TABLE_ROWS = 80;

/** Pixels of the plot. */
const HEIGHT = 270;

/** Eigenvalues that are named in the drawing. */
const NAMED = 5;

/** Points of the curve whose values can be read by pointing at them. */
const HOVERED = 100;

/** Pixels of the vertical axis, of the tall bulk beside it, and of a named eigenvalue's letters. */
const AXIS_WIDTH = 60;
const BULK_WIDTH = 50;
const LABEL_SIZE = 11.5;

/** The width of a letter, relative to its size. */
const LETTER = 0.58;

/** Longer names of tensors leave no room for the curve. */
const LONGEST_NAME = 26;

/** What an eigenvector is, as far as it was measured: the tensor that holds most of it, the class that responds most. */
function nameOf(attributed: AttributionPart | undefined): string {
  if (attributed === undefined) return "";
  const [tensor] = attributed.tensors.toSorted((a, b) => b.share - a.share);
  const [strongest] = (attributed.classes ?? []).toSorted((a, b) => b.outputChange - a.outputChange);
  return [
    tensor && tensor.name.length <= LONGEST_NAME ? `${formatShare(tensor.share)} in ${tensor.name}` : "",
    strongest ? `class ${strongest.class}` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

export const spectralDensity: FigureKind<
  OutputOf<typeof spectrumPart> & OutputOf<typeof eigenvaluesPart> & OutputOf<typeof attributionPart>
> = {
  name: "spectral-density",
  hero: "main",
  waitsFor: ["attribution"],
  of({ hessian, attribution }) {
    const { density } = hessian;
    if (density === null || density.grid.length === 0) return undefined;
    const floor = maxOf(density.density) / 10 ** DECADES;
    const raised = (value: number) => Math.max(value, floor / 10);
    const curve = finite(
      density.grid.map((x, i) => ({
        eigenvalue: x,
        density: raised(density.density[i]),
        lower: raised(density.lower[i]),
        upper: raised(density.upper[i]),
      })),
    );
    const marks = finite(
      [...(hessian.bottom ?? []), ...(hessian.top ?? [])].map(({ value }) => ({
        eigenvalue: value,
        kind: "single eigenvalues",
      })),
    );
    const highest = 2 * maxOf(density.upper);
    /** The density at which a mark stands so many pixels below the upper edge. */
    const atHeight = (pixels: number) => highest * (floor / highest) ** (pixels / HEIGHT);
    const [left, right] = [density.grid[0], density.grid[density.grid.length - 1]];
    const named = finite(
      (hessian.top ?? []).slice(0, NAMED).map(({ value, residual }, i) => {
        const short = `λ${subscript(i + 1)}`;
        const what = nameOf(attribution?.find(({ index }) => index === i));
        const label = what === "" ? short : `${short}: ${what}`;
        // Text runs to the left, where the curve is low, unless the bulk is in its way.
        const room = ((value - left) / (right - left)) * (FIGURE_WIDTH - AXIS_WIDTH) - BULK_WIDTH;
        return {
          eigenvalue: value,
          from: atHeight(12 + 18 * i),
          label,
          short,
          side: LABEL_SIZE * LETTER * label.length < room ? "left" : "right",
          tip: `${short} = ${said(value, residual)}${what === "" ? "" : `: ${what}`}`,
        };
      }),
    );
    const hover = finite(
      density.grid
        .map((x, i) => ({
          eigenvalue: x,
          density: raised(density.density[i]),
          tip: `λ = ${said(x)}: density ${said(density.density[i])}`,
        }))
        .filter((_, i) => i % Math.ceil(density.grid.length / HOVERED) === 0),
    );
    const scale = { type: "log" as const, domain: [floor, highest], nice: false };
    const band = density.exact
      ? ""
      : ` The band holds the true value at each point with probability ${formatNumber(density.confidence, 2)}.`;
    const stride = Math.max(1, Math.ceil(density.grid.length / TABLE_ROWS));
    return {
      title: "Spectral density of the Hessian",
      description:
        `How the eigenvalues of the Hessian are spread, each drawn as a Gaussian of width ${formatNumber(density.width, 2)}, on a logarithmic scale ` +
        `that ends ${DECADES} decades below the peak: most directions lie in the tall bulk near 0, and what stands apart on the right are the few stiff ones.${band}` +
        (marks.length > 0 ? " Ticks at the foot mark the eigenvalues that were computed one by one." : "") +
        (attribution
          ? " Beside the largest stand the tensor that holds most of the eigenvector's squared length and the class whose outputs respond to it most."
          : ""),
      spec: frame({
        height: HEIGHT,
        params: [{ name: LONGEST_LABEL, value: 44 }],
        data: { values: curve },
        layer: [
          {
            mark: { type: "area", color: COLOUR.primaryFill, opacity: 1, clip: true },
            encoding: {
              x: { field: "eigenvalue", type: "quantitative" },
              y: { field: "lower", type: "quantitative", scale },
              y2: { field: "upper" },
            },
          },
          {
            mark: { type: "line", color: COLOUR.primary, strokeWidth: 1.6, clip: true },
            encoding: {
              x: {
                field: "eigenvalue",
                type: "quantitative",
                title: "eigenvalue λ",
                scale: { nice: false },
              },
              y: {
                field: "density",
                type: "quantitative",
                title: "density",
                scale,
                axis: { labelExpr: POWER_OF_TEN, tickCount: DECADES },
              },
            },
          },
          {
            data: { values: marks },
            mark: { type: "tick", color: COLOUR.secondary, thickness: 1.5, size: 16, orient: "vertical", yOffset: -8 },
            encoding: { x: { field: "eigenvalue", type: "quantitative" }, y: { value: HEIGHT } },
          },
          {
            data: { values: hover },
            mark: { type: "point", filled: true, size: 40, opacity: 0, clip: true },
            encoding: {
              x: { field: "eigenvalue", type: "quantitative" },
              y: { field: "density", type: "quantitative", scale },
              ...TIP,
            },
          },
          {
            data: { values: named },
            mark: { type: "rule", color: COLOUR.secondary, strokeWidth: 1, opacity: 0.8 },
            encoding: {
              x: { field: "eigenvalue", type: "quantitative" },
              y: { field: "from", type: "quantitative", scale },
              y2: { datum: floor },
            },
          },
          {
            data: { values: named },
            mark: { type: "point", filled: true, size: 28, color: COLOUR.secondary, opacity: 1 },
            encoding: {
              x: { field: "eigenvalue", type: "quantitative" },
              y: { field: "from", type: "quantitative", scale },
              ...TIP,
            },
          },
          ...(["left", "right"] as const).flatMap((side) =>
            // Twice: the first, in the colour of the paper, keeps lines away from the letters.
            [{ stroke: COLOUR.paper, strokeWidth: 4, strokeJoin: "round" as const }, {}].map((halo) => ({
              data: { values: named.filter((each) => each.side === side) },
              transform: [{ calculate: `${LONGEST_LABEL} < 40 ? datum.short : datum.label`, as: "text" }],
              mark: {
                type: "text" as const,
                align: side === "left" ? ("right" as const) : ("left" as const),
                dx: side === "left" ? -6 : 6,
                baseline: "middle" as const,
                fontSize: LABEL_SIZE,
                color: COLOUR.ink,
                ...halo,
              },
              encoding: {
                x: { field: "eigenvalue", type: "quantitative" as const },
                y: { field: "from", type: "quantitative" as const, scale },
                text: { field: "text", type: "nominal" as const },
              },
            })),
          ),
        ],
      }),
      table: {
        columns: ["eigenvalue", "density", "lower", "upper"],
        rows: density.grid
          .map((x, i) => [x, density.density[i], density.lower[i], density.upper[i]])
          .filter((_, i) => i % stride === 0),
      },
    };
  },
};
