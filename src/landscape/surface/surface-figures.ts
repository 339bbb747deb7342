import type { FigureFamily } from "../../figures/figure.ts";
import { contourFigure } from "./contour-figure.ts";
import { panelsFigure } from "./panels-figure.ts";
import { perspectiveFigure } from "./perspective-figure.ts";
import type { SurfaceResult } from "./surface-result.ts";

/** The loss over the plane: lines of equal loss, then the relief itself, then the planes of other seeds. */
export const surfaceFigures: FigureFamily<SurfaceResult> = ({ planes }) => [
  { name: "contours", hero: "main", of: contourFigure },
  { name: "relief", hero: "main", of: perspectiveFigure },
  ...(planes.length > 1 ? [{ name: "planes", of: panelsFigure }] : []),
];
