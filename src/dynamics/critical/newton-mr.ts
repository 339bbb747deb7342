import { minres } from "../../estimators/solve.ts";
import { axpy, dot, norm2 } from "../../linalg/vector.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Ground } from "./ground.ts";
import { isFar, type Place, type SearchMethod, stepUntilCritical } from "./search.ts";

/** Products of one step at most. */
const MOST_PRODUCTS = 300;
/** Residual of the first steps, relative to the gradient; it falls with the gradient, so that convergence is faster than linear. */
const LOOSE = 0.1;
const TIGHT = 1e-6;
/** Of the decrease that the slope of ‖∇L‖² promises, what a step is to have. */
const SUFFICIENT = 1e-4;
/** Halvings of a step. */
const MOST_HALVINGS = 30;
/** A residual nearer to the gradient than this is no solution: the gradient lies where H is 0. */
const FLAT = 1e-9;
/** Steps behind the tolerance. */
const POLISHING = 3;

/**
 * Newton–MR: p of least ‖∇L + Hp‖ in a Krylov space of H, by MINRES, which needs no inverse and takes H as it is, indefinite and
 * singular alike; then ‖∇L(θ + αp)‖² ≤ ‖∇L‖² + 2ρα pᵀH∇L with α halved until that holds. Since ‖∇L + Hp‖ ≤ ‖∇L‖, pᵀH∇L ≤ 0: it goes
 * down in ‖∇L‖ whatever the index.
 *
 * Cost of a step: up to 300 products, one gradient for each α.
 */
export const newtonMr: SearchMethod = {
  name: "newton-mr",
  title: "Newton–MR on the gradient",
  source: "Roosta, Liu, Xu & Mahoney (2018)",
  search: (ground, start, limits, context) =>
    stepUntilCritical(
      ground,
      start,
      { ...limits, polishing: POLISHING },
      async ({ theta, gradient, length, gradientAtStart }) => {
        const { move, slope, isFlat } = await leastResidual(ground, theta, gradient, length / gradientAtStart, context);
        return isFlat ? "gradient-flat" : lineSearch(ground, { theta, start, move, length, slope });
      },
      context,
    ),
};

/** p, and pᵀH∇L = ½ of the slope of ‖∇L‖² along it. */
async function leastResidual(
  ground: Ground,
  theta: Float64Array,
  gradient: Float64Array,
  relative: number,
  context: RunContext,
) {
  return ground.at(theta, async ({ hessian }) => {
    const tolerance = Math.max(TIGHT, Math.min(LOOSE, Math.sqrt(relative)));
    const down = gradient.map((x) => -x);
    const { x: move, residual } = await minres(
      hessian,
      down,
      { tolerance, maxProducts: Math.min(MOST_PRODUCTS, 2 * ground.dimension + 2) },
      context,
    );
    const [image] = await hessian.apply([move]);
    return { move, slope: dot(image, gradient), isFlat: residual >= 1 - FLAT || norm2(move) === 0 };
  });
}

interface Line {
  readonly theta: Float64Array;
  readonly start: Float64Array;
  readonly move: Float64Array;
  readonly length: number;
  readonly slope: number;
}

/** The first of θ + p, θ + p/2, … at which the gradient is short enough, or why none is. */
async function lineSearch(
  ground: Ground,
  { theta, start, move, length, slope }: Line,
): Promise<Place | "diverged" | "gradient-flat"> {
  let isAway = false;
  for (let halving = 0, share = 1; halving <= MOST_HALVINGS; halving++, share /= 2) {
    const there = theta.slice();
    axpy(share, move, there);
    if (there.every((x, i) => x === theta[i])) return "gradient-flat";
    isAway = isFar(there, start);
    if (isAway) continue;
    const gradient = await ground.at(there, (place) => place.gradient());
    const reached = norm2(gradient);
    if (reached < length && reached ** 2 <= length ** 2 + 2 * SUFFICIENT * share * slope)
      return { theta: there, gradient };
  }
  return isAway ? "diverged" : "gradient-flat";
}
