import { z } from "zod";
import { formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";
import { eigenvalueReading, type Reading } from "./reading.ts";

/** Parameters that set what several instruments share. */
export const eigenvalueParameters = z.object({
  top: z.number().int().min(1).default(5).describe("how many of the largest Hessian eigenvalues"),
  bottom: z.number().int().min(1).default(3).describe("how many of the smallest Hessian eigenvalues"),
  tol: z
    .number()
    .positive()
    .optional()
    .describe("residual of the eigenvalues relative to the largest (1e-6, or 1e-4 in float32)"),
});

function withMethod(reading: Reading, method: string | null): Reading {
  return method === null ? reading : { ...reading, note: `${reading.note}; ${method}` };
}

/** How sure the count of hidden copies is. */
function searched(missProbability: number | null): string {
  if (missProbability === null) return "by a second search";
  if (missProbability === 0) return "the whole spectrum was seen";
  return `by a second search that misses one with probability below ${formatNumber(missProbability, 1)}`;
}

export const eigenvaluesInstrument = defineInstrument({
  name: "eigenvalues",
  title: "Extreme eigenvalues of the Hessian",
  parameters: eigenvalueParameters,
  needs: ["extreme eigenpairs"],
  cost: () => 0,
  run: async (measurement) => {
    const { top, bottom, multiplicity, products, method, converged } = await measurement.extremes();
    const largest = top[0].value;
    const smallest = bottom[0].value;
    return {
      parts: {
        hessian: {
          top: top.map(({ value, residual }) => ({ value, residual })),
          bottom: bottom.map(({ value, residual }) => ({ value, residual })),
          multiplicity: {
            checked: multiplicity.checked,
            found: multiplicity.found,
            missProbability: multiplicity.missProbability,
          },
          eigenvalueProducts: products,
          eigenvalueMethod: method,
          eigenvaluesConverged: converged,
          negativeDepth: largest > 0 ? Math.max(0, -smallest) / largest : null,
        },
      },
      converged,
      reason: converged ? undefined : "The residuals stayed above the tolerance within the budget.",
    };
  },
  readings: ({ hessian }) => [
    withMethod(eigenvalueReading("Largest", String.raw`\lambda_{\max}`, hessian.top?.[0]), hessian.eigenvalueMethod),
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
          note: searched(hessian.multiplicity.missProbability),
        }
      : undefined,
  ],
  measures:
    "The largest and the smallest eigenvalues of the Hessian: the curvature of the loss along its sharpest and its most negative directions. Each comes with ‖Hv − λv‖, within which a true eigenvalue is certain to lie; a second search looks for copies that the first could not see.",
  means: ({ hessian }) => {
    const top = hessian?.top?.[0];
    const bottom = hessian?.bottom?.[0];
    if (!top || !bottom) return "";
    const negative = bottom.value < -bottom.residual;
    return `λmax = ${formatMeasured(top.value, top.residual)} and λmin = ${formatMeasured(bottom.value, bottom.residual)}. ${
      negative
        ? `There is a direction of negative curvature, ${formatShare(hessian?.negativeDepth)} as strong as the sharpest one: the point is not a minimum in the strict sense.`
        : "No negative curvature stands out of the rounding."
    }`;
  },
  doesNotMean:
    "λmax is not a property of the function that the network computes: rescaling the layers of a ReLU network changes it at will and leaves the function alone (see Flatness). It bounds the step size; it does not by itself predict the test error.",
  tryNext: ({ hessian }) =>
    (hessian?.negativeDepth ?? 0) > 0.1
      ? "Look at the attribution of the most negative direction, and at the loss along it; longer training usually removes it."
      : "Compare λmax with 2 / (your step size): see Stability limits.",
  verdicts: ({ hessian }) => {
    const bottom = hessian?.bottom?.[0];
    const depth = hessian?.negativeDepth;
    if (!bottom || depth === null || depth === undefined) {
      return [{ level: "warn", text: "No direction has positive curvature: this is a maximum or a plateau." }];
    }
    if (bottom.value >= -bottom.residual)
      return [{ level: "pass", text: "No negative curvature: a minimum to second order, up to flat directions." }];
    return [
      {
        level: depth > 0.1 ? "warn" : "note",
        text: `Negative curvature reaches ${formatShare(depth)} of λmax: ${depth > 0.1 ? "a saddle region" : "few shallow directions, as trained networks usually keep"}.`,
      },
    ];
  },
});
