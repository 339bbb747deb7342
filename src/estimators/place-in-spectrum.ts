import type { Eigenvalue } from "./estimate.ts";
import type { RitzPairs } from "./krylov-space.ts";

/** How far out the eigenvalues may lie that are left beside known pairs. */
export interface Rest {
  readonly highest: number;
  readonly lowest: number;
}

export const NOTHING_LEFT: Rest = { highest: Number.NEGATIVE_INFINITY, lowest: Number.POSITIVE_INFINITY };

/** What a space knows of one end of the rest. */
interface End {
  /** The place, in ascending order, of the outermost Ritz value that belongs to no known pair; outside the list: none is left. */
  readonly place: number;
  /** The innermost of the known values at this end. */
  readonly known: number;
}

/** How well a search tells eigenvalues apart. */
interface Resolution {
  /** By how much a value must lie beyond another to be news. */
  newsOf(value: number): number;
  /** What rounding leaves of a residual. */
  readonly rounding: number;
  /** Whether the search went on to that; else a residual counts, however large. */
  readonly converged: boolean;
}

/**
 * A Ritz value has settled where its residual is this share of what is news to the search, and of the distance to every
 * other: among those that lie closer, each may still move as far as they lie apart.
 */
const SETTLED = 0.1;

/**
 * The rest of a spectrum as a space saw it: its outermost Ritz values beside those of the known pairs, and what they may still
 * move. That is the residual of one that has settled. Of others the search has made sure only that they bring no news:
 * they may lie beyond what is known by so much, where their residuals let them.
 */
export function restOf({ values, residuals }: RitzPairs, highest: End, lowest: End, resolution: Resolution): Rest {
  const { newsOf, rounding, converged } = resolution;
  /** How far out, with the sign of the end. */
  const reach = ({ place, known }: End, sign: number): number => {
    const value = sign * values[place];
    const [residual] = residuals([place]);
    const news = newsOf(values[place]);
    const isNear = (other: number, at: number): boolean =>
      at !== place && SETTLED * Math.abs(other - values[place]) < residual;
    if (residual <= rounding || (residual <= SETTLED * news && !values.some(isNear))) return value + residual;
    const moved = value + Math.max(residual, news);
    return converged ? Math.min(moved, Math.max(value, sign * known) + news) : moved;
  };
  const isThere = ({ place }: End): boolean => place >= 0 && place < values.length;
  return {
    highest: isThere(highest) ? reach(highest, 1) : NOTHING_LEFT.highest,
    lowest: isThere(lowest) ? -reach(lowest, -1) : NOTHING_LEFT.lowest,
  };
}

export function outermost(a: Rest, b: Rest): Rest {
  return { highest: Math.max(a.highest, b.highest), lowest: Math.min(a.lowest, b.lowest) };
}

/**
 * The largest eigenvalues of a matrix, in place. That *some* eigenvalue lies within ‖Ay − θy‖ of θ says nothing of which: where
 * neighbours lie nearer than that, the i-th lies further out. With unit vectors y₁, …, y_k, their Rayleigh quotients
 * θᵢ and residuals rᵢ, and no eigenvalue above μ in the complement of all of them,
 *
 *   λᵢ ≤ uᵢ = (θᵢ + uᵢ₊₁)/2 + √(((θᵢ − uᵢ₊₁)/2)² + rᵢ²),   u_{k+1} = μ:
 *
 * λᵢ is no larger than the largest eigenvalue on the complement of y₁, …, yᵢ₋₁ (Courant–Fischer), and that matrix is no
 * more than the 2×2 one of θᵢ and uᵢ₊₁, coupled by rᵢ. Where θᵢ stands apart, uᵢ − θᵢ is of the order of rᵢ².
 *
 * @param pairs descending
 * @param beyond μ
 * @returns what λᵢ may differ from θᵢ by, no less than rᵢ
 */
export function errorsInPlace(pairs: readonly Pick<Eigenvalue, "value" | "residual">[], beyond: number): number[] {
  let above = beyond;
  return pairs
    .toReversed()
    .map(({ value, residual }) => {
      const half = (value - above) / 2;
      // θ + the root's distance from it, which does not cancel; where nothing is left, θ is all there is.
      const excess =
        residual === 0 ? Math.max(0, -2 * half) : half === Infinity ? 0 : Math.hypot(half, residual) - half;
      above = value + excess;
      return Math.max(residual, excess);
    })
    .toReversed();
}

/**
 * Pairs of one end, outermost first, with residuals that hold for the eigenvalues of their places (`errorsInPlace`).
 *
 * @param beyond how far out others may lie
 * @param sign 1 at the upper end, −1 at the lower
 */
export function inPlace<Pair extends Pick<Eigenvalue, "value" | "residual">>(
  pairs: readonly Pair[],
  beyond: number,
  sign: 1 | -1 = 1,
): Pair[] {
  const outward = pairs.map(({ value, residual }) => ({ value: sign * value, residual }));
  const errors = errorsInPlace(outward, sign * beyond);
  return pairs.map((pair, i) => ({ ...pair, residual: errors[i] }));
}
