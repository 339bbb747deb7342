import { z } from "zod";
import { norm2 } from "../linalg/vector.ts";
import { formatMeasured, formatShare } from "../util/format-number.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { defineInstrument } from "./instrument.ts";
import { layerCurvature } from "./layers/layer-curvature.ts";
import { againByNames, layersCheck, type Whole } from "./layers/layers-check.ts";
import { layersPart } from "./layers/layers-part.ts";
import { exactly, type Question } from "./judge-verdict.ts";
import { denseHessian, type DenseHessian } from "../quantities/dense-hessian.ts";
import { hessianExtremes } from "../quantities/hessian-extremes.ts";
import { isLarge, isSmall, type HessianMatrix } from "../quantities/hessian-matrix.ts";
import { hessianTrace } from "../quantities/hessian-trace.ts";
import { layerBlocks } from "../quantities/layer-blocks.ts";
import { layerNames, NO_ROLE, withoutLayers } from "../quantities/layers-by-role.ts";
import { sizeOfLayer } from "../quantities/layers-of.ts";
import { onlyIf } from "../quantities/quantity.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import type { Desk } from "../quantities/desk.ts";
import { estimateReading, spreadOf } from "./reading.ts";
import { formatCounted } from "../util/format-size.ts";
import { hypotOf, maxOf } from "../util/extremes.ts";

/** What the layers are held against. */
async function wholeOf(desk: Desk, dense: DenseHessian | undefined): Promise<Pick<Whole, "trace" | "largest">> {
  if (dense) {
    const { values, rounding } = dense;
    const largest = {
      value: maxOf(values),
      residual: rounding.norm + values.length * Number.EPSILON * norm2(values),
    };
    return { trace: await desk.get(hessianTrace), largest };
  }
  const { top, converged } = await desk.get(hessianExtremes);
  return {
    trace: desk.wants(hessianTrace) && !desk.outOfTime ? await desk.get(hessianTrace) : undefined,
    largest: converged ? top[0] : undefined,
  };
}

/** What the products that the matrix was made of hide of an eigenvalue of it, and so of a block of it. */
function hiddenIn(whole: HessianMatrix, dense: DenseHessian | undefined): number {
  if (dense) return dense.rounding.norm;
  // The time was up before its eigenvalues were known; none is larger than the root of the sum of their squares.
  const size = norm2(whole.matrix);
  return whole.roundingOfEigenvalues(size, size);
}

