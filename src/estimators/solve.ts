import { z } from "zod";
import { axpy, dot, norm2 } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { EstimatorDescription } from "./estimate.ts";
import { countProducts, requireSymmetric, requireTolerance } from "./products.ts";
import type { Products } from "./products.ts";
import { countFrom, type OptionsOf, tolerance } from "../util/options.ts";

export const solveOptions = z.object({
  /** Residual relative to ‖b‖; default 1e-6. */
  tolerance: tolerance.optional(),
  /** Default 2 × dimension, at most 1000. */
  maxProducts: countFrom(0).optional(),
});

export type SolveOptions = OptionsOf<typeof solveOptions>;

export interface Solution {
  readonly x: Float64Array;
  /** ‖b − Ax‖/‖b‖, from a fresh product at the end. */
  readonly residual: number;
  /** What rounding of that product may hide of it: of ‖ΔA‖₂‖x‖/‖b‖, ‖A‖₂ from the products that were taken. */
  readonly rounding: number;
  readonly products: number;
  readonly converged: boolean;
  /** A direction with vᵀAv ≤ 0, where conjugate gradients met one and stopped. */
  readonly negativeCurvature?: Float64Array;
}

export const conjugateGradientEstimator: EstimatorDescription = {
  name: "conjugate-gradient",
  summary: "Solves Ax = b for positive definite A; stops at a direction of negative curvature.",
  formula: String.raw`x_k = \arg\min_{x \in \mathcal K_k} \tfrac12 x^\top A x - b^\top x`,
  source: "Hestenes & Stiefel 1952; negative curvature: Steihaug 1983",
  cost: "about ½ √κ ln(2/tolerance) products",
  needs: "a symmetric positive definite operator (add a shift)",
};

export const minresEstimator: EstimatorDescription = {
  name: "minres",
  summary: "Solves Ax = b for symmetric A, indefinite or not, with the least residual of its Krylov space.",
  formula: String.raw`x_k = \arg\min_{x \in \mathcal K_k} \lVert b - A x \rVert`,
  source: "Paige & Saunders 1975",
  cost: "about κ products where A is indefinite",
  needs: "a symmetric operator",
};

/**
 * Conjugate gradients. The smallest value of ½xᵀAx − bᵀx over the Krylov space, step by step.
 *
 * @returns the solution with its true residual; converged = false at the end of the budget, or with
 *   `negativeCurvature` where A proves not to be positive definite (x is then the last point before it)
 * @throws usage error `not-symmetric`, `dimension-mismatch`; check error `not-finite`; `interrupted`
 *
 * @example
 * const step = await conjugateGradient(shiftOperator(hessian, 1e-3), gradient, {}, {});
 */
export async function conjugateGradient(
  operator: LinearOperator,
  b: Float64Array,
  options: SolveOptions,
  context: RunContext,
): Promise<Solution> {
  requireSymmetric(operator, "Conjugate gradients");
  const { products, tolerance, length } = begin(operator, b, options, context);
  const x = new Float64Array(b.length);
  const r = Float64Array.from(b);
  const p = Float64Array.from(b);
  let square = dot(r, r);
  let negativeCurvature: Float64Array | undefined;
  let size = 0;
  while (Math.sqrt(square) > tolerance * length && products.affords(2)) {
    const [image] = await products.apply([p]);
    size = Math.max(size, norm2(image) / norm2(p));
    const curvature = dot(p, image);
    if (curvature <= 0) {
      negativeCurvature = p;
      break;
    }
    const step = square / curvature;
    axpy(step, p, x);
    axpy(-step, image, r);
    const next = dot(r, r);
    const keep = next / square;
    for (let i = 0; i < p.length; i++) p[i] = r[i] + keep * p[i];
    square = next;
    products.report("conjugate gradients", undefined, `residual ${(Math.sqrt(square) / length).toExponential(1)}`);
  }
  return finish(products, b, { x, size, length, tolerance, negativeCurvature });
}

/**
 * MINRES: the least ‖b − Ax‖ over the Krylov space, for A of any inertia.
 *
 * @throws usage error `not-symmetric`, `dimension-mismatch`; check error `not-finite`; `interrupted`
 *
 * @example
 * const newton = await minres(hessian, gradient, { tolerance: 1e-4 }, {});
 */
