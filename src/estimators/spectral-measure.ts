import { quickChiSquareQuantile } from "../linalg/distributions.ts";
import { normalQuantile } from "../linalg/normal-quantile.ts";
import { betaI } from "../linalg/special-functions.ts";
import { tridiagonalEigen } from "../linalg/tridiagonal-eigen.ts";
import type { Estimate, Interval } from "./estimate.ts";
import { maxOf, minOf } from "../util/extremes.ts";

/** The Jacobi matrix of one probe, and its coupling to the vector after the last (0: the quadrature is exact). */
export interface Quadrature {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
  readonly last: number;
}

/**
 * What is known of a spectrum: eigenvalues known exactly, and one Gauss quadrature for each probe of the
 * rest. Its mass is 1: each exact eigenvalue weighs 1/n, the sampled part the remainder.
 */
export interface SpectralMeasure {
  readonly dimension: number;
  readonly exact: readonly number[];
  readonly quadratures: readonly Quadrature[];
}

/** A share of the eigenvalues with its interval. */
export interface Share {
  readonly value: number;
  readonly interval: Interval;
}

/** A trace of a function, which takes no products of its own. */
export type FunctionTrace = Omit<Estimate, "products" | "converged">;

/** A smoothed density on a grid, with a pointwise band. */
export interface DensityCurve {
  readonly grid: Float64Array;
  readonly density: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Standard deviation of the Gaussian kernel. */
  readonly width: number;
  readonly confidence: number;
  /** Least and greatest node: inside the spectrum, and close to its ends. */
  readonly range: { readonly lower: number; readonly upper: number };
}

/** Nodes and weights (summing to 1) of a Gauss quadrature; weights are squared first components. */
export function nodesOf(quadrature: Quadrature): { nodes: Float64Array; weights: Float64Array } {
  const { values, first } = tridiagonalEigen(quadrature.diagonal, quadrature.offDiagonal, "ends");
  return { nodes: values, weights: first.map((x) => x * x) };
}

/**
 * The share of eigenvalues below t, N(t) = #{λ < t}/n, with an interval that covers it.
 *
 * Two errors, both inside the interval:
 * - Quadrature. The Gauss–Radau rule with one node put at t encloses the probe's own distribution
 *   function (Chebyshev–Markov–Stieltjes): F ∈ [mass of nodes below t, the same + the weight at t].
 * - Sampling. For a probe uniform on the sphere, F is Beta(k/2, (d − k)/2) with k = d N exactly, whatever
 *   the operator; the mean of K probes is Beta to the first two moments. The interval inverts that law
 *   (as Clopper & Pearson 1934 for a proportion), from the lower mean at one end and the upper at the
 *   other, and k is an integer. It holds from a single probe on.
 *
 * Eigenvalues equal to t count half: they cannot be told from ones beside it. Coverage is at least the
 * stated confidence; above it where the quadrature is coarse.
 *
 * @param t threshold, in the units of the eigenvalues
 */
export function shareBelow(measure: SpectralMeasure, t: number, confidence: number): Share {
  const { dimension, exact, quadratures } = measure;
  const below = exact.filter((x) => x < t).length;
  const free = dimension - exact.length;
  if (free === 0 || quadratures.length === 0) {
    const value = exact.length === 0 ? 0 : below / exact.length;
    const unknown = free === 0 ? 0 : 1;
    return { value, interval: { lower: value * (1 - unknown), upper: Math.max(value, unknown), confidence } };
  }
  let low = 0;
  let high = 0;
  for (const quadrature of quadratures) {
    const enclosed = encloseBelow(quadrature, t);
    low += enclosed.lower / quadratures.length;
    high += enclosed.upper / quadratures.length;
  }
  // The weights sum to 1 only up to rounding.
  low = Math.max(0, low - WEIGHT_ROUNDING);
  high = Math.min(1, high + WEIGHT_ROUNDING);
  const tail = (1 - confidence) / 2;
  const lower = Math.ceil(free * proportionFor(low, 1 - tail, free, quadratures.length) - 1e-9);
  const upper = Math.floor(free * proportionFor(high, tail, free, quadratures.length) + 1e-9);
  return {
    value: (below + (free * (low + high)) / 2) / dimension,
    interval: {
      lower: (below + Math.min(lower, upper)) / dimension,
      upper: (below + Math.max(lower, upper)) / dimension,
      confidence,
    },
  };
}

/**
 * The share of eigenvalues within ± t, with an interval: the difference of the shares below t and below −t, each
 * of which is enclosed (`shareBelow`). Both ends may be missed, so each has half of the probability. The quadrature
 * often leaves most of it open: a cluster at 0 and eigenvalues beside it look alike to a few Lanczos steps.
 */
