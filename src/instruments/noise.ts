import { z } from "zod";
import { exactEstimate, type Eigenvalue } from "../estimators/estimate.ts";
import { dot } from "../linalg/vector.ts";
import type { Reading } from "../result/section.ts";
import { tensor } from "../util/tensor.ts";
import { formatBound, formatEstimate, formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { defineInstrument } from "./instrument.ts";
import { noisePart, type NoisePart } from "./noise/noise-part.ts";
import { noiseProofs } from "./noise/noise-proofs.ts";
import { noiseSpectrum } from "./noise/noise-spectrum.ts";
import { needsSingleExamples } from "../quantities/single-examples.ts";
import { exactly } from "./judge-verdict.ts";
import { exampleNorms } from "../quantities/example-norms.ts";
import { gradientSample } from "../quantities/gradient-sample.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { noiseAlignment } from "../quantities/noise-alignment.ts";
import { noiseCovarianceOperator } from "../quantities/noise-covariance-operator.ts";
import { noiseExtremes } from "../quantities/noise-extremes.ts";
import { noiseTrace } from "../quantities/noise-trace.ts";
import { aboutCounts, countedUnequallyIn } from "../quantities/counted-unequally.ts";
import { aboutSum, summedOverIn, timesSum } from "../quantities/summed-over.ts";
import type { Desk } from "../quantities/desk.ts";
import { criticalBatchSize } from "./noise/critical-batch-size.ts";
import { pairsCheck } from "./pairs-check.ts";
import { eigenvalueReading, estimateReading, percent, range } from "./reading.ts";

/** Of the largest eigenvalue: a smaller one is no more than the rounding of the products. */
const NOTHING = 1e-12;

/** The eigenvectors of eigenvalues that are told from 0: those of the null space are any, and span nothing of the matrix. */
function directionsIn(pairs: readonly Eigenvalue[]): Float64Array[] {
  return pairs.flatMap(({ value, residual, vector }) =>
    vector && Math.abs(value) > Math.max(residual, NOTHING * Math.abs(pairs[0].value)) ? [vector] : [],
  );
}

/** The mean curvature along the noise and the overlap of the leading eigenvectors, beside the cosine. */
async function alignment(desk: Desk): Promise<NoisePart["alignment"]> {
  const found = await desk.get(noiseAlignment);
  const { scale } = await desk.get(hessianExtremes);
  // A Hessian that is zero lies to nothing.
  if (!found || scale === 0) return null;
  const { cosine, product, products } = found;
  const { value: trace, rounding } = await desk.get(noiseTrace);
  const noisy = directionsIn((await desk.get(noiseExtremes)).top);
  const sharp = directionsIn((await desk.get(hessianExtremes)).top);
  const k = Math.min(sharp.length, noisy.length);
  let overlap = 0;
  for (const u of noisy.slice(0, k)) for (const v of sharp.slice(0, k)) overlap += dot(u, v) ** 2;
  const along = product.value / trace;
  return {
    cosine: { ...cosine, products },
    curvatureAlongNoise: along,
    curvatureAlongNoiseError: (product.standardError + product.rounding + Math.abs(along) * rounding) / trace,
    subspaceOverlap: k > 0 ? overlap / k : null,
    subspaceDimension: k,
  };
}

/** The critical batch size, or why there is none. */
async function criticalBatch(desk: Desk): Promise<Pick<NoisePart, "criticalBatchSize" | "noCriticalBatchSize">> {
  const sample = await desk.get(gradientSample);
  const none = (reason: string) => ({ criticalBatchSize: null, noCriticalBatchSize: reason });
  if (!sample) {
    const { meanSquare, rounding } = await desk.get(noiseTrace);
    return none(
      meanSquare <= rounding
        ? "the examples' gradients are below the rounding of their computation"
        : "the examples' gradients agree up to rounding: there is no noise",
    );
  }
  if (sample.meanSquare <= sample.rounding ** 2) return none("the gradient is zero up to rounding");
  return { criticalBatchSize: criticalBatchSize(sample, desk.confidence), noCriticalBatchSize: null };
}

function totalReading({ trace, summedOver }: NoisePart): Reading {
  const reading = estimateReading("Total noise", String.raw`\operatorname{tr}\Sigma`, trace);
  return summedOver === null
    ? reading
    : { ...reading, note: `${reading.note}; of single examples' gradients${timesSum(summedOver)}` };
}

/** The critical batch size, or why there is none. */
function criticalBatchReading({ criticalBatchSize: size, noCriticalBatchSize: reason }: NoisePart): Reading {
  const about = {
    label: "Critical batch size",
    symbol: String.raw`\operatorname{tr}\Sigma / \|\nabla L\|^2`,
    key: {
      label: "Critical batch size",
      ...(size !== null && { number: { value: size.value, error: size.standardError } }),
    },
  };
  if (size === null) return { ...about, value: formatNumber(null), note: `none: ${reason ?? "the gradient is zero"}` };
  const { value, standardError, interval, sample } = size;
  const confidence = `${percent(interval.confidence)} interval`;
  // As 0.1.0 wrote it.
  if (size.about === null)
    return { ...about, value: formatEstimate(value, standardError), note: `${confidence} ${range(interval)}` };
  const own = `of these examples alone: ${formatNumber(sample, 3)}`;
  if (size.about === "sample")
    return {
      ...about,
      value: formatNumber(value, 3),
      note: "of these examples alone: the gradient is shorter than examples the weights had not seen would leave it, so it tells nothing of others",
    };
  if (Number.isFinite(interval.upper))
    return {
      ...about,
      value: formatEstimate(value, standardError),
      note: `${confidence} ${range(interval)}, unless the weights were fitted to these examples; ${own}`,
    };
  return {
    ...about,
    value: interval.lower > 0 ? `≥ ${formatBound(interval.lower, 2, "least")}` : formatNumber(null),
    note:
      interval.lower > 0
        ? `${percent(interval.confidence)} bound, unless the weights were fitted to these examples: a gradient of length zero is not ruled out; ${own}`
        : `too few examples, for how far their gradients differ in length, for an interval; ${own}`,
  };
}

/** Of fewer than ten examples there is no tenth: null, and NaN in results of 0.1.0. */
function hasTenth<N extends NonNullable<NoisePart["norms"]>>(
  norms: N | null | undefined,
): norms is N & { readonly shareOfTopTenth: number } {
  return norms?.shareOfTopTenth !== null && Number.isFinite(norms?.shareOfTopTenth);
}

export const noiseInstrument = defineInstrument({
  name: "noise",
  title: "Gradient noise",
  part: noisePart,
  reads: [eigenvaluesPart],
  figures: [noiseSpectrum],
  parameters: z.object({}),
  notFor: (problem) =>
    needsSingleExamples(problem) ??
    (problem.point.sample.contributing().length < 2 ? "One example has no gradient noise." : undefined),
  needs: [hessianExtremes, exampleNorms, noiseProofs, noiseTrace, noiseExtremes, noiseAlignment, gradientSample],
  // What proves the eigenvalues.
  cost: () => 1,
  run: async (desk) => {
    const { confidence } = desk;
    const { squares } = await desk.get(exampleNorms);
    const n = squares.length;
    const { products } = await desk.get(noiseProofs);
    const found = await desk.get(noiseExtremes);
    const { converged } = found;
    const top = found.top.map(({ value, residual }) => ({ value, residual }));
    const matrix = {
      name: "noise-eigenvalues",
      title: "the covariance of the examples' gradients",
      operator: desk.operator(noiseCovarianceOperator),
    };
    desk.checks.push(await pairsCheck(matrix, { top }, found, desk.random.split("proof of the noise")));
    const { value, rounding, meanSquare } = await desk.get(noiseTrace);
    const trace = exactEstimate(value, rounding, 0, "exact, from every example's gradient norm", confidence);
    const sorted = squares.toSorted();
    const total = sorted.reduce((sum, x) => sum + x, 0);
    const tenth = Math.floor(n / 10);
    return {
      parts: {
        noise: {
          method: "per-example gradients, each differentiated alone",
          summedOver: summedOverIn(desk),
          countedUnequally: countedUnequallyIn(desk),
          trace: { ...trace, products },
          top,
          ...(await criticalBatch(desk)),
          // Noise that is 0 up to rounding fills nothing that could be counted.
          effectiveDirections: top[0].value > 0 && trace.value > 0 ? trace.value / top[0].value : null,
          alignment: await alignment(desk),
          norms: {
            array: desk.arrays.keep("noise.example_gradient_norms", tensor("float64", [n], squares.map(Math.sqrt))),
            median: (Math.sqrt(sorted[Math.floor((n - 1) / 2)]) + Math.sqrt(sorted[Math.floor(n / 2)])) / 2,
            largest: Math.sqrt(sorted[n - 1]),
            // Of fewer than ten examples there is no tenth, and of gradients that are rounding no share.
            shareOfTopTenth:
              tenth > 0 && total > 0 && meanSquare > rounding
                ? sorted.slice(n - tenth).reduce((sum, x) => sum + x, 0) / total
                : null,
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
          totalReading(noise),
          criticalBatchReading(noise),
          eigenvalueReading("Strongest direction", String.raw`\lambda_{\max}(\Sigma)`, noise.top?.[0]),
          {
            label: "Directions it fills",
            symbol: String.raw`\operatorname{tr}\Sigma/\lambda_{\max}(\Sigma)`,
            value: formatEstimate(noise.effectiveDirections, directionsError(noise)),
            note: "± what the Ritz residual of the eigenvalue and the rounding of the trace leave",
          },
          noise.alignment === null
            ? undefined
            : {
                label: "Alignment with curvature",
                symbol: String.raw`\frac{\operatorname{tr}(\Sigma H)}{\|\Sigma\|_F \|H\|_F}`,
                value: formatEstimate(noise.alignment.cosine.value, noise.alignment.cosine.standardError),
                note: `${noise.alignment.cosine.interval ? `${percent(noise.alignment.cosine.interval.confidence)} interval ${range(noise.alignment.cosine.interval)}; ` : ""}1: noise has the shape of the curvature; 0: no relation`,
              },
          noise.alignment === null
            ? undefined
            : {
                label: "Shared leading subspace",
                value: formatShare(noise.alignment.subspaceOverlap),
                note: `overlap of the ${noise.alignment.subspaceDimension} leading eigenvectors of Σ and of H, as far as their Ritz vectors have converged`,
              },
          !hasTenth(noise.norms)
            ? undefined
            : {
                label: "Carried by a tenth of the examples",
                value: formatShare(noise.norms.shareOfTopTenth),
                note: "share of the sum of squared gradient lengths; exact, of these examples",
              },
        ],
  measures:
    "Σ, the covariance of the gradients of single examples: its trace, its largest eigenvalues, how it lies to the Hessian, and tr Σ / ‖g‖², the batch size at which noise and gradient are equally long.",
  means: ({ noise }) => {
    if (!noise) return "";
    const { norms, alignment: to } = noise;
    return `${meaningOf(noise)}${aboutSum(noise.summedOver)}${aboutCounts(noise.countedUnequally)} ${
      hasTenth(norms)
        ? `A tenth of the examples carries ${formatShare(norms.shareOfTopTenth)} of the squared gradient length. `
        : ""
    }${to ? `A step along the noise meets a curvature of ${formatMeasured(to.curvatureAlongNoise, to.curvatureAlongNoiseError)} on average (cosine of Σ and H: ${formatMeasured(to.cosine.value, to.cosine.standardError)}).` : ""}`;
  },
  doesNotMean:
    "The simple noise scale ignores curvature, and it is that of this point: on the data that a network is trained on it grows as the gradient shrinks, and where the gradient is zero there is none. An interval speaks of examples that the weights have never seen, and not of kinds of examples that are too rare to be among these. It is no advice for the whole run. Noise equals curvature only for a well-specified likelihood at its optimum.",
  tryNext:
    "Profile earlier checkpoints too, and choose the batch size from the range that they span. Give data that the weights were not fitted to, where the number is meant for the population.",
  verdicts: ({ noise, accuracy }) =>
    hasTenth(noise?.norms) && noise.norms.shareOfTopTenth > 0.9
      ? [
          {
            asks: "whether few examples carry the noise",
            decidedBy: "",
            claims: [
              {
                level: "note",
                rests: [
                  { ground: exactly("the share of a tenth of the examples", noise.norms.shareOfTopTenth), above: 0.9 },
                ],
                text: `A tenth of the examples carries ${formatShare(noise.norms.shareOfTopTenth)} of the squared gradient lengths${
                  accuracy === 1
                    ? ": those nearest to the boundary between classes, for every example is predicted right."
                    : ": look at them first, wrong labels are among such examples."
                }`,
              },
            ],
          },
        ]
      : [],
});

/** What the residual of λmax(Σ) and the rounding of tr Σ leave of tr Σ/λmax(Σ). */
function directionsError({ effectiveDirections, top, trace }: NoisePart): number | null {
  const [first] = top ?? [];
  if (!effectiveDirections || !first) return null;
  return effectiveDirections * (first.residual / first.value + (trace.rounding ?? 0) / trace.value);
}

function meaningOf({ criticalBatchSize: size, noCriticalBatchSize: reason }: NoisePart): string {
  if (size === null) return `There is no critical batch size: ${reason ?? "the gradient is zero"}.`;
  const { value, standardError, interval, about } = size;
  const gain =
    "Well below that size, doubling the batch nearly doubles the progress of a step; at it, a doubling gains a third; far above it, little.";
  if (about === "sample")
    return `For these examples alone, a batch of ${formatMeasured(value)} has noise as long as the gradient. The gradient is shorter than examples the weights had not seen would leave it: the weights were fitted to these, and of others nothing follows. ${gain}`;
  const among = `${percent(interval.confidence)}, unless the weights were fitted to these examples`;
  if (Number.isFinite(interval.upper))
    return `At a batch of ${formatMeasured(value, standardError)} examples (${among}: ${formatMeasured(interval.lower)} to ${formatMeasured(interval.upper)}) the noise of a batch is as long as the gradient. ${gain}`;
  return interval.lower > 0
    ? `The noise of a batch is as long as the gradient at no fewer than ${formatNumber(interval.lower, 2)} examples (${among}); a gradient of length zero is not ruled out, and there is no upper bound. ${gain}`
    : "There are too few examples, for how far their gradients differ in length, to bound the critical batch size.";
}
