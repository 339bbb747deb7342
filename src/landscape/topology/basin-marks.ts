import { COLOUR } from "../../figures/style.ts";

/* How basins are marked, in a plane as along a line. */

/** Basins that are marked in a drawing. */
export const MOST_MARKED = 12;

/** A pass at which a basin meets a lower one. */
export const PASS = {
  type: "point",
  shape: "cross",
  angle: 45,
  size: 90,
  filled: true,
  opacity: 1,
  color: COLOUR.secondary,
} as const;

/** The ground of a number at a minimum. */
export const MINIMUM = {
  type: "point",
  filled: true,
  size: 190,
  opacity: 1,
  color: COLOUR.paper,
  stroke: COLOUR.ink,
} as const;

/** That number. */
export const NUMBER = { type: "text", color: COLOUR.ink, fontSize: 11 } as const;
