import type { Reading } from "../result/section.ts";
import type { EigenvalueResult, EstimateResult } from "../result/estimates.ts";
import { formatEstimate, formatNumber, formatShare } from "../util/format-number.ts";

export function eigenvalueReading(label: string, symbol: string, pair: EigenvalueResult | null | undefined): Reading {
  return {
    label,
    symbol,
    value: formatEstimate(pair?.value, pair?.residual),
    note: pair
      ? "± the Ritz residual, or more where neighbours were not told apart: an eigenvalue lies within it"
      : "not measured",
  };
}

/** The number of a key reading: an eigenvalue within its residual. */
export function eigenvalueNumber(pair: EigenvalueResult | null | undefined) {
  return pair ? { number: { value: pair.value, error: pair.residual } } : {};
}

/** The same of an estimate, with one standard error. */
export function estimateNumber(estimate: EstimateResult | null | undefined) {
  return estimate ? { number: { value: estimate.value, error: spreadOf(estimate) } } : {};
}

export function estimateReading(label: string, symbol: string, estimate: EstimateResult | null | undefined): Reading {
  if (!estimate) return { label, symbol, value: formatNumber(null), note: "not measured" };
  const { value, standardError, rounding, method, products, interval, converged } = estimate;
  const cost = products === 0 ? "" : `, ${products} products`;
  const proof =
    standardError === 0
      ? exactly(rounding)
      : standardError < (rounding ?? 0)
        ? `± what rounding may be, which is more than the standard error of the probes: a bound, ${range(interval)}`
        : `± one standard error; ${percent(interval.confidence)} interval ${range(interval)}`;
  return {
    label,
    symbol,
    value: formatEstimate(value, standardError, rounding),
    note: `${proof}; ${method}${cost}${converged ? "" : "; not converged"}`,
  };
}

function exactly(rounding: number | undefined): string {
  return rounding ? `exact up to rounding, about ${formatNumber(rounding, 1)}` : "exact up to rounding";
}

/** How far off an estimate may be, in the digits of a sentence. */
export function spreadOf({ standardError, rounding = 0 }: EstimateResult): number {
  return Math.max(standardError, rounding);
}

export function shareReading(label: string, estimate: EstimateResult): Reading {
  const { value, standardError, interval, method } = estimate;
  const spread =
    standardError === 0
      ? interval.lower === interval.upper
        ? "whatever the rounding"
        : `${formatShare(interval.lower)} to ${formatShare(interval.upper)}, as far as rounding tells`
      : `enclosed with at least ${percent(interval.confidence)}: ${formatShare(interval.lower)} to ${formatShare(interval.upper)}`;
  return {
    label,
    value: standardError === 0 ? formatShare(value) : `${formatEstimate(100 * value, 100 * standardError)} %`,
    note: `${spread}; ${method}`,
  };
}

export function percent(confidence: number): string {
  return `${Number((100 * confidence).toFixed(2))} %`;
}

export function range({ lower, upper }: { lower: number; upper: number }): string {
  return `${formatNumber(lower)} to ${formatNumber(upper)}`;
}
