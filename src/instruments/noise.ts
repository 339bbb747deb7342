import { z } from "zod";
import { exactEstimate } from "../estimators/estimate.ts";
import { estimateTrace } from "../estimators/trace.ts";
import { sphereProbe } from "../estimators/probe.ts";
import { orthogonalize } from "../linalg/multi-vector.ts";
import { dot, norm2 } from "../linalg/vector.ts";
import { normalQuantile } from "../linalg/distributions.ts";
import type { NoisePart } from "../result/profile-result.ts";
import { tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { formatEstimate, formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";
import type { Measurement } from "./measurement.ts";
import { eigenvalueReading, estimateReading, percent, range, type Reading } from "./reading.ts";

const parameters = z.object({
  noiseTop: z.number().int().min(1).default(5).describe("how many of the largest eigenvalues of the gradient noise"),
  noiseProbes: z.number().int().min(2).default(24).describe("random probes for the alignment of noise and curvature"),
});

/**
 * tr(ΣH), ‖Σ‖F and their cosine with ‖H‖F. The leading eigenvectors of Σ are taken out and known, the
 * rest is sampled: tr(ΣH) = Σₖ σₖ uₖᵀHuₖ + E zᵀPΣPHz, z in the complement. Two products a probe.
 */
async function alignment(
  measurement: Measurement,
  known: number,
  probes: number,
  frobenius: number | undefined,
): Promise<NonNullable<NoisePart["alignment"]>> {
  const { hessian, noiseCovariance, random, problem } = measurement;
  const before = measurement.products;
  const { top } = await measurement.noiseExtremes(known);
  const pairs = top.flatMap(({ value, vector }) => (vector ? [{ value, vector }] : []));
  const vectors = pairs.map(({ vector }) => vector);
  const curved = await hessian.apply(vectors);
  const knownProduct = pairs.reduce((sum, { value, vector }, k) => sum + value * dot(vector, curved[k]), 0);
  const knownSquare = pairs.reduce((sum, { value }) => sum + value ** 2, 0);
  const hessianKnown = curved.reduce((sum, image) => sum + dot(image, image), 0);
  const dimension = problem.space.dimension;
  // Nothing is left to sample where the eigenvectors span the space.
  const count = dimension > vectors.length ? probes : 0;
  const z = Array.from({ length: count }, (_, i) => sphereProbe(random.split(`alignment ${i}`), dimension, vectors));
  const noisy = count > 0 ? await noiseCovariance.apply(z) : [];
  for (const image of noisy) orthogonalize(vectors, image);
  const bent = count > 0 ? await hessian.apply(z) : [];
  const samples = z.map((_, i) => ({
    product: dot(noisy[i], bent[i]),
    square: dot(noisy[i], noisy[i]),
    hessian: dot(bent[i], bent[i]),
    trace: dot(z[i], noisy[i]),
  }));
  const mean = (f: (sample: (typeof samples)[number]) => number, without = -1) =>
    samples.reduce((sum, sample, i) => (i === without ? sum : sum + f(sample)), 0) /
    Math.max(1, samples.length - (without < 0 ? 0 : 1));
  const cosineOf = (without = -1) => {
    const size = frobenius ?? Math.sqrt(hessianKnown + mean((s) => s.hessian, without));
    return (
      (knownProduct + mean((s) => s.product, without)) /
      (size * Math.sqrt(knownSquare + mean((s) => s.square, without)))
    );
  };
  // Jackknife over the probes.
  const left = samples.map((_, i) => cosineOf(i));
  const centre = left.reduce((sum, x) => sum + x, 0) / left.length;
  const spread = left.reduce((sum, x) => sum + (x - centre) ** 2, 0);
  const standardError = count > 0 ? Math.sqrt(((count - 1) / count) * spread) : 0;
  const trace = pairs.reduce((sum, { value }) => sum + value, 0) + mean((s) => s.trace);
  const sharp = (await measurement.extremes()).top.flatMap(({ vector }) => (vector ? [vector] : []));
  const k = Math.min(sharp.length, vectors.length);
  let overlap = 0;
  for (const u of vectors.slice(0, k)) for (const v of sharp.slice(0, k)) overlap += dot(u, v) ** 2;
  return {
    cosine: { value: cosineOf(), standardError, products: measurement.products - before },
    curvatureAlongNoise: (knownProduct + mean((s) => s.product)) / trace,
    subspaceOverlap: overlap / k,
    subspaceDimension: k,
  };
}

/**
 * tr Σ/‖g‖² with the error that n examples leave in it, by the influence function of the ratio; null where
 * the gradient is zero: no batch, however large, is then less noise than gradient.
 */
export function criticalBatchSize(
  squares: Float64Array,
  alongGradient: Float64Array,
  gradientSquare: number,
  confidence: number,
  rounding = 0,
): NoisePart["criticalBatchSize"] {
  if (gradientSquare === 0) return null;
  const n = squares.length;
  const mean = squares.reduce((sum, x) => sum + x, 0) / n;
  const trace = mean - gradientSquare > rounding ? mean - gradientSquare : 0;
  const value = trace / gradientSquare;
  let variance = 0;
  for (let i = 0; i < n; i++) {
    const influence =
      (squares[i] - mean) / gradientSquare - ((2 * mean) / gradientSquare ** 2) * (alongGradient[i] - gradientSquare);
    variance += influence ** 2 / n;
  }
  const standardError = Math.sqrt(variance / n);
  // A positive ratio: the interval is symmetric on the logarithmic scale. Without noise there is none to scale.
  const factor = value > 0 ? Math.exp((normalQuantile(0.5 + confidence / 2) * standardError) / value) : 1;
  const unbiasedTrace = n > 1 ? (trace * n) / (n - 1) : Number.NaN;
  const unbiasedSquare = gradientSquare - unbiasedTrace / n;
  return {
    value,
    standardError,
    interval: { lower: value / factor, upper: value * factor, confidence },
    population: unbiasedSquare > 0 ? unbiasedTrace / unbiasedSquare : Number.POSITIVE_INFINITY,
  };
}

/** The critical batch size as a line of the section; the report's key numbers show the same. */
export function criticalBatchReading(size: NoisePart["criticalBatchSize"]): Reading {
  const about = { label: "Critical batch size", symbol: String.raw`\operatorname{tr}\Sigma / \|\nabla L\|^2` };
  if (size === null) return { ...about, value: formatNumber(null), note: "none: the gradient is zero" };
  const population = Number.isFinite(size.population)
    ? formatNumber(size.population, 3)
    : "∞, the gradient may be zero for the population";
  return {
    ...about,
    value: formatEstimate(size.value, size.standardError),
    note: `${percent(size.interval.confidence)} interval ${range(size.interval)}; with the bias of ‖∇L‖² removed: ${population}`,
  };
}

/** Probes of the two attempts to find the trace of Σ by products. */
const TRACE_PROBES = [24, 96];

/**
 * The trace from the examples' norms must lie in the 99.9 % interval of an estimate from products of Σ,
 * which are computed in another way. One estimate in a thousand misses by chance (up to one in 300 where
 * Σ has rank one, by χ² with 24 degrees of freedom); so a miss is followed by another estimate from four
 * times as many probes of its own, and only two misses in a row, of less than one run in 10⁵, are an error.
 * Beside the interval, 1 ‰ and the rounding of zᵀΣz are allowed.
 */
async function requireSameTrace(measurement: Measurement, trace: number, rounding: number): Promise<void> {
  const { noiseCovariance, random, context } = measurement;
  const allowance = 1e-3 * trace + Math.sqrt(noiseCovariance.dimension) * rounding;
  let found = "";
  for (const maxProducts of TRACE_PROBES) {
    const { interval } = await estimateTrace(
      noiseCovariance,
      { tolerance: 0.25, maxProducts, confidence: 0.999 },
      random.split(`noise trace ${maxProducts}`),
      context,
    );
    if (trace >= interval.lower - allowance && trace <= interval.upper + allowance) return;
    found = range(interval);
  }
  throw new ThalwegError({
    kind: "check",
    code: "noise-trace-disagrees",
    message: `Two ways to the trace of the gradient noise disagree: ${formatNumber(trace)} from the examples' norms, ${found} from products.`,
  });
}

export const noiseInstrument = defineInstrument({
  name: "noise",
  title: "Gradient noise",
  parameters,
  notFor: (problem) => (problem.examples < 2 ? "One example has no gradient noise." : undefined),
  needs: ["extreme eigenpairs", "Hessian matrix"],
  cost: (problem, { noiseTop, noiseProbes }) => 40 + 12 * noiseTop + 2 * noiseProbes + Math.min(20, problem.examples),
  run: async (measurement, { noiseTop, noiseProbes }) => {
    const { confidence } = measurement;
    const before = measurement.products;
    const { squares, alongGradient } = await measurement.exampleNorms();
    const gradient = await measurement.dataGradient();
    const gradientSquare = dot(gradient, gradient);
    const n = squares.length;
    // The mean of gᵢᵀg is ‖g‖² unless an example's gradient depends on its batch.
    const mean = alongGradient.reduce((sum, x) => sum + x, 0) / n;
    const perExample = squares.reduce((sum, x) => sum + x, 0) / n;
    if (Math.abs(mean - gradientSquare) > 1e-2 * Math.max(gradientSquare, Math.sqrt(gradientSquare * perExample))) {
      throw new ThalwegError({
        kind: "check",
        code: "examples-depend-on-batch",
        message:
          "The examples' gradients do not average to the gradient: an example's loss depends on the others of its batch.",
        hint: "Batch statistics do this; use BatchNormalization in inference form.",
      });
    }
    const { top, converged } = await measurement.noiseExtremes(noiseTop);
    const { value, rounding } = await measurement.noiseTrace();
    const trace = exactEstimate(value, rounding, 0, "exact, from every example's gradient norm", confidence);
    await requireSameTrace(measurement, value, rounding);
    const dense = await measurement.dense();
    const sorted = squares.toSorted();
    const total = sorted.reduce((sum, x) => sum + x, 0);
    const tenth = Math.floor(n / 10);
    const aligned =
      trace.value > 0 ? await alignment(measurement, noiseTop, noiseProbes, dense && norm2(dense.values)) : null;
    return {
      parts: {
        noise: {
          method: "per-example gradients, each differentiated alone",
          trace: { ...trace, products: measurement.products - before },
          top: top.map(({ value, residual }) => ({ value, residual })),
          criticalBatchSize: criticalBatchSize(squares, alongGradient, gradientSquare, confidence, rounding),
          effectiveDirections: top[0].value > 0 ? trace.value / top[0].value : null,
          alignment: aligned,
          norms: {
            array: measurement.arrays.keep(
              "noise.example_gradient_norms",
              tensor("float64", [n], squares.map(Math.sqrt)),
            ),
            median: Math.sqrt(sorted[Math.floor(n / 2)]),
            largest: Math.sqrt(sorted[n - 1]),
            // Of fewer than ten examples there is no tenth.
            shareOfTopTenth:
              tenth > 0 && total > 0 ? sorted.slice(n - tenth).reduce((sum, x) => sum + x, 0) / total : Number.NaN,
          },
        },
      },
      converged,
      reason: converged ? undefined : "The eigenvalues of the noise did not reach the tolerance within the budget.",
    };
  },
  readings: ({ noise }) =>
    noise === null
      ? []
      : [
          estimateReading("Total noise", String.raw`\operatorname{tr}\Sigma`, noise.trace),
          criticalBatchReading(noise.criticalBatchSize),
          eigenvalueReading("Strongest direction", String.raw`\lambda_{\max}(\Sigma)`, noise.top?.[0]),
          {
            label: "Directions it fills",
            symbol: String.raw`\operatorname{tr}\Sigma/\lambda_{\max}(\Sigma)`,
            value: formatNumber(noise.effectiveDirections, 3),
          },
          noise.alignment === null
            ? undefined
            : {
                label: "Alignment with curvature",
                symbol: String.raw`\frac{\operatorname{tr}(\Sigma H)}{\|\Sigma\|_F \|H\|_F}`,
                value: formatEstimate(noise.alignment.cosine.value, noise.alignment.cosine.standardError),
                note: "1: noise has the shape of the curvature; 0: no relation",
              },
          noise.alignment === null
            ? undefined
            : {
                label: "Shared leading subspace",
                value: formatShare(noise.alignment.subspaceOverlap),
                note: `overlap of the ${noise.alignment.subspaceDimension} leading eigenvectors of Σ and of H`,
              },
          noise.norms === null || Number.isNaN(noise.norms.shareOfTopTenth)
            ? undefined
            : {
                label: "Carried by a tenth of the examples",
                value: formatShare(noise.norms.shareOfTopTenth),
                note: "share of the sum of squared gradient lengths",
              },
        ],
  measures:
    "Σ, the covariance of the gradients of single examples: its trace, its largest eigenvalues, how it lies to the Hessian, and tr Σ / ‖g‖², the batch size at which noise and gradient are equally long.",
  means: ({ noise }) => {
    if (!noise) return "";
    const { criticalBatchSize: size, norms, alignment: to } = noise;
    return `${
      size === null
        ? "There is no critical batch size: the gradient is zero, so no batch makes the noise as short as it."
        : `At a batch of ${formatMeasured(size.value, size.standardError)} examples (95 %: ${formatMeasured(size.interval.lower)} to ${formatMeasured(size.interval.upper)}) the noise of a batch is as long as the gradient: below it, doubling the batch nearly doubles the progress of a step; far above it, it gains little.`
    } ${
      norms && !Number.isNaN(norms.shareOfTopTenth)
        ? `A tenth of the examples carries ${formatShare(norms.shareOfTopTenth)} of the squared gradient length. `
        : ""
    }${to ? `A step along the noise meets a curvature of ${formatMeasured(to.curvatureAlongNoise)} on average (cosine of Σ and H: ${formatMeasured(to.cosine.value, to.cosine.standardError)}).` : ""}`;
  },
  doesNotMean:
    "The simple noise scale ignores curvature, and it is that of this point: it grows as training goes on, without bound near a minimum. It is no advice for the whole run. Noise equals curvature only for a well-specified likelihood at its optimum.",
  tryNext:
    "Profile earlier checkpoints too, and choose the batch size from the range that they span. The examples with the largest gradients are worth a look: mislabelled ones gather there.",
  verdicts: ({ noise }) =>
    noise?.norms && noise.norms.shareOfTopTenth > 0.9
      ? [
          {
            level: "note",
            text: `A tenth of the examples carries ${formatShare(noise.norms.shareOfTopTenth)} of the squared gradient lengths: look at them for wrong labels.`,
          },
        ]
      : [],
});
