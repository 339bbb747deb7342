import { hypotOf } from "../util/extremes.ts";

interface Pair {
  readonly value: number;
  readonly residual: number;
}

/** sin of an angle: a space that may be turned by more is not known well enough for what lies in it. */
const RESOLVED = 0.1;

/**
 * How many of the largest eigenvalues, up to `asked`, span a space that is told apart from the rest: the most for which
 *
 *   sin Θ ≤ ‖R‖_F / (θ_k − r_k − θ_{k+1} − r_{k+1})
 *
 * is small, R the residuals of the k pairs and Θ the angle to the true space (Davis and Kahan 1970). Single vectors of
 * equal or near eigenvalues are any that one likes, the space of all of them is not.
 *
 * @param pairs descending, one more than asked for where there are so many
 * @example
 * const pairs = [3, 1, 1].map((value) => ({ value, residual: 1e-9 }));
 * resolvedSpace(pairs, 2, 10).resolved; // 1: the second and the third are equal
 */
export function resolvedSpace(
  pairs: readonly Pair[],
  asked: number,
  dimension: number,
): { readonly resolved: number; readonly angle: number } {
  for (let k = Math.min(asked, pairs.length); k > 0; k--) {
    const angle = angleOf(pairs, k, dimension);
    if (angle <= RESOLVED) return { resolved: k, angle };
  }
  return { resolved: 0, angle: 1 };
}

function angleOf(pairs: readonly Pair[], k: number, dimension: number): number {
  if (k === dimension) return 0;
  if (k >= pairs.length) return Number.POSITIVE_INFINITY;
  const [last, next] = pairs.slice(k - 1, k + 1);
  const gap = last.value - last.residual - next.value - next.residual;
  return gap > 0 ? residualOf(pairs.slice(0, k)) / gap : Number.POSITIVE_INFINITY;
}

/**
 * Σ λᵢ ‖P uᵢ‖² / Σ λᵢ over a resolved space U, P the projection onto `planes` dimensions, with the range in which it
 * lies. With Π and Π̃ the projections onto the true and the found space, tr P(ΠHΠ − Π̃HΠ̃) is a sum of two terms, each at
 * most ‖P(Π − Π̃)‖_F ‖HΠP‖_F.
 *
 * @param overlaps ‖P ũᵢ‖² of the vectors found
 * @returns null where no space is resolved, or not all of its eigenvalues are positive
 * @example
 * shareOfLeading([{ value: 3, residual: 0 }, { value: 1, residual: 0 }], [0.5, 0.1], 0, 2); // 0.4, between 0.4 and 0.4
 */
export function shareOfLeading(
  pairs: readonly Pair[],
  overlaps: readonly number[],
  angle: number,
  planes: number,
): { readonly value: number; readonly lower: number; readonly upper: number } | null {
  if (pairs.length === 0 || pairs.some(({ value, residual }) => value - residual <= 0)) return null;
  const sum = (of: (pair: Pair, i: number) => number) => pairs.reduce((total, pair, i) => total + of(pair, i), 0);
  const inside = sum(({ value }, i) => value * overlaps[i]);
  const all = sum(({ value }) => value);
  const residuals = sum(({ residual }) => residual);
  const turned = Math.sqrt(planes) * angle;
  const moved = Math.sqrt(sum(({ value }, i) => value ** 2 * overlaps[i]));
  const error = turned * (2 * moved + turned * pairs[0].value + 2 * residualOf(pairs));
  return {
    value: inside / all,
    lower: Math.max(0, (inside - error) / (all + residuals)),
    upper: Math.min(1, (inside + error) / (all - residuals)),
  };
}

function residualOf(pairs: readonly Pair[]): number {
  return hypotOf(pairs.map(({ residual }) => residual));
}
