/**
 * Thalweg as a library: exact derivatives of ONNX networks and estimators that work on any symmetric
 * operator. Everything here runs in Node; parameters and vectors are flat Float64Arrays in the order of
 * `problem.space`.
 *
 * @module
 */
import { conjugateGradient, minres, type Solution, type SolveOptions } from "./estimators/solve.ts";
import { type DiagonalEstimate, type DiagonalOptions, estimateDiagonal } from "./estimators/diagonal.ts";
import type { Estimate } from "./estimators/estimate.ts";
import { extremalEigenpairs, type ExtremalOptions, type ExtremalResult } from "./estimators/extremal-eigenpairs.ts";
import { estimateFrobeniusNorm, type FrobeniusOptions } from "./estimators/frobenius-norm.ts";
import { lanczos as runLanczos, type LanczosOptions, type LanczosResult } from "./estimators/lanczos.ts";
import {
  spectralDensity as estimateDensity,
  type SpectralDensity,
  type SpectralDensityOptions,
} from "./estimators/spectral-density.ts";
import { estimateTrace, type TraceOptions } from "./estimators/trace.ts";
import { type Profile, runProfile } from "./instruments/profile.ts";
import type { ProfileOptions } from "./instruments/instrument.ts";
import { writeFileAtomically } from "./io/write-atomically.ts";
import { encodeSafetensors } from "./files/safetensors.ts";
import { type LoadOptions, loadProblem } from "./load/load-problem.ts";
import { measured as measuredIn, type Measured } from "./instruments/measured.ts";
import type { ProfileResult } from "./instruments/profile-result.ts";
import type { LinearOperator } from "./operators/linear-operator.ts";
import { productOperator } from "./operators/problem-operators.ts";
import type { Point } from "./problem/point.ts";
import { Problem } from "./problem/problem.ts";
import { empiricalFisherProduct, fisherProduct, gaussNewtonProduct, hessianProduct } from "./problem/derivatives.ts";
import { createRandom } from "./random/random-stream.ts";
import type { RunContext } from "./util/run-context.ts";
import { ThalwegError } from "./util/thalweg-error.ts";

export type { Estimate, Eigenvalue, Interval } from "./estimators/estimate.ts";
export type { LoadedProblem, LoadOptions } from "./load/load-problem.ts";
export { loadProblem } from "./load/load-problem.ts";
export type { LinearOperator } from "./operators/linear-operator.ts";
export { scaleOperator, shiftOperator, subBlockOperator, sumOperator } from "./operators/combinators.ts";
export { denseOperator, diagonalOperator } from "./operators/dense-operator.ts";
export { ParameterSpace, type ParameterTensor } from "./problem/parameter-space.ts";
export { Point, type LossValue } from "./problem/point.ts";
export { Problem, type PointOptions } from "./problem/problem.ts";
export { createRandom, type RandomStream } from "./random/random-stream.ts";
export { decodeResult, encodeResult, type ResultDocument, resultJsonSchema } from "./documents/result-kinds.ts";
export type { ProgressEvent, RunContext } from "./util/run-context.ts";
export type { DType, FloatType, Shape, Tensor } from "./util/tensor.ts";
export { ThalwegError, type ErrorKind } from "./util/thalweg-error.ts";
export type {
  DiagonalEstimate,
  DiagonalOptions,
  ExtremalOptions,
  ExtremalResult,
  FrobeniusOptions,
  LanczosOptions,
  LanczosResult,
  Measured,
  Profile,
  ProfileOptions,
  ProfileResult,
  Solution,
  SolveOptions,
  SpectralDensity,
  SpectralDensityOptions,
  TraceOptions,
};

/** What every estimator takes beside its own options. */
export interface RunOptions {
  /** All randomness comes from it: the same seed gives the same numbers. Default 0. */
  readonly seed?: number;
  /** A way to stop the run, and to hear how far it is. */
  readonly context?: RunContext;
}

/**
 * Opens an ONNX model with data as the function L(θ) = mean (or sum) of the loss over the examples.
 *
 * The loss is guessed from outputs and labels where only one fits; `loadProblem` also tells what was
 * chosen on the way. Sessions and files are freed by `close()`, or at the end of the block with `await using`.
 *
 * @param model path of the .onnx file
 * @param options data and everything else; the flags of the command line by the same names
 * @throws ThalwegError of kind "input" where files or what they hold do not fit, "usage" for options, "check" where
 *   the imported graph does not compute what the file computes
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 1437 });
 * problem.space.dimension; // → 2410
 * (await problem.point.value()).loss; // → 0.011308
 * const named = problem.space.named(await gradient(problem)); // the flat vector, tensor by tensor, without a copy
 * named.get("hidden.bias").shape; // → [32]
 * await problem.close();
 */
