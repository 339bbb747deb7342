import { minres } from "../../estimators/solve.ts";
import { axpy, dot, norm2 } from "../../linalg/vector.ts";
import { type RunContext, throwIfInterrupted } from "../../util/run-context.ts";
import type { Ground } from "./ground.ts";
import { type EndName, type Found, isFar, type SearchMethod } from "./search.ts";

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
/** Steps behind the tolerance, which take the gradient to its rounding where they converge as Newton's do. */
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
  async search(ground, start, limits, context) {
    let theta = start;
    let gradient = await ground.at(theta, (place) => place.gradient());
    const gradientAtStart = norm2(gradient);
    const goal = limits.tolerance * gradientAtStart;
    const found = (end: EndName, steps: number): Found => ({
      end,
      theta,
      steps,
      gradientAtStart,
      gradientNorm: norm2(gradient),
    });
    if (!Number.isFinite(gradientAtStart)) return found("diverged", 0);
    let polished = 0;
    for (let step = 0; ; step++) {
      throwIfInterrupted(context);
      const length = norm2(gradient);
      const isThere = length <= goal;
      if (length === 0 || (isThere && polished++ >= POLISHING)) return found("critical", step);
      if (step >= limits.steps) return found(isThere ? "critical" : "wandering", step);
      const { move, slope, isFlat } = await leastResidual(ground, theta, gradient, length / gradientAtStart, context);
      if (isFlat) return found(isThere ? "critical" : "gradient-flat", step);
      const next = await lineSearch(ground, { theta, start, move, length, slope });
      if (next === "far") return found("diverged", step);
      if (next === undefined) return found(isThere ? "critical" : "gradient-flat", step);
      ({ theta, gradient } = next);
    }
  },
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

/** The first of θ + p, θ + p/2, … at which the gradient is short enough; undefined where none is. */
async function lineSearch(ground: Ground, { theta, start, move, length, slope }: Line) {
  let isAway = false;
  for (let halving = 0, share = 1; halving <= MOST_HALVINGS; halving++, share /= 2) {
    const there = theta.slice();
    axpy(share, move, there);
    if (there.every((x, i) => x === theta[i])) return undefined;
    isAway = isFar(there, start);
    if (isAway) continue;
    const gradient = await ground.at(there, (place) => place.gradient());
    const reached = norm2(gradient);
    if (reached < length && reached ** 2 <= length ** 2 + 2 * SUFFICIENT * share * slope)
      return { theta: there, gradient };
  }
  return isAway ? "far" : undefined;
}
