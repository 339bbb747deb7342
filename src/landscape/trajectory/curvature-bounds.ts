import { formatEstimate, formatNumber } from "../../util/format-number.ts";
import type { PointNumbers } from "./trajectory-result.ts";

type End = "top" | "bottom";
type Searched = Pick<PointNumbers, "top" | "bottom" | "searchMargin" | "gradientCurvature">;

/** An end of the spectrum as far as it is known. */
export interface KnownEnd {
  readonly value: number;
  /** null where it is a bound: λmax is no smaller, λmin no larger. */
  readonly residual: number | null;
}

/**
 * λmax or λmin of H as it was found; where the search ended before it could say what it had missed, the bound that is proven
 * all the same: no Rayleigh quotient lies outside the spectrum, neither the search's nor that of the gradient. Undefined where
 * nothing was searched for.
 *
 * @example
 * knownEnd({ top: [{ value: 3, residual: 0.1 }], bottom: [], searchMargin: null, gradientCurvature: 4 }, "top"); // { value: 4, residual: null }
 */
export function knownEnd(point: Searched, end: End): KnownEnd | undefined {
  const found = point[end].at(0);
  if (found === undefined) return undefined;
  if (point.searchMargin !== null) return found;
  const others = point.gradientCurvature === null ? [] : [point.gradientCurvature];
  const outermost = end === "top" ? Math.max : Math.min;
  return { value: outermost(found.value, ...others), residual: null };
}

/** The same as a text: "3.91 ± 0.02", "≥ 3.91" or "≤ −0.07". */
export function endText(point: Searched, end: End): string {
  const known = knownEnd(point, end);
  if (known === undefined) return formatNumber(null);
  if (known.residual !== null) return formatEstimate(known.value, known.residual);
  return `${end === "top" ? "≥" : "≤"} ${formatNumber(known.value)}`;
}
