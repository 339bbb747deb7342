import { z } from "zod";
import { formatEstimate, formatMeasured, formatNumber } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { stabilityPart } from "./stability/stability-part.ts";
import type { Ground } from "./judge-verdict.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { COORDINATE_OPTIMIZERS } from "../optimizers/registry.ts";
import { largestStepSize } from "../optimizers/stability-limit.ts";
import { capitalized } from "../util/capitalized.ts";
import { momentumOf } from "../optimizers/momentum-of.ts";

const parameters = z.object({
  momentum: z.number().min(0).lt(1).default(0.9).describe("β of the momentum methods in the stability limits"),
  learningRate: z.number().positive().optional().describe("your step size, to be judged against the stability limit"),
});

/**
 * Largest step sizes at which the optimisers are stable on a quadratic with largest curvature λ of the Hessian, full batch;
 * one for each formula.
 */
export function stabilityLimits(sharpness: number, beta: number) {
  const limits = COORDINATE_OPTIMIZERS.flatMap((optimizer) => {
    const hasMomentum = momentumOf(optimizer, {}) !== undefined;
    const limit = optimizer.with(hasMomentum ? { momentum: beta } : {}).stabilityLimit;
    if (limit?.matrix !== "H") return [];
    return [
      {
        method: hasMomentum ? `${optimizer.title}, β = ${beta}` : optimizer.title,
        formula: limit.formula,
        stepSize: largestStepSize(limit, sharpness),
        note: limit.note,
      },
    ];
  });
  return limits.filter(({ formula }, i) => limits.findIndex((each) => each.formula === formula) === i);
}

export const stabilityInstrument = defineInstrument({
  name: "stability",
  title: "Stability limits",
  part: stabilityPart,
  reads: [eigenvaluesPart],
  parameters,
  needs: [hessianExtremes],
  run: async (desk, { momentum, learningRate }) => {
    const { top, converged } = await desk.get(hessianExtremes);
    const { value: sharpness, residual } = top[0];
    // A curvature that cannot be told from zero sets no limit.
    const limits = sharpness > residual ? stabilityLimits(sharpness, momentum) : [];
    const step =
      learningRate === undefined ? null : { stepSize: learningRate, relative: (learningRate * sharpness) / 2 };
    return {
      parts: { stability: { sharpness, sharpnessError: residual, limits, step } },
      converged,
      reason: converged ? undefined : "λmax has not converged: it may be larger, and the limits lower.",
    };
  },
  readings: ({ stability }) => [
    ...(stability?.limits ?? []).map(({ method, formula, stepSize, note }, i) => {
      const error = (stepSize * (stability?.sharpnessError ?? 0)) / (stability?.sharpness ?? 1);
      return {
        label: capitalized(method),
        value: `η < ${formatEstimate(stepSize, error)}`,
        note: `${formula}. ${note}`,
        // Of plain gradient descent.
        ...(i === 0 && {
          key: { label: "Stable step", value: formatNumber(stepSize, 3), number: { value: stepSize, error } },
        }),
      };
    }),
    stability?.step
      ? {
          label: "Your step size",
          symbol: String.raw`\eta\,\lambda_{\max}/2`,
          value: formatEstimate(
            stability.step.relative,
            (stability.step.stepSize * (stability.sharpnessError ?? 0)) / 2,
          ),
          note: `for η = ${formatNumber(stability.step.stepSize, 3)}; above 1, plain gradient descent is unstable here`,
        }
      : undefined,
  ],
  measures:
    "The largest step size at which each optimiser is stable on the quadratic whose largest curvature is this λmax.",
  means: ({ stability }) => {
    const limit = stability?.limits[0];
    return limit
      ? `Full-batch gradient descent with a step above ${formatMeasured(limit.stepSize)} moves away along the sharpest direction. Training at a fixed step size often ends with λmax close to 2/η: the edge of stability.`
      : "No curvature stands out above zero, so none sets a limit.";
  },
  doesNotMean:
    "Crossing the limit does not mean that training diverges: the loss may spike and the iterate settle where the curvature is lower. With small batches instability sets in below the limit, because each batch has its own curvature.",
  tryNext: "Give your step size with --learning-rate and look on which side you are.",
  verdicts: ({ stability, hessian }) => {
    const step = stability?.step;
    if (!step) return [];
    const error = (step.stepSize * (stability.sharpnessError ?? 0)) / 2;
    const [first] = hessian?.top ?? [];
    const isConverged = hessian?.eigenvaluesConverged !== false && first !== undefined;
    const ground: Ground = {
      name: "the step size over 2/λmax",
      value: step.relative,
      lower: step.relative - error,
      // An eigenvalue that was not found to the end may be larger; it is never smaller.
      upper: isConverged ? step.relative + error : Number.POSITIVE_INFINITY,
    };
    const text = `The step size ${formatMeasured(step.stepSize)} is ${formatMeasured(step.relative)} times the limit 2/λmax of plain gradient descent`;
    return [
      {
        asks: "on which side of the limit the step size is",
        claims: [
          {
            level: "warn",
            rests: [{ ground, above: 1 }],
            text: `${text}: on the quadratic, full-batch descent leaves this point along the sharpest direction.`,
          },
          { level: "note", rests: [{ ground, above: 0.8, below: 1 }], text: `${text}.` },
          { level: "pass", rests: [{ ground, below: 0.8 }], text: `${text}.` },
        ],
        decidedBy: "A λmax with a smaller error (--tol, more time) would decide it.",
      },
    ];
  },
});