export function shareWithin(measure: SpectralMeasure, t: number, confidence: number): Share {
  const each = (1 + confidence) / 2;
  const above = shareBelow(measure, t, each);
  const below = shareBelow(measure, -t, each);
  return {
    value: Math.max(0, above.value - below.value),
    interval: {
      lower: Math.max(0, above.interval.lower - below.interval.upper),
      upper: Math.max(0, above.interval.upper - below.interval.lower),
      confidence,
    },
  };
}

const WEIGHT_ROUNDING = 1e-13;

/** Of a node, relative to the largest: well below any threshold that rounding of the products sets. */
const NODE_ROUNDING = 1e-15;

/** Bounds on the mass below t of the measure that the Jacobi matrix belongs to (Chebyshev–Markov–Stieltjes). */
export function encloseBelow({ diagonal, offDiagonal, last }: Quadrature, t: number): { lower: number; upper: number } {
  const m = diagonal.length;
  // Radau: the last diagonal entry that makes t an eigenvalue is t + δₘ, (T − tI) δ = β² eₘ; by the
  // pivots of T − tI, δₘ = β²/pₘ (Golub 1973).
  let pivot = 0;
  for (let i = 0; i < m; i++) {
    const squared = i === 0 ? 0 : offDiagonal[i - 1] ** 2 / pivot;
    pivot = diagonal[i] - t - squared;
    if (pivot === 0) pivot = Number.EPSILON * (Math.abs(diagonal[i]) + Math.abs(t) + Number.MIN_VALUE);
  }
  const exact = last === 0;
  const extended = exact ? diagonal : Float64Array.of(...diagonal, t + (last * last) / pivot);
  const coupling = exact ? offDiagonal : Float64Array.of(...offDiagonal, last);
  const { values, first } = tridiagonalEigen(extended, coupling, "ends");
  const size = Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]), Math.abs(t));
  // The node at t is the nearest one, and carries rounding; an exact rule need not have one.
  let node = -1;
  if (!exact) {
    node = 0;
    for (let i = 1; i < values.length; i++) if (Math.abs(values[i] - t) < Math.abs(values[node] - t)) node = i;
  }
  let lower = 0;
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = first[i] * first[i];
    if (i === node || Math.abs(values[i] - t) <= NODE_ROUNDING * size) at += weight;
    else if (values[i] < t) lower += weight;
  }
  return { lower, upper: Math.min(1, lower + (exact ? 0 : at)) };
}

/** The share s for which the mean of K masses Beta(sd/2, (1 − s)d/2) lies below x with probability p. */
function proportionFor(x: number, p: number, d: number, probes: number): number {
  if (x <= 0 && p > 0.5) return 0;
  if (x >= 1 && p < 0.5) return 1;
  // Beta with the mean s and variance s(1 − s)/(K(d/2 + 1)) of the mean of K.
  const mass = probes * (d / 2 + 1) - 1;
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const s = (low + high) / 2;
    if (betaI(Math.min(Math.max(x, 1e-300), 1 - 1e-16), mass * s, mass * (1 - s)) > p) low = s;
    else high = s;
  }
  return (low + high) / 2;
}

/**
 * tr f(A) from the quadrature of the measure, with its interval: f = λ² gives ‖A‖²_F, log λ the
 * log-determinant, 1/(λ + c) an effective dimension.
 *
 * The variance of one probe is 2d²/(d+2) (mean f² − (mean f)²), and both means come from the same
 * quadrature. Where f has one sign the law is taken as χ² (Satterthwaite 1946), else as normal. The interval covers sampling; the quadrature is exact for polynomials of degree 2m − 1 and
 * converges geometrically for f analytic on the spectrum. For a step, use `shareBelow`.
 */
export function traceOfFunction(measure: SpectralMeasure, f: (x: number) => number, confidence: number): FunctionTrace {
  const { dimension, exact, quadratures } = measure;
  const known = exact.reduce((sum, x) => sum + f(x), 0);
  const d = dimension - exact.length;
  const rules = quadratures.map(nodesOf);
  const { mean, standardError } = meanOf(rules, f, d);
  const value = known + d * mean;
  const error = d * standardError;
  const [below, above] = signedInterval(
    d * mean,
    error,
    rules.every(({ nodes }) => nodes.every((x) => Math.sign(f(x)) * Math.sign(mean) >= 0)),
    confidence,
  );
  return {
    value,
    standardError: error,
    method:
      quadratures.length === 0 ? "exact spectrum" : `stochastic Lanczos quadrature (${quadratures.length} probes)`,
    interval: { lower: known + below, upper: known + above, confidence },
  };
}

