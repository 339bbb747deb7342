import { z } from "zod";
import {
  type DiagonalEstimate,
  diagonalOptions,
  type DiagonalOptions,
  estimateDiagonal,
} from "../estimators/diagonal.ts";
import type { Estimate } from "../estimators/estimate.ts";
import {
  extremalEigenpairs,
  extremalOptions,
  type ExtremalOptions,
  type ExtremalResult,
} from "../estimators/extremal-eigenpairs.ts";
import { estimateFrobeniusNorm, frobeniusOptions, type FrobeniusOptions } from "../estimators/frobenius-norm.ts";
import {
  lanczos as runLanczos,
  lanczosOptions,
  type LanczosOptions,
  type LanczosResult,
} from "../estimators/lanczos.ts";
import { exactSpectrum as spectrumOf, type ExactSpectrum, exactSpectrumOptions } from "../estimators/exact-spectrum.ts";
import {
  type FunctionTrace,
  shareBelow as share,
  type Share,
  type SpectralMeasure,
  traceOfFunction as functionTrace,
} from "../estimators/spectral-measure.ts";
import { requireSymmetricMap } from "../estimators/require-symmetric-map.ts";
import { conjugateGradient, minres, type Solution, solveOptions } from "../estimators/solve.ts";
import {
  spectralDensity as estimateDensity,
  type SpectralDensity,
  spectralDensityOptions,
  type SpectralDensityOptions,
} from "../estimators/spectral-density.ts";
import { estimateTrace, traceOptions, type TraceOptions } from "../estimators/trace.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { requireOperator } from "../operators/require-operator.ts";
import { confidence, type OptionsOf, readOptions, vector } from "../util/options.ts";
import { requireArgument } from "../util/require-argument.ts";
import { shownValue } from "../util/shown-value.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { checkedContext, contextOption, readRun, type RunOptions } from "./run-options.ts";

/**
 * The largest and smallest eigenvalues, each with its residual ‖Av − λv‖ for a unit v: an eigenvalue
 * lies within it. Multiplicities are checked (thick-restart Lanczos: Wu & Simon 2000). Eigenvalues have
 * the operator's unit: loss per squared parameter for a Hessian.
 *
 * Cost: some tens to hundreds of products, `products` in the result says how many; memory for at most
 * `basisLimit` vectors.
 *
 * @throws usage error `bad-argument`, `not-symmetric`; check error `bad-product`, `not-a-symmetric-map`, `not-finite`; `interrupted`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 1437 });
 * const { top, bottom } = await eigenvalues(hessian(problem), { largest: 3, smallest: 1 });
 * top[0].value; // → 0.55563
 * top[0].residual < 1e-4; // → true
 */
export async function eigenvalues(
  operator: LinearOperator,
  options: ExtremalOptions & RunOptions = {},
): Promise<ExtremalResult> {
  requireOperator("eigenvalues", operator);
  const { own, random, context } = readRun("eigenvalues", extremalOptions, options);
  await requireSymmetricMap(operator, context);
  return extremalEigenpairs(operator, own, random, context);
}

/**
 * Ritz values of a symmetric operator, ascending, with residuals; full reorthogonalisation, so no ghost
 * copies. With as many steps as dimensions they are the spectrum. One product a step; memory for one
 * vector a step (Lanczos 1950, Paige 1971).
 *
 * @throws usage error `bad-argument`, `not-symmetric`; check error `bad-product`, `not-a-symmetric-map`, `not-finite`; `interrupted`
 *
 * @example
 * const { values } = await lanczos(diagonalOperator(Float64Array.of(1, 2, 2)));
 * values; // → [1, 2, 2]
 */
export async function lanczos(
  operator: LinearOperator,
  options: LanczosOptions & RunOptions = {},
): Promise<LanczosResult> {
  requireOperator("lanczos", operator);
  const { own, random, context } = readRun("lanczos", lanczosOptions, options);
  await requireSymmetricMap(operator, context);
  return runLanczos(operator, own, random, context);
}

/**
 * The spectral density (1/n) Σᵢ N(t; λᵢ, σ²) on a grid of t, with a confidence band, by stochastic Lanczos
 * quadrature; its integral is 1. Cost: `probes` × `steps` products, and exact where these would reach the
 * dimension n anyway (Golub & Meurant 1994; Ubaru, Chen & Saad 2017).
 *
 * @throws usage error `bad-argument`, `not-symmetric`; check error `bad-product`, `not-a-symmetric-map`, `not-finite`; `interrupted`
 *
 * @example
 * const density = await spectralDensity(diagonalOperator(Float64Array.of(-1, 1, 1, 1)));
 * density.negativeShare.value; // → 0.25
 */
