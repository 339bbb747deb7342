import type { EigenvalueResult, EstimateResult } from "../result/estimates.ts";
import type { ProfileResult } from "../result/profile-result.ts";
import { formatEstimate, formatNumber, formatShare } from "../util/format-number.ts";

/** One line of a section: a number with its error, and what vouches for it. */
export interface Reading {
  readonly label: string;
  /** TeX. */
  readonly symbol?: string;
  /** In the plain spelling of format-number.ts. */
  readonly value: string;
  /** Method, cost, interval; what the number is. */
  readonly note?: string;
}

/** The numbers of a section, by the instrument that measured them. */
const READINGS: Readonly<Record<string, (result: ProfileResult) => (Reading | undefined)[]>> = {
  loss: ({ loss, accuracy }) => [
    { label: "Loss", symbol: "L", value: formatNumber(loss, 5) },
    {
      label: "Accuracy",
      value: formatShare(accuracy),
      note: accuracy === null ? "not defined for this loss" : "share of right predictions",
    },
  ],
  gradient: ({ gradient }) =>
    gradient === null
      ? []
      : [
          { label: "Length of the gradient", symbol: String.raw`\|\nabla L\|`, value: formatNumber(gradient.norm) },
          {
            label: "Against one example",
            symbol: String.raw`\|\nabla L\| / \mathrm{rms}\,\|\nabla \ell_i\|`,
            value: formatNumber(gradient.perExample, 3),
            note: "over the root mean square length of a single example's gradient",
          },
          {
            label: "Against its noise",
            symbol: String.raw`\|\nabla L\| / \sqrt{\operatorname{tr}\Sigma / n}`,
            value: formatNumber(gradient.relativeToNoise, 3),
            note: "near or below 1, the gradient over all possible data may be zero",
          },
          {
            label: "Within the stiffest directions",
            value: formatShare(gradient.topSubspaceShare),
            note: `share of its squared length in the ${gradient.topSubspaceDimension} leading eigenvectors`,
          },
          {
            label: "Gain of a Newton step there",
            symbol: String.raw`\tfrac12 \sum_i (g^{\!\top} v_i)^2 / \lambda_i`,
            value: formatNumber(gradient.newtonDecrement, 3),
            note: "decrease of the loss, to second order",
          },
        ],
  eigenvalues: ({ hessian }) => [
    eigenvalueReading("Largest", String.raw`\lambda_{\max}`, hessian.top?.[0]),
    eigenvalueReading("Second largest", String.raw`\lambda_2`, hessian.top?.[1]),
    eigenvalueReading("Smallest", String.raw`\lambda_{\min}`, hessian.bottom?.[0]),
    {
      label: "Depth of negative curvature",
      symbol: String.raw`|\lambda_{\min}| / \lambda_{\max}`,
      value: formatNumber(hessian.negativeDepth, 3),
    },
    hessian.multiplicity?.checked
      ? {
          label: "Hidden copies found",
          value: String(hessian.multiplicity.found),
          note:
            hessian.multiplicity.missProbability === null
              ? "by a second search"
              : `by a second search that misses one with probability below ${formatNumber(hessian.multiplicity.missProbability, 1)}`,
        }
      : undefined,
  ],
  trace: ({ hessian }) => [
    estimateReading("Trace", String.raw`\operatorname{tr} H`, hessian.trace),
    estimateReading("Frobenius norm", String.raw`\|H\|_F`, hessian.frobenius),
    hessian.effectiveRank === null
      ? undefined
      : {
          label: "Effective rank",
          symbol: String.raw`\|H\|_F^2 / \lambda_{\max}^2`,
          value: formatNumber(hessian.effectiveRank.frobenius, 3),
          note: "eigenvalues as large as the largest that would give this norm",
        },
  ],
  spectrum: ({ hessian }) => [
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
          value: formatNumber(hessian.condition.value, 3),
          note: `${hessian.condition.of}: ${formatNumber(hessian.condition.largest, 3)} over ${formatNumber(hessian.condition.smallest, 3)}`,
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
  "gauss-newton": ({ gaussNewton }) => [
    eigenvalueReading("Largest", String.raw`\lambda_{\max}(G)`, gaussNewton?.top?.[0]),
    estimateReading("Trace", String.raw`\operatorname{tr} G`, gaussNewton?.trace),
  ],
  residual: ({ residual }) => [
    eigenvalueReading("Largest", String.raw`\lambda_{\max}(H-G)`, residual?.top?.[0]),
    eigenvalueReading("Smallest", String.raw`\lambda_{\min}(H-G)`, residual?.bottom?.[0]),
    estimateReading("Trace", String.raw`\operatorname{tr}(H-G)`, residual?.trace),
    { label: "Strength", value: formatShare(residual?.share), note: "its largest eigenvalue in size over that of H" },
  ],
  stability: ({ stability }) => [
    ...(stability?.limits ?? []).map(({ method, formula, stepSize, note }) => ({
      label: sentence(method),
      value: `η < ${formatNumber(stepSize, 3)}`,
      note: `${formula}. ${note}`,
    })),
    stability?.step
      ? {
          label: "Your step size",
          symbol: String.raw`\eta\,\lambda_{\max}/2`,
          value: formatNumber(stability.step.relative, 3),
          note: `for η = ${formatNumber(stability.step.stepSize, 3)}; above 1, plain gradient descent is unstable here`,
        }
      : undefined,
  ],
  noise: ({ noise }) =>
    noise === null
      ? []
      : [
          estimateReading("Total noise", String.raw`\operatorname{tr}\Sigma`, noise.trace),
          {
            label: "Critical batch size",
            symbol: String.raw`\operatorname{tr}\Sigma / \|\nabla L\|^2`,
            value: formatEstimate(noise.criticalBatchSize.value, noise.criticalBatchSize.standardError),
            note: `${percent(noise.criticalBatchSize.interval.confidence)} interval ${range(noise.criticalBatchSize.interval)}; with the bias of ‖∇L‖² removed: ${formatNumber(noise.criticalBatchSize.population, 3)}`,
          },
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
          noise.norms === null
            ? undefined
            : {
                label: "Carried by a tenth of the examples",
                value: formatShare(noise.norms.shareOfTopTenth),
                note: "share of the sum of squared gradient lengths",
              },
        ],
  flatness: ({ flatness }) =>
    (flatness?.measures ?? []).map(({ title, value, standardError, bound, definition, predicted }) => ({
      label: sentence(title),
      value: `${bound === "lower bound" ? "≥ " : ""}${standardError === null ? formatNumber(value) : formatEstimate(value, standardError)}`,
      note: `${definition}${predicted === null ? "" : `; predicted from gradient and curvature: ${formatNumber(predicted, 3)}`}`,
    })),
  symmetries: ({ symmetries }) => [
    {
      label: "Exactly flat directions",
      value: formatNumber(symmetries?.flatDirections, 6),
      note: "from symmetries that were verified on this network",
    },
    ...(symmetries?.found ?? []).map(({ title, count, verified, lossChange, curvatureAlongTangent }) => ({
      label: title,
      value: `${count} ${verified ? "verified" : "not verified"}`,
      note: `relative change of the loss ${formatNumber(lossChange, 2)}${curvatureAlongTangent === null ? "" : `; curvature along the orbit ${formatNumber(curvatureAlongTangent, 2)} of the largest`}`,
    })),
  ],
  layers: ({ layers }) =>
    (layers ?? []).map(({ name, trace }) => estimateReading(name, String.raw`\operatorname{tr} H_{\ell}`, trace)),
  attribution: ({ attribution }) =>
    (attribution ?? []).map(({ index, eigenvalue, effectiveParameters, gradientCosine, tensors }) => {
      const main = tensors.reduce((best, each) => (each.share > best.share ? each : best), { name: "", share: 0 });
      return {
        label: `Eigenvector ${index + 1}`,
        symbol: String.raw`\lambda_{${index + 1}}`,
        value: formatNumber(eigenvalue),
        note: `mostly in ${main.name} (${formatShare(main.share)}), spread over about ${formatNumber(effectiveParameters, 3)} parameters, cosine with the gradient ${formatNumber(gradientCosine, 2)}`,
      };
    }),
  units: ({ units }) =>
    (units ?? []).map(({ name, activation, units: all, dead, saturated, constant, duplicates }) => ({
      label: name,
      value: `${dead ?? saturated ?? 0} of ${all}`,
      note: `${activation}: ${dead === null ? "saturated" : "dead"} units; ${constant} constant, ${duplicates} duplicates`,
    })),
};

/** What an instrument measured, line by line; none where it measured nothing. */
export function readingsOf(instrument: string, result: ProfileResult): Reading[] {
  return (READINGS[instrument]?.(result) ?? []).filter((reading) => reading !== undefined);
}

/** The few numbers that a reader looks for first. */
export function keyReadings(result: ProfileResult): Reading[] {
  const { hessian, stability, noise } = result;
  return [
    { label: "Loss", symbol: "L", value: formatNumber(result.loss, 4) },
    ...(result.accuracy === null ? [] : [{ label: "Accuracy", value: formatShare(result.accuracy) }]),
    { label: "Gradient", symbol: String.raw`\|\nabla L\|`, value: formatNumber(result.gradientNorm, 3) },
    eigenvalueReading("Sharpness", String.raw`\lambda_{\max}`, hessian.top?.[0]),
    {
      label: "Stable step",
      symbol: String.raw`2/\lambda_{\max}`,
      value: formatNumber(stability?.limits[0]?.stepSize, 3),
    },
    estimateReading("Trace", String.raw`\operatorname{tr} H`, hessian.trace),
    eigenvalueReading("Lowest curvature", String.raw`\lambda_{\min}`, hessian.bottom?.[0]),
    noise === null
      ? { label: "Critical batch size", value: formatNumber(null) }
      : {
          label: "Critical batch size",
          value: formatEstimate(noise.criticalBatchSize.value, noise.criticalBatchSize.standardError),
        },
  ];
}

function eigenvalueReading(label: string, symbol: string, pair: EigenvalueResult | null | undefined): Reading {
  return {
    label,
    symbol,
    value: formatEstimate(pair?.value, pair?.residual),
    note: pair ? "± the Ritz residual: an eigenvalue lies within it" : "not measured",
  };
}

function estimateReading(label: string, symbol: string, estimate: EstimateResult | null | undefined): Reading {
  if (!estimate) return { label, symbol, value: formatNumber(null), note: "not measured" };
  const { value, standardError, method, products, interval, converged } = estimate;
  const cost = products === 0 ? "" : `, ${products} products`;
  const proof =
    standardError === 0
      ? "exact up to rounding"
      : `± one standard error; ${percent(interval.confidence)} interval ${range(interval)}`;
  return {
    label,
    symbol,
    value: formatEstimate(value, standardError),
    note: `${proof}; ${method}${cost}${converged ? "" : "; not converged"}`,
  };
}

function shareReading(label: string, estimate: EstimateResult): Reading {
  const { value, standardError, interval, method } = estimate;
  const spread =
    standardError === 0
      ? "exact"
      : `${percent(interval.confidence)} interval ${formatShare(interval.lower)} to ${formatShare(interval.upper)}`;
  return {
    label,
    value: standardError === 0 ? formatShare(value) : `${formatEstimate(100 * value, 100 * standardError)} %`,
    note: `${spread}; ${method}`,
  };
}

function percent(confidence: number): string {
  return `${Number((100 * confidence).toFixed(2))} %`;
}

function range({ lower, upper }: { lower: number; upper: number }): string {
  return `${formatNumber(lower)} to ${formatNumber(upper)}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