export async function minres(
  operator: LinearOperator,
  b: Float64Array,
  options: SolveOptions,
  context: RunContext,
): Promise<Solution> {
  requireSymmetric(operator, "MINRES");
  const { products, tolerance, length } = begin(operator, b, options, context);
  const n = b.length;
  const x = new Float64Array(n);
  if (length === 0) return finish(products, b, { x, size: 0, length, tolerance });
  let previous = new Float64Array(n);
  let v = b.map((y) => y / length);
  let beta = 0;
  // The two Givens rotations before this step, and the last two search directions.
  let [c1, s1, c2, s2] = [1, 0, 1, 0];
  let d1 = new Float64Array(n);
  let d2 = new Float64Array(n);
  let remaining = length;
  let size = 0;
  while (Math.abs(remaining) > tolerance * length && products.affords(2)) {
    const [w] = await products.apply([v]);
    const alpha = dot(v, w);
    axpy(-alpha, v, w);
    axpy(-beta, previous, w);
    const nextBeta = norm2(w);
    size = Math.max(size, Math.abs(alpha) + beta + nextBeta);

    const epsilon = s2 * beta;
    const carried = c2 * beta;
    const delta = c1 * carried + s1 * alpha;
    const gammaBar = -s1 * carried + c1 * alpha;
    const gamma = Math.hypot(gammaBar, nextBeta);
    if (gamma <= Number.EPSILON * size) break;
    const c = gammaBar / gamma;
    const s = nextBeta / gamma;
    const direction = new Float64Array(n);
    for (let i = 0; i < n; i++) direction[i] = (v[i] - delta * d1[i] - epsilon * d2[i]) / gamma;
    axpy(c * remaining, direction, x);
    remaining *= -s;
    [d2, d1] = [d1, direction];
    [c2, s2, c1, s1] = [c1, s1, c, s];
    if (Math.abs(remaining) <= tolerance * length || nextBeta <= Number.EPSILON * size) break;
    previous = v;
    v = w.map((y) => y / nextBeta);
    beta = nextBeta;
    products.report("MINRES", undefined, `residual ${(Math.abs(remaining) / length).toExponential(1)}`);
  }
  return finish(products, b, { x, size, length, tolerance });
}

function begin(
  operator: LinearOperator,
  b: Float64Array,
  options: SolveOptions,
  context: RunContext,
): { products: Products; tolerance: number; length: number } {
  if (b.length !== operator.dimension) {
    throw new ThalwegError({
      kind: "usage",
      code: "dimension-mismatch",
      message: `${operator.name} has dimension ${operator.dimension}, and the right-hand side has ${b.length} entries.`,
      hint: "Give one number for each dimension.",
    });
  }
  requireTolerance(options.tolerance);
  if (!b.every(Number.isFinite)) {
    throw new ThalwegError({
      kind: "check",
      code: "not-finite",
      message: "The right-hand side holds a NaN or an infinity.",
    });
  }
  const products = countProducts(operator, context, options.maxProducts ?? Math.min(1000, 2 * operator.dimension + 2));
  return { products, tolerance: options.tolerance ?? 1e-6, length: norm2(b) };
}

interface Found {
  readonly x: Float64Array;
  /** A lower bound of ‖A‖₂. */
  readonly size: number;
  readonly length: number;
  readonly tolerance: number;
  readonly negativeCurvature?: Float64Array;
}

async function finish(
  products: Products,
  b: Float64Array,
  { x, size, length, tolerance, negativeCurvature }: Found,
): Promise<Solution> {
  const [image] = await products.apply([x]);
  axpy(-1, b, image);
  const residual = length > 0 ? norm2(image) / length : 0;
  const rounding = length > 0 ? (products.rounding("norm", size) * norm2(x)) / length : 0;
  // The recurrence drifts from the true residual by rounding; a factor of two is no reason to say no.
  return { x, residual, rounding, products: products.count(), converged: residual <= 2 * tolerance, negativeCurvature };
}