export async function load(model: string, options: LoadOptions): Promise<Problem> {
  const loaded = await loadProblem(model, options);
  const failed = loaded.proofs.find(({ passed }) => passed === false);
  if (failed === undefined) return loaded.problem;
  await loaded.close();
  throw new ThalwegError({
    kind: "check",
    code: `${failed.name}-differs`,
    message: failed.detail,
    where: { file: model },
    hint: "loadProblem opens it all the same, with the proof beside it.",
  });
}

/** A checkpoint, opened. */
export interface Checkpoint {
  /** The file that holds its weights. */
  readonly weights: string;
  /** Closed when the next one is asked for. */
  readonly problem: Problem;
}

/**
 * The same network at one checkpoint after the other: each file's weights, and its statistics where it has them, in place
 * of the model's. One is open at a time. Cost: that of `load`, each.
 *
 * @param weights .safetensors files, in order
 * @throws what `load` throws; input errors `weights-missing`, `weights-shape` where a checkpoint is of another network
 *
 * @example
 * const trained = await load("assets/digits.onnx", { data: "digits" });
 * const files = [0, 1].map((share) => `${folder}/share-${share}.safetensors`);
 * files.forEach((file, share) => saveWeights(file, trained, trained.point.parameters.map((x) => share * x)));
 * const losses = [];
 * for await (const { problem } of checkpoints("assets/digits.onnx", files, { data: "digits" }))
 *   losses.push((await problem.point.value()).loss);
 * losses[0]; // → 2.302585
 */
export async function* checkpoints(
  model: string,
  weights: readonly string[],
  options: Omit<LoadOptions, "weights">,
): AsyncGenerator<Checkpoint, void, void> {
  for (const each of weights) {
    await using problem = await load(model, { ...options, weights: each });
    yield { weights: each, problem };
  }
}

/**
 * Writes parameters as a checkpoint, which `--weights` and `checkpoints` read: a .safetensors file with one array a
 * tensor, under its ONNX name, in the precision of the problem.
 *
 * @param theta flat, in the order of `problem.space`
 * @throws RangeError for a vector of another dimension; input error where the file cannot be written
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits" });
 * saveWeights(`${folder}/same.safetensors`, problem, problem.point.parameters);
 * const same = await load("assets/digits.onnx", { data: "digits", weights: `${folder}/same.safetensors` });
 * same.point.parameters.every((x, i) => x === problem.point.parameters[i]); // → true
 */
export function saveWeights(path: string, { space, options }: Problem, theta: Float64Array): void {
  writeFileAtomically(path, encodeSafetensors([...space.unflatten(theta, options.precision)]));
}

/** A problem stands for its weights. */
function pointOf(place: Problem | Point): Point {
  return place instanceof Problem ? place.point : place;
}

/**
 * The Hessian H = ∇²L(θ), n × n for n parameters, symmetric; L in the unit of the loss (nats for
 * cross-entropy). Products H v = d/dt ∇L(θ + tv), exact up to rounding (Pearlmutter 1994).
 *
 * Cost: a product is about two gradients, less in blocks; nothing is computed before the first.
 *
 * @throws input error `not-finite` (on a product), with the parameter where NaN or ∞ appears
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 1437 });
 * const H = hessian(problem);
 * const [product] = await H.apply([problem.point.parameters]); // H θ
 * product.length; // → 2410
 */
export function hessian(place: Problem | Point, context?: RunContext): LinearOperator {
  return productOperator(pointOf(place), hessianProduct, context);
}

/**
 * The generalised Gauss–Newton matrix (1/m) Σᵢ Jᵢᵀ (∂²ℓᵢ/∂z²) Jᵢ over the m loss terms: the Hessian
 * without the network's own curvature; positive semidefinite for losses convex in the outputs
 * (Schraudolph 2002). Cost: a product is about a forward pass, a tangent pass and a gradient.
 *
 * @throws input error `no-outputs` (on the first product) when the model computes its loss itself
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 200 });
 * const { top } = await eigenvalues(gaussNewton(problem), { largest: 1 });
 * top[0].value > 0; // → true
 */
