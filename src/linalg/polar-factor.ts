import { frobeniusLength, identityMatrix, inverseOf, timesTransposed, transposed } from "./dense.ts";

/** Far below what any direction that counts has. */
const NUDGE = 1e-13;

const MOST_STEPS = 60;

/**
 * The orthogonal matrix nearest to a square one, U Vᵀ of S = U Σ Vᵀ: of all orthogonal M the one with the largest
 * ⟨M, S⟩ (Schönemann 1966), by Newton's iteration X ← (μX + X⁻ᵀ/μ)/2 (Higham 1986). Directions that S says nothing about
 * stay as they are.
 *
 * Cost: about ten inversions, 20 n³ flops.
 *
 * @example
 * polarFactor(Float64Array.of(0, -3, 2, 0), 2); // Float64Array [0, -1, 1, 0]
 */
export function polarFactor(matrix: Float64Array, n: number): Float64Array {
  const size = frobeniusLength(matrix);
  if (!(size > 0)) return identityMatrix(n);
  let x = matrix.map((element) => element / size);
  for (let step = 0, nudge = NUDGE; step < MOST_STEPS; step++) {
    const inverse = inverseOf(x, n);
    if (!inverse) {
      x = x.map((element, at) => element + (at % (n + 1) === 0 ? nudge : 0));
      nudge *= 10;
      continue;
    }
    const turned = transposed(inverse, n);
    const [mine, theirs] = [frobeniusLength(x), frobeniusLength(turned)];
    const mu = Math.sqrt(theirs / mine);
    const next = x.map((element, at) => (mu * element + turned[at] / mu) / 2);
    const change = frobeniusLength(next.map((element, at) => element - x[at]));
    x = next;
    if (change <= 1e-9 * mine) break;
  }
  // One step of Newton and Schulz takes the rounding of the inverses off: X (3 − XᵀX) / 2.
  const columns = transposed(x, n);
  const rest = timesTransposed(columns, columns, n).map((element, at) => ((at % (n + 1) === 0 ? 3 : 0) - element) / 2);
  return timesTransposed(x, transposed(rest, n), n);
}
