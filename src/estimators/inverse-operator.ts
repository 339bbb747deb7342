import { z } from "zod";
import { axpy, norm2, scale } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { shiftOperator } from "../operators/combinators.ts";
import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { countFrom, type OptionsOf } from "../util/options.ts";
import { countProducts } from "./products.ts";
import { conjugateGradient, minres, solveOptions } from "./solve.ts";

const SOLVERS = { "conjugate-gradient": conjugateGradient, minres };

export const inverseOptions = solveOptions.extend({
  /** δ, which is added to the diagonal; default 0. */
  damping: z.number().default(0),
  /** How products are solved for; `neumann` adds up its series. */
  method: z.enum(["conjugate-gradient", "minres", "neumann"]).default("conjugate-gradient"),
  /** Terms of the Neumann series at most; default 100. */
  terms: countFrom(1).default(100),
  /** α of the Neumann series α Σ (I − α(A + δI))ʲ, which converges for α < 2/λmax; required for it. */
  step: z.number().positive().optional(),
});

export type InverseOptions = OptionsOf<typeof inverseOptions>;

/**
 * (A + δI)⁻¹ as an operator: every product is a system that is solved, by conjugate gradients (positive definite), MINRES
 * (symmetric), or K terms of the Neumann series α Σⱼ (I − α(A + δI))ʲ b (Lorraine, Vicol & Duvenaud 2020) until
 * what is left of b, (I − α(A + δI))ᴷ b, is within the tolerance.
 *
 * Cost of a product: as many products of A as the solver takes.
 *
 * @throws usage errors `not-symmetric`, `no-step`; check errors `not-solved` where solver or series do not reach the tolerance or
 *   meets negative curvature, `not-finite` where the series diverges
 *
 * @example
 * const inverse = inverseOperator(diagonalOperator(Float64Array.of(1, 3)), { damping: 1 }, {});
 * await inverse.apply([Float64Array.of(2, 4)]); // [[1, 1]]
 */
export function inverseOperator(
  operator: LinearOperator,
  options: InverseOptions,
  context: RunContext,
): LinearOperator {
  const { damping, method, terms, step, ...solver } = inverseOptions.parse(options);
  const { tolerance = TOLERANCE } = solver;
  const damped = damping === 0 ? operator : shiftOperator(operator, damping);
  const name = `(${damped.name})⁻¹`;
  const solved =
    method === "neumann"
      ? neumann(damped, { terms, step, tolerance }, context)
      : solvedBy(damped, method, solver, context);
  return {
    name,
    dimension: operator.dimension,
    symmetric: operator.symmetric,
    precision: operator.precision,
    preferredBlock: 1,
    apply: async (block) => {
      const products: Float64Array[] = [];
      for (const b of block) products.push(await solved(b));
      return products;
    },
  };
}

/** Of the residual, relative to ‖b‖, where none is given. */
const TOLERANCE = 1e-6;
/** A term that is longer than the one before by more than rounding. */
const GROWS = 1 + 1e-6;

type Solve = (b: Float64Array) => Promise<Float64Array>;

function solvedBy(
  operator: LinearOperator,
  method: keyof typeof SOLVERS,
  options: z.input<typeof solveOptions>,
  context: RunContext,
): Solve {
  return async (b) => {
    if (norm2(b) === 0) return new Float64Array(b.length);
    const { x, residual, converged, negativeCurvature } = await SOLVERS[method](operator, b, options, context);
    if (converged) return x;
    throw new ThalwegError({
      kind: "check",
      code: "not-solved",
      message: negativeCurvature
        ? `${operator.name} is not positive definite: conjugate gradients met a direction of negative curvature.`
        : `The product of the inverse of ${operator.name} was not found within the budget: what is left is ${residual.toPrecision(2)} of the right-hand side.`,
      hint: negativeCurvature
        ? "Add damping, or use minres."
        : "Add damping, raise maxProducts, or loosen the tolerance.",
    });
  };
}

interface Series {
  readonly terms: number;
  readonly step: number | undefined;
  readonly tolerance: number;
}

function neumann(operator: LinearOperator, { terms, step, tolerance }: Series, context: RunContext): Solve {
  if (step === undefined) {
    throw new ThalwegError({
      kind: "usage",
      code: "no-step",
      message: "The Neumann series needs a step α below 2/λmax of the damped matrix.",
      hint: "Give step, such as 1/λmax.",
    });
  }
  return async (b) => {
    if (norm2(b) === 0) return new Float64Array(b.length);
    const products = countProducts(operator, context);
    const sum = b.slice();
    let term = b.slice();
    let length = norm2(b);
    // The term behind the last is what is left: b − A x = (I − αA)ᴷ b for the sum x of K terms.
    for (let j = 1; j <= terms; j++) {
      const [image] = await products.apply([term]);
      term = term.slice();
      axpy(-step, image, term);
      const next = norm2(term);
      // (I − αA)ʲ b never grows where ‖I − αA‖ ≤ 1.
      if (!(next <= length * GROWS)) throw diverging(operator, step);
      length = next;
      if (length <= tolerance * norm2(b)) break;
      if (j < terms) axpy(1, term, sum);
    }
    const residual = length / norm2(b);
    if (residual > tolerance) throw unfinished(operator, terms, residual);
    scale(step, sum);
    return sum;
  };
}

function diverging(operator: LinearOperator, step: number): ThalwegError {
  return new ThalwegError({
    kind: "check",
    code: "not-finite",
    message: `The Neumann series of ${operator.name} diverges at a step of ${step}: its terms grow.`,
    hint: "Take a smaller step, below 2/λmax; where an eigenvalue is below 0, add damping, or use minres.",
  });
}

function unfinished(operator: LinearOperator, terms: number, residual: number): ThalwegError {
  return new ThalwegError({
    kind: "check",
    code: "not-solved",
    message: `${terms} terms of the Neumann series of ${operator.name} leave ${residual.toPrecision(2)} of the right-hand side.`,
    hint: "Give more terms or more damping, loosen the tolerance, or use conjugate gradients.",
  });
}
