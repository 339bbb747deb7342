import { z } from "zod";
import { dot, norm2 } from "../linalg/vector.ts";
import { formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { defineInstrument } from "./instrument.ts";

export const gradientInstrument = defineInstrument({
  name: "gradient",
  title: "Gradient",
  parameters: z.object({}),
  cost: () => 4,
  run: async (measurement) => {
    const { problem } = measurement;
    const gradient = await measurement.gradient();
    const norm = norm2(gradient);
    const { top, converged } = await measurement.extremes();
    const { squares } = await measurement.exampleNorms();
    const dataNorm = norm2(await measurement.dataGradient());
    const mean = squares.reduce((sum, x) => sum + x, 0) / squares.length;
    const noise = Math.sqrt(Math.max(0, mean - dataNorm ** 2) / problem.examples);
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
          perExample: mean > 0 ? norm / Math.sqrt(mean) : 0,
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
  means: ({ gradient }) =>
    gradient
      ? `‖g‖ = ${formatMeasured(gradient.norm)}, ${formatMeasured(gradient.relativeToNoise)} times the sampling error. ${
          (gradient.relativeToNoise ?? Number.POSITIVE_INFINITY) < 2
            ? "It cannot be told from zero for the population that the data were drawn from: on this evidence the point is critical."
            : gradient.relativeToNoise !== null && gradient.relativeToNoise < 5
              ? "It stands out of the sampling error, but not by much."
              : "It is well above the sampling error, so there is a slope that new data would show too."
        } ${formatShare(gradient.topSubspaceShare)} of ‖g‖² lies in the ${gradient.topSubspaceDimension} sharpest directions; a Newton step there would lower the loss by about ${formatMeasured(gradient.newtonDecrement)}.`
      : "",
  doesNotMean:
    "A small gradient is no proof of a minimum: it is as small near a saddle and on a plateau. The eigenvalues decide which it is.",
  tryNext: ({ gradient }) =>
    (gradient?.relativeToNoise ?? 0) > 10
      ? "Training is not finished: go on, with a step size below the stability limit."
      : "More steps at this batch size mostly follow noise: lower the step size or raise the batch size.",
  verdicts: ({ gradient }) => {
    const relative = gradient?.relativeToNoise;
    if (relative === null || relative === undefined) return [];
    return [
      relative < 2
        ? {
            level: "pass",
            text: `The gradient is ${formatMeasured(relative)} times its sampling error: critical, as far as these data can tell.`,
          }
        : {
            level: "note",
            text: `The gradient is ${formatMeasured(relative)} times its sampling error: the point is not critical.`,
          },
    ];
  },
});
