import { z } from "zod";
import { dot, norm2 } from "../linalg/vector.ts";
import type { Problem } from "../problem/problem.ts";
import { sizeOf, tensor } from "../util/tensor.ts";
import { formatEstimate, formatMeasured, formatNumber, formatShare } from "../util/format-number.ts";
import { attributionClasses } from "./attribution/attribution-classes.ts";
import { attributionPart } from "./attribution/attribution-part.ts";
import { attributionTensors } from "./attribution/attribution-tensors.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { defineInstrument } from "./instrument.ts";
import { needsSingleExamples } from "../quantities/single-examples.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import type { Desk } from "../quantities/desk.ts";

const parameters = z.object({
  classLimit: z
    .number()
    .int()
    .min(0)
    .default(100)
    .describe("up to how many classes eigenvectors are compared with single classes"),
});

/** The class of every example, where there is one label an example. */
function classesOf(problem: Problem, limit: number): { labels: Float64Array; classes: number } | undefined {
  const { labels: column } = problem.dataset;
  // No class has a gradient of its own where no example has.
  if (needsSingleExamples(problem) !== undefined) return undefined;
  if (column.dtype !== "int64" || sizeOf(column.shape) !== 1 || problem.options.loss.correct === undefined)
    return undefined;
  const labels = Float64Array.from(problem.dataset.y(0, problem.examples).data);
  const classes = labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  return classes >= 2 && classes <= limit ? { labels, classes } : undefined;
}

/** The mean gradient of every class, minus the mean over all: what moving towards one class alone would do. */
async function classGradients(desk: Desk, labels: Float64Array, classes: number): Promise<Float64Array[]> {
  const gradients: Float64Array[] = [];
  for (let c = 0; c < classes; c++) {
    const size = labels.reduce((sum, label) => sum + (label === c ? 1 : 0), 0);
    const weights = labels.map((label) => (label === c ? 1 / size : 0));
    gradients.push(
      size > 0
        ? await desk.point.weightedGradient(weights, desk.context)
        : new Float64Array(desk.problem.space.dimension),
    );
  }
  return gradients;
}

export const attributionInstrument = defineInstrument({
  name: "attribution",
  title: "What the sharp directions are",
  part: attributionPart,
  reads: [eigenvaluesPart],
  figures: [attributionTensors, attributionClasses],
  parameters,
  needs: [hessianExtremes, lossGradient],
  cost: () => 20,
  run: async (desk, { classLimit }) => {
    const { problem, arrays } = desk;
    const { top, converged } = await desk.get(hessianExtremes);
    const gradient = await desk.get(lossGradient);
    const classes = classesOf(problem, classLimit);
    const gradients = classes ? await classGradients(desk, classes.labels, classes.classes) : [];
    const width = sizeOf(problem.outputShape);
    const readings = [];
    for (const [index, { value, vector }] of top.entries()) {
      if (!vector) continue;
      const mass = vector.reduce((sum, x) => sum + x ** 4, 0);
      let perClass = null;
      if (classes) {
        const change = problem.options.loss.givesLossOnly
          ? undefined
          : await desk.point.jacobianVector(vector, desk.context);
        const sums = new Float64Array(classes.classes);
        const counts = new Float64Array(classes.classes);
        classes.labels.forEach((label, i) => {
          counts[label]++;
          if (change) for (let j = 0; j < width; j++) sums[label] += change[i * width + j] ** 2;
        });
        // Of a class without examples nothing was measured.
        perClass = gradients.flatMap((g, c) =>
          counts[c] === 0
            ? []
            : [
                {
                  class: c,
                  cosine: norm2(g) > 0 ? dot(g, vector) / norm2(g) : 0,
                  outputChange: Math.sqrt(sums[c] / counts[c]),
                },
              ],
        );
      }
      readings.push({
        index,
        eigenvalue: value,
        vector: arrays.keep(`hessian.top_eigenvector.${index}`, tensor("float64", [vector.length], vector)),
        tensors: problem.space.tensors.map(({ label, offset, size }) => {
          const part = vector.subarray(offset, offset + size);
          return { name: label, share: dot(part, part) };
        }),
        effectiveParameters: 1 / mass,
        gradientCosine: norm2(gradient) > 0 ? dot(gradient, vector) / norm2(gradient) : null,
        classes: perClass,
      });
    }
    return { parts: { attribution: readings }, converged, reason: needsSingleExamples(problem) };
  },
  readings: ({ attribution, hessian }) =>
    (attribution ?? []).map(({ index, eigenvalue, effectiveParameters, gradientCosine, tensors }) => {
      const main = tensors.reduce((best, each) => (each.share > best.share ? each : best), { name: "", share: 0 });
      return {
        label: `Eigenvector ${index + 1}`,
        symbol: String.raw`\lambda_{${index + 1}}`,
        value: formatEstimate(eigenvalue, hessian.top?.[index]?.residual),
        note: `± the residual; mostly in ${main.name} (${formatShare(main.share)}), spread over about ${formatNumber(effectiveParameters, 3)} parameters, cosine with the gradient ${formatNumber(gradientCosine, 2)}`,
      };
    }),
  measures:
    "For each of the sharpest directions: how its squared length spreads over the tensors, over how many parameters it extends, how it lies to the gradient, and which classes it concerns: the cosine with each class's mean gradient, and how strongly the outputs of each class's examples respond.",
  means: ({ attribution }) => {
    const first = attribution?.[0];
    if (!first) return "";
    const tensors = first.tensors.toSorted((a, b) => b.share - a.share).slice(0, 2);
    const strongest = first.classes?.toSorted((a, b) => b.outputChange - a.outputChange)[0];
    return `The sharpest direction lives in ${tensors.map(({ name, share }) => `"${name}" (${formatShare(share)})`).join(" and ")} and extends over about ${formatMeasured(first.effectiveParameters, first.effectiveParameters / 10)} parameters.${
      strongest ? ` The outputs of class ${strongest.class} respond to it most.` : ""
    }`;
  },
  doesNotMean:
    "One outlier per class is a rule of thumb for deep networks trained to small loss; small networks often break it, and nothing here assumes it. Where two eigenvalues are close, their single eigenvectors mix and only the plane that they span has a meaning.",
  tryNext: "Where the outputs of one class respond most, look at its examples and at its weight in the loss.",
  verdicts: () => [],
});
