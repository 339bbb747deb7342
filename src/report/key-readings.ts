import { isBounded } from "../instruments/eigenvalues.ts";
import { criticalBatchReading } from "../instruments/noise.ts";
import { eigenvalueReading, estimateReading, type Reading } from "../instruments/reading.ts";
import type { ProfileResult } from "../result/profile-result.ts";
import { formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";

/** The few numbers that a reader looks for first. */
export function keyReadings(result: ProfileResult): Reading[] {
  const { hessian, stability, noise } = result;
  // The extreme ones are known as far as the search for others went.
  const found = hessian.top === null || isBounded(hessian) ? "" : " found";
  return [
    { label: "Loss", symbol: "L", value: formatMeasured(result.loss, result.lossRounding ?? 0) },
    ...(result.accuracy === null ? [] : [{ label: "Accuracy", value: formatShare(result.accuracy) }]),
    { label: "Gradient", symbol: String.raw`\|\nabla L\|`, value: formatNumber(result.gradientNorm, 3) },
    eigenvalueReading(`Sharpness${found}`, String.raw`\lambda_{\max}`, hessian.top?.[0]),
    {
      label: "Stable step",
      symbol: String.raw`2/\lambda_{\max}`,
      value: formatNumber(stability?.limits[0]?.stepSize, 3),
    },
    estimateReading("Trace", String.raw`\operatorname{tr} H`, hessian.trace),
    eigenvalueReading(`Lowest curvature${found}`, String.raw`\lambda_{\min}`, hessian.bottom?.[0]),
    noise === null
      ? { label: "Critical batch size", value: formatNumber(null) }
      : {
          label: "Critical batch size",
          value: criticalBatchReading(noise).value,
        },
  ];
}
