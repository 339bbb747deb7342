import { z } from "zod";
import { spectralDensity } from "../estimators/spectral-density.ts";
import {
  densityOnGrid,
  nodesOf,
  shareBelow,
  shareWithin,
  type DensityCurve,
  type Share,
  type SpectralMeasure,
} from "../estimators/spectral-measure.ts";
import { productRounding, roundoff } from "../estimators/products.ts";
import { norm2 } from "../linalg/vector.ts";
import { tensor } from "../util/tensor.ts";
import { formatBound, formatEstimate, formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { attributionPart } from "./attribution/attribution-part.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { defineInstrument } from "./instrument.ts";
import { conditionOf } from "./spectrum/condition-of.ts";
import { spectralDensity as spectralDensityFigure } from "./spectrum/spectral-density.ts";
import { spectrumPart, type NegativeShare } from "./spectrum/spectrum-part.ts";
import { within } from "./judge-verdict.ts";
import { denseHessian, type DenseHessian } from "../quantities/dense-hessian.ts";
import { isSmall } from "../quantities/hessian-matrix.ts";
import { hessianExtremes, pairsOf } from "../quantities/hessian-extremes.ts";
import { bytesOfVectors } from "../quantities/memory.ts";
import { hessianOperator } from "../quantities/hessian-operator.ts";
import type { Desk } from "../quantities/desk.ts";
import { percent, shareReading } from "./reading.ts";
import { maxOf, minOf } from "../util/extremes.ts";

const parameters = z.object({
  densitySteps: z.number().int().min(2).default(80).describe("Lanczos steps of each probe of the spectral density"),
  densityProbes: z.number().int().min(1).default(4).describe("random probes of the spectral density"),
});

/** Below this an eigenvalue has no sign: products and eigensolver round. */
async function thresholdOf(desk: Desk, scale: number, dense: DenseHessian | undefined): Promise<number> {
  const n = desk.problem.space.dimension;
  const measured = (await desk.operator(hessianOperator).rounding?.())?.norm ?? 0;
  const floor = Math.max(16 * roundoff(desk.problem.options) * scale, measured);
  // Each Lanczos step rounds as a product does.
  if (!dense) return Math.max(floor, productRounding(desk.operator(hessianOperator), scale));
  // The Householder reduction adds n roundings in float64, which are independent.
  const solver = 2 * Math.sqrt(n) * Number.EPSILON * scale;
  // Rounding that breaks the symmetry of the products is a random matrix: its norm is about 2‖E‖_F/√n.
  return Math.max(floor, solver, (2 * dense.asymmetry * norm2(dense.values)) / Math.sqrt(n));
}

/** Eigenpairs are taken for exact where their residual is below this share of the scale: a hundredth of a kernel's width. */
const KNOWN = 1e-4;

/** Half of an interval of a share beyond which its middle says nothing. */
const OPEN = 0.05;

/** Counts of a whole spectrum, where rounding moves no eigenvalue by more than half of the threshold. */
function countedShares(values: Float64Array, zero: number, confidence: number) {
  const n = values.length;
  const below = (t: number) => values.reduce((count, value) => (value < t ? count + 1 : count), 0) / n;
  const upTo = (t: number) => values.reduce((count, value) => (value <= t ? count + 1 : count), 0) / n;
  return {
    negative: {
      value: below(-zero),
      interval: { lower: below(-1.5 * zero), upper: below(-0.5 * zero), confidence },
    },
    zeros: {
      value: upTo(zero) - below(-zero),
      interval: {
        lower: upTo(0.5 * zero) - below(-0.5 * zero),
        upper: upTo(1.5 * zero) - below(-1.5 * zero),
        confidence,
      },
    },
  };
}

/** A share at the threshold, its interval widened to those at half of it and at one and a half. */
function moved(shareAt: (times: number) => Share): Share {
  const { value, interval } = shareAt(1);
  const all = [interval, shareAt(0.5).interval, shareAt(1.5).interval];
  const lower = minOf(all.map((each) => each.lower));
  const upper = maxOf(all.map((each) => each.upper));
  return { value, interval: { ...interval, lower, upper } };
}

/** The same by quadrature; what no product reaches is zero for certain. */
async function sampledShares(desk: Desk, measure: SpectralMeasure, zero: number) {
  const { confidence, random, problem } = desk;
  const hessian = desk.operator(hessianOperator);
  const n = problem.space.dimension;
  // Rounding moves no eigenvalue by more than half of the threshold.
  const negative = moved((t) => shareBelow(measure, -t * zero, confidence));
  const zeros = moved((t) => shareWithin(measure, t * zero, confidence));
  const probes = [0, 1].map((i) => random.split(`reached ${i}`).normalVector(n));
  const images = await hessian.apply(probes);
  // A row of H that is not zero meets a random vector in 0 with probability 0.
  const unreached = probes[0].filter((_, i) => images.every((image) => image[i] === 0)).length / n;
  const positive = measure.exact.filter((value) => value > zero).length / n;
  const most = 1 - unreached - positive;
  const cut = (share: Share, lower: number): Share => {
    const upper = Math.max(lower, Math.min(share.interval.upper, lower > 0 ? 1 - positive : most));
    const interval = { lower: Math.min(upper, Math.max(share.interval.lower, lower)), upper, confidence };
    return { value: Math.min(interval.upper, Math.max(interval.lower, share.value)), interval };
  };
  return { negative: cut(negative, 0), zeros: cut(zeros, unreached) };
}

function shareRange({ lower, upper }: { readonly lower: number; readonly upper: number }): string {
  return `${formatShare(lower)} to ${formatShare(upper)}`;
}

export const spectrumInstrument = defineInstrument({
  name: "spectrum",
  title: "Spectral density of the Hessian",
  part: spectrumPart,
  reads: [eigenvaluesPart, attributionPart],
  figures: [spectralDensityFigure],
  parameters,
  needs: [hessianExtremes, denseHessian],
  cost: (setting, { densitySteps, densityProbes }) => (isSmall(setting) ? 0 : densitySteps * densityProbes),
  // Each probe is kept orthogonal to all vectors before it.
  besides: (setting, { densitySteps, densityProbes }) =>
    isSmall(setting) ? {} : { projections: (densityProbes * densitySteps ** 2) / 2 },
  // All probes may be under way at once.
  bytes: (setting, { densitySteps, densityProbes }) =>
    isSmall(setting) ? 0 : bytesOfVectors(setting.problem.space.dimension, densitySteps * densityProbes),
  run: async (desk, { densitySteps: steps, densityProbes: probes }) => {
    const { confidence, problem, random } = desk;
    const hessian = desk.operator(hessianOperator);
    const n = problem.space.dimension;
    const extremes = await desk.get(hessianExtremes);
    const { top, scale } = extremes;
    const dense = await desk.get(denseHessian);
    let measure: SpectralMeasure;
    let curve: DensityCurve;
    let products = dense?.products ?? 0;
    let method = "exact: every eigenvalue of the whole matrix";
    let converged = true;
    if (dense) {
      measure = { dimension: n, exact: [...dense.values], quadratures: [] };
      curve = densityOnGrid(measure, { confidence, points: 400 });
    } else {
      const known = pairsOf(extremes, n, KNOWN * scale);
      const density = await spectralDensity(
        hessian,
        { probes, steps, confidence, known },
        random.split("density"),
        desk.stage("spectral density"),
      );
      ({ measure, products, method, converged } = density);
      curve = density;
    }
    const zero = await thresholdOf(desk, scale, dense);
    const { negative, zeros } = dense
      ? countedShares(dense.values, zero, confidence)
      : await sampledShares(desk, measure, zero);
    const halfWidth = ({ interval }: Share) => (interval.upper - interval.lower) / 2;
    const rules = measure.quadratures.map(nodesOf);
    const sampledMass = 1 - measure.exact.length / n;
    return {
      parts: {
        hessian: {
          density: {
            method,
            products,
            probes: measure.quadratures.length,
            steps: rules.length > 0 ? maxOf(rules.map(({ nodes }) => nodes.length)) : 0,
            width: curve.width,
            grid: [...curve.grid],
            density: [...curve.density],
            lower: [...curve.lower],
            upper: [...curve.upper],
            confidence,
            exact: dense !== undefined,
            nodes: dense
              ? []
              : [
                  ...measure.exact.map((value) => ({ value, weight: 1 / n })),
                  ...rules.flatMap(({ nodes, weights }) =>
                    Array.from(nodes, (value, i) => ({ value, weight: (sampledMass * weights[i]) / rules.length })),
                  ),
                ],
            eigenvalues: dense ? desk.arrays.keep("hessian.eigenvalues", tensor("float64", [n], dense.values)) : null,
            converged,
          },
          negativeShare: {
            ...negative,
            // The interval is of 95 %, so about four standard errors wide.
            standardError: dense ? 0 : halfWidth(negative) / 1.96,
            products,
            method,
            converged,
            threshold: zero,
            zeroShare: halfWidth(zeros) > OPEN ? null : zeros.value,
            zeroInterval: zeros.interval,
            negative: dense ? dense.values.filter((value) => value < -zero).length : null,
          },
          condition: conditionOf(dense?.values, top[0].value, zero),
        },
      },
      converged,
      reason: converged ? undefined : "Fewer probes or steps than asked for fitted into the budget.",
    };
  },
  readings: ({ hessian }) => [
    hessian.negativeShare === null ? undefined : shareReading("Share of negative eigenvalues", hessian.negativeShare),
    hessian.negativeShare === null
      ? undefined
      : {
          label: "Share of zeros",
          value: zerosText(hessian.negativeShare),
          note: `${hessian.negativeShare.zeroInterval ? `enclosed with at least ${percent(hessian.negativeShare.zeroInterval.confidence)}: ${shareRange(hessian.negativeShare.zeroInterval)}; ` : ""}eigenvalues within ± ${formatNumber(hessian.negativeShare.threshold, 1)}, the rounding of the products`,
        },
    hessian.condition === null
      ? undefined
      : {
          label: "Condition number",
          symbol: String.raw`\kappa`,
          value:
            hessian.condition.bound === "lower bound"
              ? `≥ ${formatBound(hessian.condition.value, 2, "least")}`
              : formatEstimate(hessian.condition.value, 0, hessian.condition.error ?? 0),
          note: `${hessian.condition.of}: ${formatNumber(hessian.condition.largest, 3)} over ${formatMeasured(hessian.condition.smallest, hessian.negativeShare?.threshold)}${hessian.condition.bound === "lower bound" ? "; those within it may be positive too" : ""}`,
        },
    hessian.density === null
      ? undefined
      : {
          label: "Width of the smoothing",
          symbol: String.raw`\sigma`,
          value: formatNumber(hessian.density.width, 2),
          note: hessian.density.exact
            ? "from the whole spectrum"
            : `${hessian.density.method}, ${hessian.density.probes} starts of ${hessian.density.steps} steps, ${hessian.density.products} products`,
        },
  ],
  measures:
    "How many eigenvalues lie where: the density of the spectrum, drawn with a Gaussian of the stated width, with a pointwise band; and the share of eigenvalues below zero by more than rounding.",
  means: ({ hessian }) => {
    const share = hessian?.negativeShare;
    const density = hessian?.density;
    if (!share || !density) return "";
    const { lower, upper } = share.interval;
    const interval = density.exact
      ? lower === upper
        ? "whatever the rounding"
        : `${formatShare(lower)} to ${formatShare(upper)}, as far as rounding tells`
      : `between ${formatShare(share.interval.lower)} and ${formatShare(share.interval.upper)}, with at least 95 % confidence`;
    return `${formatShare(share.value)} of the eigenvalues are negative (${interval}); ${zerosText(share)} are within ±${formatMeasured(share.threshold)} of zero, where rounding decides the sign. Trained classifiers often show a bulk at zero and outliers of about the number of classes; whether this one does, the figure tells.`;
  },
  doesNotMean:
    "The band is about the smoothed curve at each point. A count of negative eigenvalues depends on where zero ends: eigenvalues smaller than rounding have no sign. Semicircles and spin-glass laws are models of random matrices, not of this network.",
  tryNext: "For a finer curve raise --density-steps; for a narrower band raise --density-probes.",
  verdicts: ({ hessian }) => {
    const share = hessian?.negativeShare;
    const [lowest] = hessian?.bottom ?? [];
    const depth = hessian?.negativeDepth;
    if (!share || !lowest || !depth || share.interval.upper <= MANY) return [];
    const relative = (depth * lowest.residual) / Math.abs(lowest.value);
    return [
      {
        asks: "whether much of the spectrum is negative",
        claims: [
          {
            level: "note",
            rests: [
              {
                ground: {
                  name: "the share of negative eigenvalues",
                  value: share.value,
                  ...share.interval,
                  // Of a whole spectrum it is a bound, by rounding.
                  confidence: hessian.density?.exact === true ? undefined : share.interval.confidence,
                  doubt: share.converged ? undefined : "it has not converged",
                },
                above: MANY,
              },
              { ground: within("the depth of negative curvature", depth, relative), above: DEEP },
            ],
            text: `${formatShare(share.value)} of the eigenvalues are negative, the deepest of them ${formatShare(depth)} of the strongest curvature.`,
          },
        ],
        decidedBy: "More probes (--density-probes), or the whole spectrum (--exact-limit), would decide it.",
      },
    ];
  },
});

/** Shares of negative eigenvalues from here on, as deep as this beside the strongest curvature, are spoken of. */
const MANY = 0.25;
const DEEP = 0.1;

/** The share of zeros, or what it is known to lie between. */
function zerosText({ zeroShare, zeroInterval }: NegativeShare): string {
  return zeroShare === null && zeroInterval ? shareRange(zeroInterval) : formatShare(zeroShare);
}
