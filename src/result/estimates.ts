import { z } from "zod";
import { MARGIN } from "../estimators/search-ends.ts";
import { about, doubted, type Known, sampled, settled, within } from "./known.ts";
import { count, extended, real } from "./real.ts";
import { maxOf } from "../util/extremes.ts";

/** Why nothing rests on a number that did not reach its tolerance. */
export const NOT_CONVERGED = "it has not converged";

export const interval = z
  .object({
    lower: extended,
    upper: extended,
    confidence: real.describe("Probability, over the random probes, that the range covers the truth."),
  })
  .describe("A range that holds the true value with the stated probability.");

const estimated = z
  .object({
    value: real,
    standardError: extended.describe("0 where the value is exact up to rounding."),
    rounding: real
      .optional()
      .describe("What rounding of the products may have added, where it is not part of the standard error."),
    products: count.describe("Matrix–vector products that it cost."),
    method: z.string(),
    interval,
    converged: z.boolean().describe("Whether the requested tolerance was reached within the budget."),
  })
  .describe("A measured number with what vouches for it.");

/** The interval has what rounding adds on both sides. */
function drawn(value: number, { lower, upper }: z.output<typeof interval>, rounding = 0): Known {
  return sampled(value, { lower: lower + rounding, upper: upper - rounding }, rounding);
}

export type EstimateResult = z.output<typeof estimated>;

export const estimate = about(estimated, {
  known: ({ value, standardError, rounding, interval: range, converged }) => {
    const known = standardError === 0 ? within(value, rounding) : drawn(value, range, rounding);
    return settled(doubted(known, converged ? undefined : NOT_CONVERGED));
  },
});

const withResidual = z
  .object({
    value: real,
    residual: extended.describe(
      "‖Av − λv‖ for a unit v, plus what rounding of the product may hide: an eigenvalue lies within this distance of `value`. Where neighbours were not told from it, more: as far out as the eigenvalue of this place may lie for them.",
    ),
  })
  .describe("An eigenvalue with its proof.");

export type EigenvalueResult = z.output<typeof withResidual>;

export const eigenvalue = about(withResidual, { known: ({ value, residual }) => within(value, residual) });

/**
 * The eigenvalues of one end, outermost first, as well as each is known *in its place*: a Ritz value is never beyond the
 * eigenvalue of its place, and one that was missed may lie up to `limit`.
 */
export function inPlace(pairs: readonly EigenvalueResult[] | null, end: "top" | "bottom", limit: number): Known[] {
  return (pairs ?? []).map(({ value, residual }) => {
    const known = within(value, residual);
    const beyond = Math.max(residual, end === "top" ? limit - value : value - limit);
    return end === "top" ? { ...known, above: beyond } : { ...known, below: beyond };
  });
}

/** Both ends of a spectrum, as far as they were found. */
export interface Ends {
  readonly top?: readonly EigenvalueResult[] | null;
  readonly bottom?: readonly EigenvalueResult[] | null;
}

/**
 * How far out an eigenvalue may lie that a search has missed: beyond the last one by its margin. Residuals that are
 * coarser than such a margin leave room for others between and beyond: then there is no limit.
 *
 * @param margin of the search; what searches have where the result does not note it
 */
export function limitOfSearch(ends: Ends, end: keyof Ends, margin?: number): number {
  const pairs = ends[end] ?? [];
  const scale = Math.max(0, maxOf([...(ends.top ?? []), ...(ends.bottom ?? [])].map(({ value }) => Math.abs(value))));
  const sign = end === "top" ? 1 : -1;
  const last = pairs.at(-1);
  // What is below rounding is no coarse tolerance: a spectrum of zeros has residuals too.
  const isCoarse = scale > 0 && pairs.some(({ residual }) => residual > MARGIN * scale);
  if (!last || isCoarse) return sign * Number.POSITIVE_INFINITY;
  return last.value + sign * (last.residual + (margin ?? MARGIN * scale));
}

/**
 * How large in size an eigenvalue can be that is none of these: √(‖A‖F² − Σ λ²), with the upper end of the norm's
 * interval; ∞ where the norm was not measured. The pairs must be of different eigenvectors.
 */
export function largestUnseen(frobenius: EstimateResult | null, pairs: readonly EigenvalueResult[]): number {
  if (!frobenius) return Number.POSITIVE_INFINITY;
  const whole = frobenius.interval.upper + (frobenius.rounding ?? 0);
  const seen = pairs.reduce((sum, { value, residual }) => sum + Math.max(0, Math.abs(value) - residual) ** 2, 0);
  return Math.sqrt(Math.max(0, whole ** 2 - seen));
}
