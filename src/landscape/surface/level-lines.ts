import type { contours } from "../../figures/contours.ts";
import type { FigureKind } from "../../figures/figure.ts";
import { formatNumber, typeset } from "../../util/format-number.ts";
import { AXES, type SurfaceResult } from "./surface-result.ts";

/** A figure of a surface; undefined where there is nothing to draw. */
export type Drawn = ReturnType<FigureKind<SurfaceResult>["of"]>;

/** Lines of a contour figure, about. */
export const LEVELS = 9;

/** Lines are dashed where the loss is lower than at the weights. */
export const dashes = () => ({
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

/** One label for each level, on its longest line, at places that move along from one to the next. */
export function labelsOf(lines: ReturnType<typeof contours>): { x: number; y: number; label: string }[] {
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

/** A round number with no more digits than it has. */
function written(level: number): string {
  return Math.abs(level) >= 1e-3 && Math.abs(level) < 1e5 ? String(level) : formatNumber(level, 1);
}

/** What a plane does not show, in a sentence. */
export function cannotTell({ dimension }: SurfaceResult): string {
  return dimension <= AXES
    ? "The plane is the whole space of the parameters, as far as its axes reach."
    : `A plane shows two of ${dimension} directions: valleys and ridges that do not lie in it are not seen, and none can be ruled out.`;
}