export function gaussNewton(place: Problem | Point, context?: RunContext): LinearOperator {
  return productOperator(pointOf(place), gaussNewtonProduct, context);
}

/**
 * The Fisher information (1/m) Σᵢ Jᵢᵀ E[∂ℓ ∂ℓᵀ] Jᵢ, the expectation over the model's own labels written
 * out exactly (Amari 1998). Equal to the Gauss–Newton matrix for cross-entropy on logits. Cost: as that.
 *
 * @throws input error `no-likelihood` (on the first product) for losses that are no negative log-likelihood
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 200, precision: "float64" });
 * const [f] = await fisher(problem).apply([problem.point.parameters]);
 * const [g] = await gaussNewton(problem).apply([problem.point.parameters]);
 * Math.hypot(...f.map((x, i) => x - g[i])) < 1e-12 * Math.hypot(...g); // → true
 */
export function fisher(place: Problem | Point, context?: RunContext): LinearOperator {
  return productOperator(pointOf(place), fisherProduct, context);
}

/**
 * The uncentred second moment (1/n) Σ gᵢ gᵢᵀ of the gradients of single examples, each of its own
 * undivided loss; not the Fisher matrix (Kunstner et al. 2019). Cost: a product is about two gradients.
 *
 * @throws input error `not-finite` (on a product)
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 200 });
 * empiricalFisher(problem).symmetric; // → true
 */
export function empiricalFisher(place: Problem | Point, context?: RunContext): LinearOperator {
  if (place instanceof Problem) place.requireExamplesFor(empiricalFisherProduct);
  return productOperator(pointOf(place), empiricalFisherProduct, context);
}

/**
 * ∇L(θ) over all examples, flat, in the order of `problem.space`. Cost: about three forward passes
 * (Linnainmaa 1970).
 *
 * @throws input error `not-finite`; `interrupted`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 1437 });
 * Math.hypot(...(await gradient(problem))); // → 0.004523
 */
export function gradient(place: Problem | Point, context?: RunContext): Promise<Float64Array> {
  return pointOf(place).gradient(context);
}

/**
 * The largest and smallest eigenvalues, each with its residual ‖Av − λv‖ for a unit v: an eigenvalue
 * lies within it. Multiplicities are checked (thick-restart Lanczos: Wu & Simon 2000). Eigenvalues have
 * the operator's unit: loss per squared parameter for a Hessian.
 *
 * Cost: some tens to hundreds of products, `products` in the result says how many; memory for at most
 * `basisLimit` vectors.
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 1437 });
 * const { top, bottom } = await eigenvalues(hessian(problem), { largest: 3, smallest: 1 });
 * top[0].value; // → 0.55563
 * top[0].residual < 1e-4; // → true
 */
export function eigenvalues(
  operator: LinearOperator,
  options: ExtremalOptions & RunOptions = {},
): Promise<ExtremalResult> {
  return extremalEigenpairs(operator, options, createRandom(options.seed ?? 0), options.context ?? {});
}

/**
 * Ritz values of a symmetric operator, ascending, with residuals; full reorthogonalisation, so no ghost
 * copies. With as many steps as dimensions they are the spectrum. One product a step; memory for one
 * vector a step (Lanczos 1950, Paige 1971).
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const { values } = await lanczos(diagonalOperator(Float64Array.of(1, 2, 2)));
 * values; // → [1, 2, 2]
 */
export function lanczos(operator: LinearOperator, options: LanczosOptions & RunOptions = {}): Promise<LanczosResult> {
  return runLanczos(operator, options, createRandom(options.seed ?? 0), options.context ?? {});
}

/**
 * The spectral density (1/n) Σᵢ N(t; λᵢ, σ²) on a grid of t, with a confidence band, by stochastic Lanczos
 * quadrature; its integral is 1. Cost: `probes` × `steps` products, and exact where these would reach the
 * dimension n anyway (Golub & Meurant 1994; Ubaru, Chen & Saad 2017).
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const density = await spectralDensity(diagonalOperator(Float64Array.of(-1, 1, 1, 1)));
 * density.negativeShare.value; // → 0.25
 */
export function spectralDensity(
  operator: LinearOperator,
  options: SpectralDensityOptions & RunOptions = {},
): Promise<SpectralDensity> {
  return estimateDensity(operator, options, createRandom(options.seed ?? 0), options.context ?? {});
}

