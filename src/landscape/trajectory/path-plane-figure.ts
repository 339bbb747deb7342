import type { Figure } from "../../figures/figure.ts";
import { COLOUR, finite, frame, said, TIP } from "../../figures/style.ts";
import type { TrajectoryResult } from "./trajectory-result.ts";

/** The path in the plane of its first two principal components. */
export function pathPlaneFigure({
  plane,
  points,
}: Pick<TrajectoryResult, "plane" | "points">): Omit<Figure, "name" | "instrument" | "hero"> | undefined {
  if (plane === null) return undefined;
  const values = finite(
    plane.points.map(({ x, y, outside }, i) => ({
      x,
      y,
      order: i,
      place: i === 0 ? "first" : i === points.length - 1 ? "last" : "between",
      tip: `${points[i].weights}: ${said(x)}, ${said(y)}; ${said(outside)} out of the plane`,
    })),
  );
  const [one, two] = plane.shares.map((share) => `${(100 * share).toFixed(1)} % of the variance`);
  const x = { field: "x", type: "quantitative", title: `first component, ${one}`, scale: { zero: false } } as const;
  const y = { field: "y", type: "quantitative", title: `second component, ${two}`, scale: { zero: false } } as const;
  const places = ["first", "between", "last"];
  return {
    title: "The path in the plane that holds most of it",
    description:
      "Each checkpoint where it falls in the plane of the first two principal components of all of them, in the order of training. Distances out of the plane are not seen, and smooth curves in it are what a random walk shows too.",
    spec: frame({
      height: 320,
      data: { values },
      layer: [
        {
          mark: { type: "line", strokeWidth: 1.2, color: COLOUR.quiet },
          encoding: { x, y, order: { field: "order", type: "quantitative" } },
        },
        {
          mark: { type: "point", filled: true, size: 46, opacity: 1 },
          encoding: {
            x,
            y,
            color: {
              field: "place",
              type: "nominal",
              scale: { domain: places, range: [COLOUR.tertiary, COLOUR.primary, COLOUR.secondary] },
            },
            shape: {
              field: "place",
              type: "nominal",
              scale: { domain: places, range: ["square", "circle", "triangle-up"] },
            },
            ...TIP,
          },
        },
      ],
    }),
    table: {
      columns: ["checkpoint", "first component", "second component", "out of the plane"],
      rows: plane.points.map((each, i) => [points[i].weights, each.x, each.y, each.outside]),
    },
  };
}
