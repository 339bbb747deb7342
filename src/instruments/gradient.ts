import { z } from "zod";
import { dot, norm2 } from "../linalg/vector.ts";
import type { GradientPart } from "../result/profile-result.ts";
import { formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";

export const gradientInstrument = defineInstrument({
  name: "gradient",
  title: "Gradient",
  parameters: z.object({}),
  needs: ["extreme eigenpairs"],
  cost: () => 4,
  run: async (measurement) => {
    const { problem } = measurement;
    const gradient = await measurement.gradient();
    const norm = norm2(gradient);
    const { top, converged } = await measurement.extremes();
    const { meanSquare, value: trace } = await measurement.noiseTrace();
    const noise = Math.sqrt(trace / problem.examples);
    const along = top.map(({ vector }) => (vector ? dot(vector, gradient) : 0));
    const share = along.reduce((sum, x) => sum + x * x, 0) / norm ** 2;
    const decrement = top.reduce(
      (sum, { value, residual }, i) => (value > residual ? sum + along[i] ** 2 / (2 * value) : sum),
      0,
    );
    return {
      parts: {
        gradientNorm: norm,
        gradient: {
          norm,
          perExample: meanSquare > 0 ? norm / Math.sqrt(meanSquare) : 0,
          noiseFloor: noise,
          relativeToNoise: noise > 0 ? norm / noise : null,
          topSubspaceShare: norm > 0 ? share : null,
          topSubspaceDimension: top.length,
          newtonDecrement: decrement,
          tensors: problem.space.tensors.map(({ name, offset, size }) => ({
            name,
            norm: norm2(gradient.subarray(offset, offset + size)),
          })),
        },
      },
      converged,
    };
  },
  readings: ({ gradient }) =>
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
  measures:
    "The length of the gradient, set against two yardsticks: the gradient of a single example, and the error √(tr Σ / n) that n examples leave in the mean. Also how much of it lies along the sharpest directions, and what a Newton step there would gain.",
  means: ({ gradient }) => {
    if (!gradient) return "";
    if (gradient.norm === 0)
      return "The gradient is exactly zero: on these data the point is critical, and no share of it lies anywhere.";
    const { relativeToNoise: relative } = gradient;
    return `‖g‖ = ${formatMeasured(gradient.norm)}${relative === null ? "" : `, ${formatMeasured(relative)} times the sampling error`}. ${SENTENCES[judge(gradient)]} ${formatShare(gradient.topSubspaceShare)} of ‖g‖² lies in the ${gradient.topSubspaceDimension} sharpest directions; a Newton step there would lower the loss by about ${formatMeasured(gradient.newtonDecrement)}.`;
  },
  doesNotMean:
    "A small gradient is no proof of a minimum: it is as small near a saddle and on a plateau. The eigenvalues decide which it is.",
  tryNext: ({ gradient }) => {
    if (gradient?.norm === 0) return "The eigenvalues say whether this is a minimum.";
    return (gradient?.relativeToNoise ?? Number.POSITIVE_INFINITY) > 10
      ? "Training is not finished: go on, with a step size below the stability limit."
      : "More steps at this batch size mostly follow noise: lower the step size or raise the batch size.";
  },
  verdicts: ({ gradient }) => {
    if (!gradient) return [];
    const judgement = judge(gradient);
    if (judgement === "zero")
      return [{ level: "pass", text: "The gradient is exactly zero: a critical point of the loss on these data." }];
    if (judgement === "one gradient") return [];
    const measured = `The gradient is ${formatMeasured(gradient.relativeToNoise)} times its sampling error`;
    switch (judgement) {
      case "critical":
        return [{ level: "pass", text: `${measured}: critical, as far as these data can tell.` }];
      case "too few examples":
        return [
          {
            level: "note",
            text: `${measured}, and that error is ${formatShare(gradient.perExample / (gradient.relativeToNoise ?? 1))} of a single example's gradient: too few examples to say whether the point is critical.`,
          },
        ];
      case "slope":
        return [{ level: "note", text: `${measured}: the point is not critical.` }];
    }
  },
});

/** Below this many sampling errors (√(tr Σ / n)), a gradient cannot be told from zero. */
const TOLD_FROM_ZERO = 2;

/** To call a gradient zero it must be known to be below this share of a single example's gradient (root mean square). */
const SMALL = 0.1;

type Judgement = "zero" | "one gradient" | "critical" | "too few examples" | "slope";

/**
 * What the evidence says of ∇L over the population that the examples were drawn from. A gradient of at
 * least two sampling errors is a slope. A shorter one is compatible with zero, but also with anything up
 * to ‖g‖ + 2√(tr Σ / n): only where that is below a tenth of a single example's gradient, which takes
 * from 400 examples on (four sampling errors: 1600), is the point called critical; with fewer there is
 * nothing to conclude.
 */
function judge({ norm, perExample, noiseFloor, relativeToNoise: relative }: GradientPart): Judgement {
  if (norm === 0) return "zero";
  if (relative === null || noiseFloor === null) return "one gradient";
  if (relative >= TOLD_FROM_ZERO) return "slope";
  const largest = norm + TOLD_FROM_ZERO * noiseFloor;
  const typical = norm / perExample;
  return largest < SMALL * typical ? "critical" : "too few examples";
}

const SENTENCES: Readonly<Record<Judgement, string>> = {
  zero: "",
  "one gradient": "All examples have the same gradient, so there is no sampling error to compare it with.",
  critical:
    "It cannot be told from zero for the population that the data were drawn from, and it is small against that of one example: on this evidence the point is critical.",
  "too few examples":
    "It cannot be told from zero for the population that the data were drawn from, but its error is too large, with so few examples, to call the point critical.",
  slope: "It stands out of the sampling error: there is a slope that new data would show too.",
};