export async function spectralDensity(
  operator: LinearOperator,
  options: SpectralDensityOptions & RunOptions = {},
): Promise<SpectralDensity> {
  requireOperator("spectralDensity", operator);
  const { own, random, context } = readRun("spectralDensity", spectralDensityOptions, options);
  await requireSymmetricMap(operator, context);
  return estimateDensity(operator, own, random, context);
}

/**
 * tr A = Σ λᵢ with an interval that covers it with the stated probability; outliers are deflated while
 * that saves products. Cost: until the half-width of the interval is `tolerance` × |tr A|; exact where
 * the dimension is no more products than that (Hutchinson 1989; deflation: Meyer et al. 2021).
 *
 * @throws usage error `bad-argument`, `not-symmetric`; check error `bad-product`, `not-a-symmetric-map`, `not-finite`; `interrupted`
 *
 * @example
 * const { value, standardError } = await trace(diagonalOperator(Float64Array.of(1, 2, 3)));
 * value; // → 6
 * standardError; // → 0
 */
export async function trace(operator: LinearOperator, options: TraceOptions & RunOptions = {}): Promise<Estimate> {
  requireOperator("trace", operator);
  const { own, random, context } = readRun("trace", traceOptions, options);
  await requireSymmetricMap(operator, context);
  return estimateTrace(operator, own, random, context);
}

/**
 * ‖A‖F = √Σλᵢ² with a confidence interval: outliers are deflated, the rest sampled as E‖Az‖². Cost: n products
 * where n ≤ 24, else 38 at least, and n besides where to sample on would take more than that; exact with n (Hutchinson
 * 1989; interval: Hall 1992).
 *
 * @throws usage error `bad-argument`, `not-symmetric`; check error `bad-product`, `not-a-symmetric-map`, `not-finite`; `interrupted`
 *
 * @example
 * (await frobeniusNorm(diagonalOperator(Float64Array.of(3, 4)))).value; // → 5
 */
export async function frobeniusNorm(
  operator: LinearOperator,
  options: FrobeniusOptions & RunOptions = {},
): Promise<Estimate> {
  requireOperator("frobeniusNorm", operator);
  const { own, random, context } = readRun("frobeniusNorm", frobeniusOptions, options);
  await requireSymmetricMap(operator, context);
  return estimateFrobeniusNorm(operator, own, random, context);
}

/**
 * The diagonal of A, aᵢᵢ = E zᵢ(Az)ᵢ over random signs z, with an interval for each entry by itself. One
 * product a probe; exact where `probes` reaches the dimension (Bekas, Kokiopoulou & Saad 2007).
 *
 * @throws usage error `bad-argument`; check error `bad-product`, `not-finite`; `interrupted`
 *
 * @example
 * (await diagonal(diagonalOperator(Float64Array.of(3, 4)))).value; // → [3, 4]
 */
export async function diagonal(
  operator: LinearOperator,
  options: DiagonalOptions & RunOptions = {},
): Promise<DiagonalEstimate> {
  requireOperator("diagonal", operator);
  const { own, random, context } = readRun("diagonal", diagonalOptions, options);
  return estimateDiagonal(operator, own, random, context);
}

const wholeSpectrumOptions = exactSpectrumOptions.extend({ context: contextOption });

/**
 * Every eigenvalue, ascending, from the whole matrix, with what rounding may have moved one by; with `vectors`, unit
 * eigenvectors in the same order. Cost: n products, 4/3 n³ flops and 8 n² bytes; more than 2000 dimensions only where
 * `limit` says so (Wilkinson & Reinsch 1971).
 *
 * @throws usage error `bad-argument`, `not-symmetric`, `too-large`; check error `bad-product`, `not-a-symmetric-map`, `not-finite`; `interrupted`
 *
 * @example
 * const { values, rounding } = await exactSpectrum(diagonalOperator(Float64Array.of(2, 1, 2)));
 * values; // → [1, 2, 2]
 * rounding < 1e-14; // → true
 */
export async function exactSpectrum(
  operator: LinearOperator,
  options: OptionsOf<typeof wholeSpectrumOptions> = {},
): Promise<ExactSpectrum> {
  requireOperator("exactSpectrum", operator);
  const { context, ...own } = readOptions("exactSpectrum", wholeSpectrumOptions, options);
  const checked = checkedContext("exactSpectrum", context);
  await requireSymmetricMap(operator, checked);
  return spectrumOf(operator, own, checked);
}

const finite = (given: Float64Array) => given.every((x) => Number.isFinite(x));
const numbers = { error: "it must be numbers" };