/** The interval of a form: of one sign, by χ²; of both, normal. */
function signedInterval(mean: number, error: number, oneSign: boolean, confidence: number): [number, number] {
  if (oneSign && mean !== 0) {
    const [low, high] = positiveFormInterval(Math.abs(mean), error, confidence);
    return mean > 0 ? [low, high] : [-high, -low];
  }
  const width = normalQuantile(0.5 + confidence / 2) * error;
  return [mean - width, mean + width];
}

interface Rule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Mean over the spectrum of f, and the standard error of that mean over the probes. */
function meanOf(rules: readonly Rule[], f: (x: number) => number, d: number): { mean: number; standardError: number } {
  if (rules.length === 0) return { mean: 0, standardError: 0 };
  let mean = 0;
  let square = 0;
  for (const { nodes, weights } of rules) {
    for (let j = 0; j < nodes.length; j++) {
      const y = f(nodes[j]);
      mean += (weights[j] * y) / rules.length;
      square += (weights[j] * y * y) / rules.length;
    }
  }
  const variance = (2 / (d + 2)) * Math.max(0, square - mean * mean);
  return { mean, standardError: Math.sqrt(variance / rules.length) };
}

export interface CurveOptions {
  readonly confidence: number;
  readonly points: number;
  readonly width?: number;
}

/**
 * The measure smoothed by a Gaussian, φ_σ(t) = (1/n) Σ g_σ(t − λᵢ), on an even grid from 4σ below the
 * least node to 4σ above the greatest.
 *
 * Default σ = 2R/m, R half the spread of the nodes: Gauss quadrature with m nodes integrates polynomials
 * of degree 2m − 1, whose error for a Gaussian of width σ is about exp(−(2mσ/R)²/2) = exp(−8) of its height.
 * The band is pointwise, for φ_σ. A value φ is a positive quadratic form, so its law is near that of
 * χ²_ν φ/ν with the ν of its mean and variance (Satterthwaite 1946).
 */
export function densityOnGrid(measure: SpectralMeasure, options: CurveOptions): DensityCurve {
  const { dimension, exact, quadratures } = measure;
  const rules = quadratures.map(nodesOf);
  const d = dimension - exact.length;
  let lowest = Math.min(minOf(exact), minOf(rules.map((rule) => rule.nodes[0])));
  let highest = Math.max(maxOf(exact), maxOf(rules.map((rule) => rule.nodes[rule.nodes.length - 1])));
  if (!Number.isFinite(lowest)) lowest = highest = 0;
  const steps =
    rules.length > 0 ? maxOf(rules.map((rule) => rule.nodes.length)) : Math.max(20, 2 * Math.sqrt(dimension));
  const spread = highest - lowest;
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const fallback = spread > 1e-12 * size ? spread / steps : size > 0 ? 1e-3 * size : 1e-3;
  const width = options.width ?? fallback;

  const points = Math.max(2, options.points);
  const start = lowest - 4 * width;
  const spacing = (highest + 4 * width - start) / (points - 1);
  const grid = Float64Array.from({ length: points }, (_, i) => start + i * spacing);
  const density = new Float64Array(points);
  const lower = new Float64Array(points);
  const upper = new Float64Array(points);
  const height = 1 / (width * Math.sqrt(2 * Math.PI));
  grid.forEach((t, i) => {
    const kernel = (x: number): number => height * Math.exp(-0.5 * ((t - x) / width) ** 2);
    const known = exact.reduce((sum, x) => sum + kernel(x), 0) / dimension;
    const { mean, standardError } = meanOf(rules, kernel, d);
    const sampled = (d / dimension) * mean;
    const [below, above] = positiveFormInterval(sampled, (d / dimension) * standardError, options.confidence);
    density[i] = known + sampled;
    lower[i] = known + below;
    // However little the probes say where there is next to nothing: no more than all that was sampled lies at t.
    upper[i] = known + Math.min(above, (height * d) / dimension);
  });
  return {
    grid,
    density,
    lower,
    upper,
    width,
    confidence: options.confidence,
    range: { lower: lowest, upper: highest },
  };
}

/** The interval of a positive mean m with standard error s: m ν/χ²_ν quantiles, ν = 2(m/s)². */
function positiveFormInterval(mean: number, standardError: number, confidence: number): [number, number] {
  if (standardError === 0 || mean <= 0) return [mean, mean];
  const degrees = 2 * (mean / standardError) ** 2;
  const tail = (1 - confidence) / 2;
  if (degrees < 0.02) return [0, Number.POSITIVE_INFINITY];
  return [
    (mean * degrees) / quickChiSquareQuantile(1 - tail, degrees),
    (mean * degrees) / quickChiSquareQuantile(tail, degrees),
  ];
}
