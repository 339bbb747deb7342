import type { Frame, FramedAxes } from "../frame.ts";
import { shareOfLeading } from "../leading-space.ts";
import { AXES, type PlaneResult, type SurfaceResult } from "./surface-result.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/**
 * What of tr H, and of the largest eigenvalues, lies in a plane. The bounds are those of what it is a share of, and of what
 * rounding leaves of it; there are none where the interval of tr H holds 0.
 */
export function sharesOf(
  { trace: inside, traceRounding, overlaps }: Pick<FramedAxes, "trace" | "traceRounding" | "overlaps">,
  { trace, top }: Pick<Frame, "trace" | "top">,
  dimension: number,
): PlaneResult["share"] {
  const ends =
    trace &&
    [inside - traceRounding, inside + traceRounding].flatMap((each) => [
      each / trace.interval.lower,
      each / trace.interval.upper,
    ]);
  const isResolved = trace !== null && trace.interval.lower * trace.interval.upper > 0;
  // Of the angle between unit vectors of so many numbers, rounding leaves this much unknown.
  const angle = (top?.angle ?? 0) + Math.sqrt(dimension) * Number.EPSILON;
  return {
    trace: trace &&
      ends && {
        value: inside / trace.value,
        lower: isResolved ? minOf(ends) : Number.NEGATIVE_INFINITY,
        upper: isResolved ? maxOf(ends) : Number.POSITIVE_INFINITY,
      },
    // A residual proves that an eigenvalue is near, not that it is among the largest.
    top: top?.converged === true ? shareOfLeading(top.values.slice(0, top.resolved), overlaps, angle, AXES) : null,
  };
}

/** Mean curvature ½ tr PHP of several planes, with the standard deviation of the sample; null for one. */
export function spreadOf({ axes }: Pick<Frame, "axes">): SurfaceResult["spread"] {
  if (axes.length < 2) return null;
  const halves = axes.map(({ trace }) => trace / 2);
  const mean = halves.reduce((sum, each) => sum + each, 0) / halves.length;
  const square = halves.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (halves.length - 1);
  return { lowest: minOf(halves), highest: maxOf(halves), mean, deviation: Math.sqrt(square) };
}
