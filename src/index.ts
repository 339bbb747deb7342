/**
 * Thalweg as a library: exact derivatives of ONNX networks and estimators that work on any symmetric
 * operator. Everything here runs in Node; parameters and vectors are flat Float64Arrays in the order of
 * `problem.space`. An option that a function does not have is refused, whatever its value.
 *
 * @module
 */
export { decodeResult, encodeResult, type ResultDocument, resultJsonSchema } from "./documents/result-kinds.ts";
export type { DiagonalEstimate, DiagonalOptions } from "./estimators/diagonal.ts";
export type { Estimate, Eigenvalue, Interval } from "./estimators/estimate.ts";
export type { ExactSpectrum, ExactSpectrumOptions } from "./estimators/exact-spectrum.ts";
export type { ExtremalOptions, ExtremalResult } from "./estimators/extremal-eigenpairs.ts";
export type { FrobeniusOptions } from "./estimators/frobenius-norm.ts";
export type { InverseOptions } from "./estimators/inverse-operator.ts";
export type { LanczosOptions, LanczosResult } from "./estimators/lanczos.ts";
export type { Solution, SolveOptions } from "./estimators/solve.ts";
export type { SpectralDensity, SpectralDensityOptions } from "./estimators/spectral-density.ts";
export type { FunctionTrace, Share, SpectralMeasure } from "./estimators/spectral-measure.ts";
export type { TraceOptions } from "./estimators/trace.ts";
export type { Drawing, FailedFigure } from "./figures/draw.ts";
export type { Figure, FigureTable } from "./figures/figure.ts";
export type { ProfileOptions } from "./instruments/instrument.ts";
export type { Measured } from "./instruments/measured.ts";
export type { ProfileResult } from "./instruments/profile-result.ts";
export {
  diagonal,
  eigenvalues,
  exactSpectrum,
  frobeniusNorm,
  lanczos,
  shareBelow,
  solve,
  spectralDensity,
  trace,
  traceOfFunction,
} from "./library/estimates.ts";
export { inverse } from "./library/inverse.ts";
export { jacobian } from "./library/jacobian.ts";
export { ekfac, gaussNewtonDiagonal, kfac } from "./library/layered-matrices.ts";
export { empiricalFisher, empiricalFisherOfTerms, fisher, gaussNewton, gradient, hessian } from "./library/matrices.ts";
export { type MonteCarloFisher, monteCarloFisher, type SampledTrace } from "./library/monte-carlo-fisher.ts";
export { type Checkpoint, checkpoints, load, loadProblem, saveWeights } from "./library/open.ts";
export { measured, type Profile, profile } from "./library/profile.ts";
export { readResult, writeReport } from "./library/result-files.ts";
export { figures, renderFigure, renderReport, type Shown } from "./library/results.ts";
export type { RunOptions } from "./library/run-options.ts";
export type { LoadOptions } from "./load/load-options.ts";
export type { LoadedProblem } from "./load/loaded-problem.ts";
export { scaleOperator, shiftOperator, subBlockOperator, sumOperator } from "./operators/combinators.ts";
export { denseOperator, diagonalOperator } from "./operators/dense-operator.ts";
export type { InvertibleOperator } from "./operators/layered-operator.ts";
export type { LinearOperator } from "./operators/linear-operator.ts";
export type { RectangularOperator } from "./operators/rectangular-operator.ts";
export { ParameterSpace, type ParameterTensor } from "./problem/parameter-space.ts";
export type { LossValue } from "./problem/loss-value.ts";
export { Point } from "./problem/point.ts";
export { Problem, type PointOptions } from "./problem/problem.ts";
export { createRandom, type RandomStream } from "./random/random-stream.ts";
export type { ProgressEvent, RunContext } from "./util/run-context.ts";
export type { DType, FloatType, Shape, Tensor } from "./util/tensor.ts";
export { ThalwegError, type ErrorKind } from "./util/thalweg-error.ts";
