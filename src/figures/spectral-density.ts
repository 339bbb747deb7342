import { formatNumber } from "../util/format-number.ts";
import type { FigureKind } from "./figure.ts";
import { COLOUR, finite, frame, POWER_OF_TEN } from "./style.ts";

/** How far below its peak a density is drawn. */
const DECADES = 6;

/** The curve has hundreds of points; the table shows about this many of them. */
const TABLE_ROWS = 80;

export const spectralDensity: FigureKind = {
  name: "spectral-density",
  instrument: "spectrum",
  of({ hessian }) {
    const { density } = hessian;
    if (density === null || density.grid.length === 0) return undefined;
    const floor = Math.max(...density.density) / 10 ** DECADES;
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
    const scale = { type: "log" as const, domain: [floor, 2 * Math.max(...density.upper)], nice: false };
    const band = density.exact
      ? ""
      : ` The band holds the true value at each point with probability ${formatNumber(density.confidence, 2)}.`;
    const stride = Math.max(1, Math.ceil(density.grid.length / TABLE_ROWS));
    return {
      title: "Spectral density of the Hessian",
      description:
        `How the eigenvalues of the Hessian are spread, each drawn as a Gaussian of width ${formatNumber(density.width, 2)}, on a logarithmic scale ` +
        `that ends ${DECADES} decades below the peak: most directions lie in the tall bulk near 0, and what stands apart on the right are the few stiff ones.${band}` +
        (marks.length > 0 ? " Ticks at the foot mark the eigenvalues that were computed one by one." : ""),
      spec: frame({
        height: 300,
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
            encoding: { x: { field: "eigenvalue", type: "quantitative" }, y: { value: 300 } },
          },
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
