import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { axpy, dot, norm2 } from "../../linalg/vector.ts";
import type { RunContext } from "../../util/run-context.ts";
import { type Ground, hessianAt } from "./ground.ts";
import { type EndName, isFar, type Place, type SearchMethod, type Standing, stepUntilCritical } from "./search.ts";

/** Damping at the start, relative to the largest λ². */
const FIRST_DAMPING = 1e-3;
/** ‖H∇L‖ ≤ this × ‖H‖‖∇L‖: the slope of ½‖∇L‖² is nothing against what it could be. */
const FLAT = 1e-9;
/** Steps behind the tolerance. */
const POLISHING = 4;

/**
 * Levenberg–Marquardt on ∇L(θ) = 0: p = −(H² + μ)⁻¹ H∇L, by the eigenvalues and eigenvectors of H, so that another
 * damping μ costs one gradient; μ follows Nielsen (1999). It goes to critical points of every index alike, for it minimises
 * ½‖∇L‖², whose slope is H∇L.
 *
 * Cost of a step: n products, 12n³ flops and one gradient for each damping tried.
 */
export const levenbergMarquardt: SearchMethod = {
  name: "levenberg-marquardt",
  title: "Levenberg–Marquardt on the gradient",
  source: "Levenberg (1944), Marquardt (1963), Nielsen (1999)",
  search(ground, start, limits, context) {
    const reach = norm2(start);
    let damping: number | undefined;
    let raise = 2;
    const next = async ({ theta, gradient, length, isThere }: Standing): Promise<Place | EndName> => {
      const { values, coefficients, combine } = await inEigenvectors(ground, theta, gradient, context);
      const largest = Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
      const slope = norm2(coefficients.map((c, i) => c * values[i]));
      if (!isThere && slope <= FLAT * largest * length) return "gradient-flat";
      damping ??= FIRST_DAMPING * largest * largest;
      if (isThere) damping = Math.min(damping, lightDamping(largest, length, reach));
      for (;;) {
        const mu: number = damping;
        const move = combine(coefficients.map((c, i) => (-values[i] * c) / (values[i] ** 2 + mu)));
        const there = theta.slice();
        axpy(1, move, there);
        // Steps below rounding lead nowhere.
        if (there.every((x, i) => x === theta[i])) return "gradient-flat";
        const slopeThere = isFar(there, start) ? undefined : await ground.at(there, (place) => place.gradient());
        const reached = slopeThere === undefined ? Number.NaN : norm2(slopeThere);
        const predicted = norm2(coefficients.map((c, i) => (c * mu) / (values[i] ** 2 + mu)));
        const gain = (length ** 2 - reached ** 2) / (length ** 2 - predicted ** 2 + mu * dot(move, move));
        if (slopeThere !== undefined && gain > 0) {
          damping = mu * Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
          raise = 2;
          return { theta: there, gradient: slopeThere };
        }
        // A step to the last digits is tried once.
        if (isThere) return "gradient-flat";
        damping = mu * raise;
        raise *= 2;
        if (!Number.isFinite(damping)) return slopeThere === undefined ? "diverged" : "gradient-flat";
      }
    };
    return stepUntilCritical(ground, start, { ...limits, polishing: POLISHING }, next, context);
  },
};

/**
 * The damping near a critical point: curvatures below √ε of the largest are those of rounding, along which no step is
 * taken; the rest falls with the gradient, so that steps become Newton's (Yamashita & Fukushima 2001).
 *
 * @param reach size of the weights at the start
 */
export function lightDamping(largest: number, gradientNorm: number, reach: number): number {
  return (Math.sqrt(Number.EPSILON) * largest + (reach > 0 ? gradientNorm / reach : 0)) ** 2;
}

/** H and the gradient in the eigenvectors of H. */
async function inEigenvectors(ground: Ground, theta: Float64Array, gradient: Float64Array, context: RunContext) {
  const n = ground.dimension;
  const { matrix } = await ground.at(theta, (place) => hessianAt(place, context));
  const { values, vectors } = symmetricEigen(matrix, n, true);
  return {
    values,
    coefficients: Float64Array.from(vectors, (vector) => dot(vector, gradient)),
    combine(coefficients: Float64Array) {
      const sum = new Float64Array(n);
      vectors.forEach((vector, i) => axpy(coefficients[i], vector, sum));
      return sum;
    },
  };
}
