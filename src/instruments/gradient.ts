import { z } from "zod";
import { dot, norm2 } from "../linalg/vector.ts";
import { defineInstrument } from "./instrument.ts";
import { figure, percent } from "./numbers.ts";

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
    const decrement = top.reduce((sum, { value, residual }, i) => (value > residual ? sum + along[i] ** 2 / (2 * value) : sum), 0);
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
          tensors: problem.space.tensors.map(({ name, offset, size }) => ({ name, norm: norm2(gradient.subarray(offset, offset + size)) })),
        },
      },
      converged,
    };
  },
  measures:
    "The length of the gradient, set against two yardsticks: the gradient of a single example, and the error √(tr Σ / n) that n examples leave in the mean. Also how much of it lies along the sharpest directions, and what a Newton step there would gain.",
  means: ({ gradient }) =>
    gradient
      ? `‖g‖ = ${figure(gradient.norm)}, ${figure(gradient.relativeToNoise)} times the sampling error. ${
          (gradient.relativeToNoise ?? Number.POSITIVE_INFINITY) < 2
            ? "It cannot be told from zero for the population that the data were drawn from: on this evidence the point is critical."
            : gradient.relativeToNoise !== null && gradient.relativeToNoise < 5
              ? "It stands out of the sampling error, but not by much."
              : "It is well above the sampling error, so there is a slope that new data would show too."
        } ${percent(gradient.topSubspaceShare)} of ‖g‖² lies in the ${gradient.topSubspaceDimension} sharpest directions; a Newton step there would lower the loss by about ${figure(gradient.newtonDecrement)}.`
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
        ? { level: "pass", text: `The gradient is ${figure(relative)} times its sampling error: critical, as far as these data can tell.` }
        : { level: "note", text: `The gradient is ${figure(relative)} times its sampling error: the point is not critical.` },
    ];
  },
});
