import type { FigureKind } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import { MINIMUM, MOST_MARKED, NUMBER, PASS } from "./basin-marks.ts";
import { basinThat } from "./merge-tree-figure.ts";
import type { SampledTopology, TopologyResult } from "./topology-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** Steps of shade from the highest loss to the lowest. */
const SHADES = 12;

/** Of the highest loss: what has none is left blank. */
const FAINTEST = 0.08;

/** The plane with its basins: darker is lower, lines part the basins, and a path leads from each over its saddle. */
export function basinMap(sampled: SampledTopology): ReturnType<FigureKind<TopologyResult>["of"]> {
  const { name, axes, drawn, minima, basins, lowest, highest } = sampled;
  if (axes.length !== 2 || drawn === null || lowest === null || highest === null) return undefined;
  const [rows, columns] = axes.map(({ values }, axis) => values.filter((_, i) => i % drawn.stride[axis] === 0));
  if (rows.length < 2 || columns.length < 2) return undefined;
  const [y, x] = [edgesOf(rows), edgesOf(columns)];
  const isLogarithmic = lowest > 0 && highest > 50 * lowest;
  const height = (loss: number) => (isLogarithmic ? Math.log(loss) : loss);
  const [floor, span] = [height(lowest), height(highest) - height(lowest) || 1];
  const cells = drawn.values.flatMap((loss, point) => {
    if (loss === null) return [];
    const [i, j] = [Math.floor(point / columns.length), point % columns.length];
    const depth = 1 - (height(loss) - floor) / span;
    const shade = FAINTEST + (1 - FAINTEST) * (Math.round(depth * SHADES) / SHADES);
    return [{ x0: x[j], x1: x[j + 1], y0: y[i], y1: y[i + 1], shade }];
  });
  const missing = drawn.values.flatMap((loss, point) =>
    loss === null ? [{ x: columns[point % columns.length], y: rows[Math.floor(point / columns.length)] }] : [],
  );
  const borders = drawn.basins.flatMap((basin, point) => {
    const [i, j] = [Math.floor(point / columns.length), point % columns.length];
    const right = j + 1 < columns.length && drawn.basins[point + 1] !== basin;
    const above = i + 1 < rows.length && drawn.basins[point + columns.length] !== basin;
    return [
      ...(right ? [{ x0: x[j + 1], x1: x[j + 1], y0: y[i], y1: y[i + 1] }] : []),
      ...(above ? [{ x0: x[j], x1: x[j + 1], y0: y[i + 1], y1: y[i + 1] }] : []),
    ];
  });
  const known = new Set(basins.map(({ minimum }) => minimum));
  const marked = basins.slice(0, MOST_MARKED).map(({ minimum, share }, i) => {
    const { at, birth, death } = minima[minimum];
    const tip = `basin ${i + 1}: minimum ${said(birth)} at (${said(at[1])}, ${said(at[0])}), ${death === null ? "meets no lower one" : `meets a lower one at ${said(death)}`}, ${said(100 * share)} % of the samples`;
    return { label: String(i + 1), x: at[1], y: at[0], tip };
  });
  const paths = basins.slice(0, MOST_MARKED).flatMap(({ minimum }) => {
    const { at, saddle, elder, death } = minima[minimum];
    const into = elder === null ? undefined : basinThat(sampled, known, elder);
    if (saddle === null || into === undefined) return [];
    const [ty, tx] = minima[into].at;
    return [
      { x0: at[1], y0: at[0], x1: saddle[1], y1: saddle[0], saddle: 0, tip: "" },
      { x0: saddle[1], y0: saddle[0], x1: tx, y1: ty, saddle: 1, tip: `pass at ${said(death ?? 0)}` },
    ];
  });
  const scale = (edges: readonly number[]) => ({
    domain: [minOf(edges), maxOf(edges)],
    nice: false,
    zero: false,
  });
  const field = (axis: "x" | "y", end: string) =>
    ({
      field: end,
      type: "quantitative",
      title: axes[axis === "x" ? 1 : 0].name,
      scale: scale(axis === "x" ? x : y),
      axis: { grid: false },
    }) as const;
  const segment = { x: field("x", "x0"), x2: { field: "x1" }, y: field("y", "y0"), y2: { field: "y1" } };
  return {
    title: `Basins of the ${name}`,
    description:
      `The stronger the colour, the lower the loss${isLogarithmic ? " (logarithmic shades)" : ""}, in ${SHADES} steps from ${said(highest)} down to ${said(lowest)}; a small cross on blank ground stands where it is not finite. Solid lines part the basins: from every sample, steps to the lowest neighbour lead to the minimum of its basin. Numbers stand at the minima, the lowest is 1. A dashed line leads from each over its lowest pass (×) to the lower minimum that it meets there; it is drawn straight and is no path of descent.` +
      (drawn.stride.some((stride) => stride > 1) ? ` Every ${drawn.stride.join(" × ")}th sample is drawn.` : ""),
    spec: frame({
      height: 380,
      layer: [
        {
          data: { values: finite(cells) },
          mark: { type: "rect", color: COLOUR.coolCell },
          encoding: {
            ...segment,
            fillOpacity: {
              field: "shade",
              type: "quantitative",
              scale: { domain: [0, 1], range: [0, 1] },
              legend: null,
            },
          },
        },
        {
          data: { values: finite(missing) },
          mark: { type: "point", shape: "cross", angle: 45, size: 12, filled: true, opacity: 1, color: COLOUR.quiet },
          encoding: { x: field("x", "x"), y: field("y", "y") },
        },
        {
          data: { values: finite(borders) },
          mark: { type: "rule", strokeWidth: 1.6, color: COLOUR.ink },
          encoding: segment,
        },
        {
          data: { values: finite(paths) },
          mark: { type: "rule", strokeWidth: 1.4, strokeDash: [5, 4], color: COLOUR.secondary },
          encoding: segment,
        },
        {
          data: { values: finite(paths.filter(({ saddle }) => saddle === 1)) },
          mark: PASS,
          encoding: { x: field("x", "x0"), y: field("y", "y0"), ...TIP },
        },
        {
          data: { values: finite(marked) },
          mark: MINIMUM,
          encoding: { x: field("x", "x"), y: field("y", "y"), ...TIP },
        },
        {
          data: { values: finite(marked) },
          mark: NUMBER,
          encoding: { x: field("x", "x"), y: field("y", "y"), text: { field: "label", type: "nominal" } },
        },
      ],
    }),
    table: {
      columns: ["basin", axes[1].name, axes[0].name, "loss", "meets a lower one at", "share of the samples"],
      rows: basins.map(({ minimum, share }, i) => {
        const { at, birth, death } = minima[minimum];
        return [i + 1, at[1], at[0], birth, death, share];
      }),
    },
  };
}

/** Where the cells of positions begin and end: halfway between them. */
function edgesOf(positions: readonly number[]): number[] {
  const last = positions.length - 1;
  const middles = positions.slice(1).map((position, i) => (position + positions[i]) / 2);
  return [2 * positions[0] - middles[0], ...middles, 2 * positions[last] - middles[last - 1]];
}