/** The Jacobi matrix of a probe: n numbers on the diagonal, n − 1 beside it, and a coupling. */
const quadratureArgument = z
  .looseObject({
    diagonal: vector(1).refine(finite, numbers),
    offDiagonal: vector().refine(finite, numbers),
    last: z.number(),
  })
  .refine(({ diagonal, offDiagonal }) => offDiagonal.length >= diagonal.length - 1, {
    error: "beside a diagonal of n numbers stand n − 1",
  });

const measureArgument = z.looseObject({
  dimension: z.int().min(1),
  exact: z.array(z.number()),
  quadratures: z.array(quadratureArgument),
});

const confidenceOption = z.object({ /** Default 0.95. */ confidence: confidence.optional() });

/**
 * tr f(A) = Σ f(λᵢ) from the `measure` of a spectral density, with an interval that covers it with the stated probability:
 * f = λ² gives ‖A‖²F, log λ the log-determinant, λ/(λ + c) an effective dimension. Cost: no product (Ubaru, Chen & Saad 2017).
 *
 * @throws usage error `bad-argument`; check error `not-finite` where f has no value at an eigenvalue
 *
 * @example
 * const { measure } = await spectralDensity(diagonalOperator(Float64Array.of(1, 2, 4)));
 * traceOfFunction(measure, Math.log2).value; // → 3
 */
export function traceOfFunction(
  measure: SpectralMeasure,
  f: (eigenvalue: number) => number,
  options: OptionsOf<typeof confidenceOption> = {},
): FunctionTrace {
  requireArgument("measure", "traceOfFunction", measureArgument, measure);
  const isFunction = (x: unknown) => typeof x === "function";
  requireArgument("f", "traceOfFunction", z.custom(isFunction, { error: "it must be a function" }), f);
  const { confidence: p = 0.95 } = readOptions("traceOfFunction", confidenceOption, options);
  return functionTrace(measure, finiteFunction(f), p);
}

function finiteFunction(f: (eigenvalue: number) => number): (eigenvalue: number) => number {
  return (eigenvalue) => {
    const y = f(eigenvalue);
    if (Number.isFinite(y)) return y;
    throw new ThalwegError({
      kind: "check",
      code: "not-finite",
      message: `The function of traceOfFunction is ${shownValue(y)} at ${eigenvalue}.`,
      hint: "Give a function that has a value on the whole spectrum: log(λ + c) rather than log λ.",
    });
  };
}

/**
 * The share of eigenvalues below t from the `measure` of a spectral density, with an interval that covers it at least with
 * the stated probability; eigenvalues equal to t count half. Cost: no product.
 *
 * @throws usage error `bad-argument`
 *
 * @example
 * const { measure } = await spectralDensity(diagonalOperator(Float64Array.of(1, 2, 4, 8)));
 * shareBelow(measure, 3).value; // → 0.5
 */
export function shareBelow(
  measure: SpectralMeasure,
  t: number,
  options: OptionsOf<typeof confidenceOption> = {},
): Share {
  requireArgument("measure", "shareBelow", measureArgument, measure);
  requireArgument("t", "shareBelow", z.number(), t);
  const { confidence: p = 0.95 } = readOptions("shareBelow", confidenceOption, options);
  return share(measure, t, p);
}

const METHODS = { minres, "conjugate-gradient": conjugateGradient };

const solverOptions = solveOptions.extend({
  /** Conjugate gradients where A is positive definite; default minres. */
  method: z.enum(["minres", "conjugate-gradient"]).default("minres"),
  context: contextOption,
});

/**
 * Solves A x = b: conjugate gradients where A is positive definite, MINRES where it is only symmetric
 * (Hestenes & Stiefel 1952; Paige & Saunders 1975). One product a step, one more for the true residual.
 * Where A proves not to be positive definite, conjugate gradients stop and hand back the direction.
 *
 * @throws usage error `bad-argument`, `not-symmetric`, `dimension-mismatch`; check error `bad-product`, `not-a-symmetric-map`, `not-finite`; `interrupted`
 *
 * @example
 * const damped = shiftOperator(diagonalOperator(Float64Array.of(1, 3)), 1);
 * (await solve(damped, Float64Array.of(2, 4))).x; // → [1, 1]
 */
export async function solve(
  operator: LinearOperator,
  b: Float64Array,
  options: OptionsOf<typeof solverOptions> = {},
): Promise<Solution> {
  requireOperator("solve", operator);
  requireArgument("b", "solve", vector(), b);
  const { method, context, ...rest } = readOptions("solve", solverOptions, options);
  const checked = checkedContext("solve", context);
  await requireSymmetricMap(operator, checked);
  return METHODS[method](operator, b, rest, checked);
}
