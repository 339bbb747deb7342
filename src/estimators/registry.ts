import { diagonalEstimator } from "./diagonal.ts";
import type { EstimatorDescription } from "./estimate.ts";
import { exactSpectrumEstimator } from "./exact-spectrum.ts";
import { extremalEstimator } from "./extremal-eigenpairs.ts";
import { frobeniusEstimator } from "./frobenius-norm.ts";
import { lanczosEstimator } from "./lanczos.ts";
import { conjugateGradientEstimator, minresEstimator } from "./solve.ts";
import { spectralDensityEstimator } from "./spectral-density.ts";
import { traceEstimator } from "./trace.ts";

/** Every estimator, for help and documentation. */
export const ESTIMATORS: readonly EstimatorDescription[] = [
  extremalEstimator,
  lanczosEstimator,
  exactSpectrumEstimator,
  spectralDensityEstimator,
  traceEstimator,
  frobeniusEstimator,
  diagonalEstimator,
  conjugateGradientEstimator,
  minresEstimator,
];
