import type { Frame, FramedAxes } from "../frame.ts";
import { shareOfLeading } from "../leading-space.ts";
import type { PlaneResult, SurfaceResult } from "./surface-result.ts";

/**
 * What of tr H, and of the largest eigenvalues, lies in a plane. The bounds are those of what it is a share of; there are none
 * where the interval of tr H holds 0.
 */
export function sharesOf(
  { trace: inside, overlaps }: Pick<FramedAxes, "trace" | "overlaps">,
  { trace, top }: Pick<Frame, "trace" | "top">,
): PlaneResult["share"] {
  const ends = trace && [inside / trace.interval.lower, inside / trace.interval.upper];
  const isResolved = trace !== null && trace.interval.lower * trace.interval.upper > 0;
  return {
    trace: trace &&
      ends && {
        value: inside / trace.value,
        lower: isResolved ? Math.min(...ends) : Number.NEGATIVE_INFINITY,
        upper: isResolved ? Math.max(...ends) : Number.POSITIVE_INFINITY,
      },
    // A residual proves that an eigenvalue is near, not that it is among the largest.
    top: top?.converged === true ? shareOfLeading(top.values.slice(0, top.resolved), overlaps, top.angle, 2) : null,
  };
}

/** Mean curvature ½ tr PHP of several planes, with the standard deviation of the sample; null for one. */
export function spreadOf({ axes }: Pick<Frame, "axes">): SurfaceResult["spread"] {
  if (axes.length < 2) return null;
  const halves = axes.map(({ trace }) => trace / 2);
  const mean = halves.reduce((sum, each) => sum + each, 0) / halves.length;
  const square = halves.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (halves.length - 1);
  return { lowest: Math.min(...halves), highest: Math.max(...halves), mean, deviation: Math.sqrt(square) };
}
