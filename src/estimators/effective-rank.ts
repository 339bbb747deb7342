import { normalQuantile } from "../linalg/distributions.ts";
import type { Estimate, EstimatorDescription } from "./estimate.ts";

export const effectiveRankEstimator: EstimatorDescription = {
  name: "effective-rank",
  summary: "How many eigenvalues share the work: the participation ratio of a positive semidefinite operator.",
  formula: String.raw`r = \frac{(\operatorname{tr} A)^2}{\lVert A\rVert_F^2},\qquad 1 \le r \le n`,
  source:
    "Participation ratio: Bell & Dean 1970; not the effective rank of Roy & Vetterli 2007, which is the exponential of the entropy",
  cost: "none beyond trace and Frobenius norm",
  needs: "estimates of the trace and the Frobenius norm; A positive semidefinite for 1 ≤ r ≤ n",
};

/**
 * r = tr(A)²/‖A‖²_F from independent estimates of the two, with the interval of ln r by the delta method:
 * the relative variances, (2 σ_tr/tr)² + (2 σ_F/‖A‖_F)², add.
 *
 * @example
 * effectiveRank(trace, norm).value; // 7.3
 */
export function effectiveRank(trace: Estimate, norm: Estimate): Estimate {
  const value = (trace.value / norm.value) ** 2;
  const relative = 2 * Math.hypot(trace.standardError / trace.value, norm.standardError / norm.value);
  const { confidence } = trace.interval;
  const factor = Math.exp(normalQuantile(0.5 + confidence / 2) * relative);
  return {
    value,
    standardError: value * relative,
    products: trace.products + norm.products,
    method: `(${trace.method})² / (${norm.method})²`,
    interval: { lower: value / factor, upper: value * factor, confidence },
    converged: trace.converged && norm.converged,
  };
}