/**
 * tr A = Σ λᵢ with an interval that covers it with the stated probability; outliers are deflated while
 * that saves products. Cost: until the half-width of the interval is `tolerance` × |tr A|; exact where
 * the dimension is no more products than that (Hutchinson 1989; deflation: Meyer et al. 2021).
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * const { value, standardError } = await trace(diagonalOperator(Float64Array.of(1, 2, 3)));
 * value; // → 6
 * standardError; // → 0
 */
export function trace(operator: LinearOperator, options: TraceOptions & RunOptions = {}): Promise<Estimate> {
  return estimateTrace(operator, options, createRandom(options.seed ?? 0), options.context ?? {});
}

/**
 * ‖A‖F = √Σλᵢ² with a confidence interval: outliers are deflated, the rest sampled as E‖Az‖². Cost: 38
 * products at least, and exact where the dimension is no more (Hutchinson 1989; interval: Hall 1992).
 *
 * @throws usage error `not-symmetric`; check error `not-finite`; `interrupted`
 *
 * @example
 * (await frobeniusNorm(diagonalOperator(Float64Array.of(3, 4)))).value; // → 5
 */
export function frobeniusNorm(
  operator: LinearOperator,
  options: FrobeniusOptions & RunOptions = {},
): Promise<Estimate> {
  return estimateFrobeniusNorm(operator, options, createRandom(options.seed ?? 0), options.context ?? {});
}

/**
 * The diagonal of A, aᵢᵢ = E zᵢ(Az)ᵢ over random signs z, with an interval for each entry by itself. One
 * product a probe; exact where `probes` reaches the dimension (Bekas, Kokiopoulou & Saad 2007).
 *
 * @throws check error `not-finite`; `interrupted`
 *
 * @example
 * (await diagonal(diagonalOperator(Float64Array.of(3, 4)))).value; // → [3, 4]
 */
export function diagonal(
  operator: LinearOperator,
  options: DiagonalOptions & RunOptions = {},
): Promise<DiagonalEstimate> {
  return estimateDiagonal(operator, options, createRandom(options.seed ?? 0), options.context ?? {});
}

/**
 * Solves A x = b: conjugate gradients where A is positive definite, MINRES where it is only symmetric
 * (Hestenes & Stiefel 1952; Paige & Saunders 1975). One product a step, one more for the true residual.
 * Where A proves not to be positive definite, conjugate gradients stop and hand back the direction.
 *
 * @throws usage error `not-symmetric`, `dimension-mismatch`; check error `not-finite`; `interrupted`
 *
 * @example
 * const damped = shiftOperator(diagonalOperator(Float64Array.of(1, 3)), 1);
 * (await solve(damped, Float64Array.of(2, 4))).x; // → [1, 1]
 */
export function solve(
  operator: LinearOperator,
  b: Float64Array,
  {
    method = "minres",
    context = {},
    ...options
  }: SolveOptions & { readonly method?: "minres" | "conjugate-gradient"; readonly context?: RunContext } = {},
): Promise<Solution> {
  return (method === "minres" ? minres : conjugateGradient)(operator, b, options, context);
}

/**
 * Runs every instrument on a problem, as `thalweg profile` does. Parameters by the names of its flags;
 * missing ones take their defaults. Cost: some hundred to thousand products; `thalweg profile --dry-run`
 * says how many.
 *
 * @throws `interrupted`, and whatever keeps loss or gradient from being computed at all
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100 });
 * const { result } = await profile(problem, { top: 1, bottom: 1, densityProbes: 1, densitySteps: 20 });
 * result.hessian.top.length; // → 1
 */
export function profile(
  problem: Problem,
  parameters: ProfileOptions = {},
  { seed = 0, context = {} }: RunOptions = {},
): Promise<Profile> {
  return runProfile(problem, parameters, createRandom(seed).split("profile"), context);
}

/**
 * A result to be read without asking at every step whether it is there: what was not measured throws when it is read, and
 * the error says which instrument would have measured it, and why it did not.
 *
 * @throws input error `not-measured` where something that is null is read
 *
 * @example
 * const problem = await load("assets/digits.onnx", { data: "digits", limit: 100 });
 * const { result } = await profile(problem, { only: "eigenvalues", top: 1, bottom: 1 });
 * measured(result).hessian.top[0].value === result.hessian.top?.[0].value; // → true
 */
export function measured(result: ProfileResult): Measured<ProfileResult> {
  return measuredIn(result);
}
