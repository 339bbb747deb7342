import { z } from "zod";
import { spectralDensity } from "../estimators/spectral-density.ts";
import {
  densityOnGrid,
  nodesOf,
  shareBelow,
  type DensityCurve,
  type SpectralMeasure,
} from "../estimators/spectral-measure.ts";
import { norm2 } from "../linalg/vector.ts";
import { tensor } from "../util/tensor.ts";
import { formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";
import type { DenseHessian, Measurement } from "./measurement.ts";
import { shareReading } from "./reading.ts";
import { traceParameters } from "./trace.ts";

const parameters = traceParameters.pick({ exactLimit: true }).extend({
  densitySteps: z.number().int().min(2).default(80).describe("Lanczos steps of each probe of the spectral density"),
  densityProbes: z.number().int().min(1).default(4).describe("random probes of the spectral density"),
});

/** How far rounding may move an eigenvalue from 0. */
function threshold(measurement: Measurement, scale: number, dense: DenseHessian | undefined): number {
  const n = measurement.problem.space.dimension;
  const floor = 16 * measurement.roundoff * scale;
  // Rounding that breaks the symmetry of the products is a random matrix: its norm is about 2‖E‖_F/√n.
  return dense ? Math.max(floor, (2 * dense.asymmetry * norm2(dense.values)) / Math.sqrt(n)) : floor;
}

export const spectrumInstrument = defineInstrument({
  name: "spectrum",
  title: "Spectral density of the Hessian",
  parameters,
  needs: ["extreme eigenpairs", "Hessian matrix"],
  cost: ({ space }, { exactLimit, densitySteps, densityProbes }) =>
    space.dimension <= exactLimit ? 0 : densitySteps * densityProbes,
  run: async (measurement, { densitySteps: steps, densityProbes: probes }) => {
    const { confidence, problem, hessian, random } = measurement;
    const n = problem.space.dimension;
    const { top, scale } = await measurement.extremes();
    const dense = await measurement.dense();
    let measure: SpectralMeasure;
    let curve: DensityCurve;
    let products = dense?.products ?? 0;
    let method = "exact: every eigenvalue of the whole matrix";
    let converged = true;
    if (dense) {
      measure = { dimension: n, exact: [...dense.values], quadratures: [] };
      curve = densityOnGrid(measure, { confidence, points: 400 });
    } else {
      const known = await measurement.knownPairs();
      const density = await spectralDensity(
        hessian,
        { probes, steps, confidence, known },
        random.split("density"),
        measurement.stage("spectral density"),
      );
      ({ measure, products, method, converged } = density);
      curve = density;
    }
    const zero = threshold(measurement, scale, dense);
    const negative = shareBelow(measure, -zero, confidence);
    const belowPositive = shareBelow(measure, zero, confidence);
    const halfWidth = (negative.interval.upper - negative.interval.lower) / 2;
    const positive = dense?.values.find((value) => value > zero);
    const rules = measure.quadratures.map(nodesOf);
    const sampledMass = 1 - measure.exact.length / n;
    return {
      parts: {
        hessian: {
          density: {
            method,
            products,
            probes: measure.quadratures.length,
            steps: rules.length > 0 ? Math.max(...rules.map(({ nodes }) => nodes.length)) : 0,
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
            eigenvalues: dense
              ? measurement.arrays.keep("hessian.eigenvalues", tensor("float64", [n], dense.values))
              : null,
            converged,
          },
          negativeShare: {
            ...negative,
            // The interval is of 95 %, so about four standard errors wide.
            standardError: dense ? 0 : halfWidth / 1.96,
            products,
            method,
            converged,
            threshold: zero,
            zeroShare: Math.max(0, belowPositive.value - negative.value),
            negative: dense ? dense.values.filter((value) => value < -zero).length : null,
          },
          condition:
            positive !== undefined && top[0].value > 0
              ? {
                  value: top[0].value / positive,
                  of: "the eigenvalues above the rounding threshold",
                  largest: top[0].value,
                  smallest: positive,
                }
              : null,
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
          value: formatShare(hessian.negativeShare.zeroShare),
          note: `eigenvalues within ± ${formatNumber(hessian.negativeShare.threshold, 1)}, the rounding of the products`,
        },
    hessian.condition === null
      ? undefined
      : {
          label: "Condition number",
          symbol: String.raw`\kappa`,
          // The smallest is known to the rounding threshold only.
          value: formatMeasured(
            hessian.condition.value,
            (hessian.condition.value * (hessian.negativeShare?.threshold ?? 0)) / hessian.condition.smallest,
          ),
          note: `${hessian.condition.of}: ${formatNumber(hessian.condition.largest, 3)} over ${formatMeasured(hessian.condition.smallest, hessian.negativeShare?.threshold)}`,
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
    const interval = density.exact
      ? "exactly"
      : `between ${formatShare(share.interval.lower)} and ${formatShare(share.interval.upper)}, with 95 % confidence`;
    return `${formatShare(share.value)} of the eigenvalues are negative (${interval}); ${formatShare(share.zeroShare)} are within ±${formatMeasured(share.threshold)} of zero, where rounding decides the sign. A tall bulk at zero with a few outliers is the usual picture of a trained network.`;
  },
  doesNotMean:
    "The band is about the smoothed curve at each point. A count of negative eigenvalues depends on where zero ends: eigenvalues smaller than rounding have no sign. Semicircles and spin-glass laws are models of random matrices, not of this network.",
  tryNext: "For a finer curve raise --density-steps; for a narrower band raise --density-probes.",
  verdicts: ({ hessian }) => {
    const share = hessian?.negativeShare;
    return share && share.interval.lower > 0.25 && (hessian?.negativeDepth ?? 0) > 0.1
      ? [
          {
            level: "note",
            text: `${formatShare(share.value)} of the curvature directions are negative, and not only shallow ones: typical of early training.`,
          },
        ]
      : [];
  },
});