export const layersInstrument = defineInstrument({
  name: "layers",
  title: "Curvature by layer",
  part: layersPart,
  reads: [eigenvaluesPart],
  figures: [layerCurvature],
  parameters: z.object({}),
  needs: [
    layerBlocks,
    denseHessian,
    onlyIf(isLarge, hessianExtremes),
    // The layers are held against it wherever it costs nothing more.
    onlyIf((setting) => isSmall(setting) || setting.wants(hessianTrace), hessianTrace),
    lossGradient,
  ],
  notFor: (problem, setting) => setting && withoutLayers(problem, setting.parametersOf(layerBlocks).layersBy),
  run: async (desk) => {
    const { blocks, whole, proofs } = await desk.get(layerBlocks);
    const dense = await desk.get(denseHessian);
    const hidden = whole ? hiddenIn(whole, dense) : 0;
    const gradient = await desk.get(lossGradient);
    const point = desk.point.parameters;
    const readings = blocks.map(({ layer: { name, tensors }, trace, top }) => {
      const size = sizeOfLayer(tensors);
      const lengthOf = (x: Float64Array) =>
        hypotOf(tensors.map((each) => norm2(x.subarray(each.offset, each.offset + each.size))));
      return {
        name,
        tensors: tensors.map((each) => each.label),
        parameters: size,
        trace,
        meanCurvature: trace.value / size,
        top: top ? { value: top.value, residual: top.residual + hidden } : null,
        topMissProbability: top?.missProbability ?? null,
        gradientNorm: lengthOf(gradient),
        weightNorm: lengthOf(point),
      };
    });
    const nameOf = layerNames(desk.problem, desk.parametersOf(layerBlocks).layersBy);
    const spread = { diagonal: proofs.diagonal, gradient, weights: point };
    const measured = readings.map((reading, i) => ({
      ...reading,
      again: againByNames(reading, desk.problem.space.tensors, spread, blocks[i].top, nameOf),
    }));
    desk.checks.push(layersCheck(measured, { ...proofs, ...(await wholeOf(desk, dense)) }));
    const converged = blocks.every(({ isChosen, top }) => !isChosen || top?.converged === true);
    return {
      parts: { layers: readings },
      converged,
      reason: converged ? undefined : "Not every layer's eigenvalue fitted into the budget.",
    };
  },
  readings: ({ layers }) =>
    (layers ?? []).map(({ name, trace }) => estimateReading(name, String.raw`\operatorname{tr} H_{\ell}`, trace)),
  measures:
    "For each layer, or with --layers-by role for all tensors that are there for the same in a transformer, the trace of its own block of the Hessian, that is, the curvature met when only this layer moves; the mean per parameter; the largest eigenvalue found of the block; and the lengths of gradient and weights.",
  means: ({ layers, hessian }) => {
    const most = layers?.toSorted((a, b) => b.trace.value - a.trace.value)[0];
    const total = layers?.reduce((sum, { trace }) => sum + trace.value, 0) ?? 0;
    // Traces of both signs cancel: a share of their sum would mean nothing.
    const oneSign = layers?.every(({ trace }) => trace.value >= 0) === true && total > 0;
    if (!most) return "";
    const sharpest = layers
      ?.flatMap(({ name, top }) => (top ? [{ name, value: top.value }] : []))
      .toSorted((a, b) => b.value - a.value)[0];
    return `"${most.name}" carries the most curvature: ${formatMeasured(most.trace.value, spreadOf(most.trace))}${oneSign ? `, ${formatShare(most.trace.value / total)} of the sum over layers` : ""}.${
      sharpest && hessian?.top
        ? ` Moving "${sharpest.name}" alone meets up to ${formatMeasured(sharpest.value)}; moving all layers together up to ${formatMeasured(hessian.top[0].value)}.`
        : ""
    }`;
  },
  doesNotMean:
    "A layer's curvature is not its importance: scaling one layer up and the next one down (see Flatness) moves it from the one to the other without changing the function.",
  tryNext:
    "Where one layer dominates, a smaller step size for that layer, or a normalisation in front of it, removes the limit that it sets for all.",
  verdicts: ({ layers }) => {
    const dead = layers?.filter(({ gradientNorm }) => gradientNorm === 0) ?? [];
    const left = layers?.find(({ name }) => name === NO_ROLE);
    const unknown: Question[] = left ? [withoutRole(left.tensors)] : [];
    // At a critical point no layer has a gradient, and none is to blame.
    if (dead.length === layers?.length) return unknown;
    const silent = dead.map(({ name, gradientNorm }): Question => ({
      asks: `whether "${name}" learns`,
      claims: [
        {
          level: "warn",
          rests: [{ ground: exactly("‖g‖ of the layer", gradientNorm), below: Number.MIN_VALUE }],
          text: `The gradient of "${name}" is exactly zero: on these data no step of gradient descent moves it.`,
        },
      ],
      decidedBy: "",
    }));
    return [...unknown, ...silent];
  },
});

const SHOWN = 6;

/** That the graph does not tell what some tensors are there for. */
function withoutRole(tensors: readonly string[]): Question {
  const count = tensors.length;
  return {
    asks: "whether every tensor has a role",
    claims: [
      {
        level: "note",
        rests: [{ ground: exactly("the number of tensors without a role", count), above: 0 }],
        text: `Of ${formatCounted(count, "tensor")} the graph does not tell what ${count === 1 ? "it is" : "they are"} there for (${tensors.slice(0, SHOWN).join(", ")}${count > SHOWN ? ", …" : ""}): ${count === 1 ? "it stands" : "they stand together"} as "${NO_ROLE}".`,
      },
    ],
    decidedBy: "",
  };
}
