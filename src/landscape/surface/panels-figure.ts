import { contourLevels, contours } from "../../figures/contours.ts";
import { COLOUR, finite, frame } from "../../figures/style.ts";
import { cannotTell, dashes, type Drawn, labelsOf, LEVELS } from "./level-lines.ts";
import { groundOf, reliefOf } from "./relief-of.ts";
import type { SurfaceResult } from "./surface-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** Panels in a row, and what lies between them, as a part of their width. */
const PANELS = 3;
const GAP = 0.16;

/** The planes of all seeds beside each other, with the same levels: what differs between them is chance. */
export function panelsFigure(result: SurfaceResult): Drawn {
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
        return [panel + 1, ...(ground.length > 0 ? [minOf(ground), maxOf(ground)] : [null, null])];
      }),
    },
  };
}
