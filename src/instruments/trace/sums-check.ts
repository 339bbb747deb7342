import type { Eigenvalue, Estimate } from "../../estimators/estimate.ts";
import { norm2, sumOf } from "../../linalg/vector.ts";
import type { Check } from "../../result/envelope.ts";
import { shareOfAllowed } from "../share-of-allowed.ts";
import { hypotOf } from "../../util/extremes.ts";

/** What trace and norm are held against. */
interface Known {
  /** All eigenvalues, ascending, where they are known. */
  readonly spectrum?: Float64Array;
  /** Row-major, where there is one. */
  readonly matrix?: Float64Array;
  /** Some of the eigenvalues, each once. */
  readonly some: readonly Eigenvalue[];
  readonly dimension: number;
}

/** Of standard errors: one run in a million passes it by chance. */
const STANDARD_ERRORS = 5;

/** The eigensolver's sums are off by a hundred roundings, growing as their sum over n rows does (as `spectrumCheck` allows). */
const ROUNDINGS = 100;

/**
 * tr A and ‖A‖_F as they are stated, against Σλ and √Σλ² of all eigenvalues; where those are not known, against the diagonal and
 * the elements of the matrix; and where there is none, ‖A‖_F against the eigenvalues that are known, which it is no smaller than,
 * and |tr A| against √n ‖A‖_F. Cost: no product.
 */
export function sumsCheck(
  { trace, frobenius }: { readonly trace: Estimate; readonly frobenius: Estimate },
  { spectrum, matrix, some, dimension: n }: Known,
): Check {
  const wayOf = { trace: spectrum && sumOf(spectrum), frobenius: spectrum && norm2(spectrum) };
  if (!spectrum && matrix) wayOf.trace = sumOf(Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]));
  const solver = ROUNDINGS * Math.sqrt(n) * Number.EPSILON * frobenius.value;
  const least = hypotOf(some.map(({ value, residual }) => Math.max(0, Math.abs(value) - residual)));
  const sampled = ({ standardError, rounding = 0 }: Estimate) => STANDARD_ERRORS * standardError + rounding;
  const most = Math.sqrt(n) * (frobenius.value + sampled(frobenius));
  const measured = Math.max(
    wayOf.trace === undefined ? 0 : shareOfAllowed(Math.abs(trace.value - wayOf.trace), Math.sqrt(n) * solver),
    wayOf.frobenius === undefined ? 0 : shareOfAllowed(Math.abs(frobenius.value - wayOf.frobenius), solver),
    shareOfAllowed(least - frobenius.value, sampled(frobenius) + solver),
    shareOfAllowed(Math.abs(trace.value) - most, sampled(trace) + Math.sqrt(n) * solver),
  );
  const against = spectrum
    ? "the sum of all eigenvalues, and the root of the sum of their squares"
    : "what is known of the eigenvalues: the norm is no smaller than those that were found, and the trace no larger than √n times the norm";
  return {
    name: "hessian-sums",
    title: "Trace and Frobenius norm against the eigenvalues",
    passed: measured <= 1,
    measured,
    limit: 1,
    detail: `The stated trace and norm against ${against}. In units of what rounding and sampling leave.`,
  };
}
