import { z } from "zod";
import { denseEnds } from "../estimators/dense-extremes.ts";
import { exactEstimate, type Eigenvalue, type Estimate } from "../estimators/estimate.ts";
import { extremalEigenpairs, productsOfSearch } from "../estimators/extremal-eigenpairs.ts";
import { studentTQuantile } from "../linalg/distributions.ts";
import { symmetricSpectrum } from "../linalg/symmetric-eigen.ts";
import { dot, norm2, sumOf } from "../linalg/vector.ts";
import { subBlockOperator } from "../operators/combinators.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { denseOperator } from "../operators/dense-operator.ts";
import { triangleOperator } from "../operators/triangle-operator.ts";
import type { ParameterTensor } from "../problem/parameter-space.ts";
import { formatMeasured, formatShare } from "../util/format-number.ts";
import { inSteps } from "../util/in-steps.ts";
import { eigenvaluesPart } from "./eigenvalues/eigenvalues-part.ts";
import { defineInstrument } from "./instrument.ts";
import { layerCurvature } from "./layers/layer-curvature.ts";
import { layersCheck } from "./layers/layers-check.ts";
import { layersPart } from "./layers/layers-part.ts";
import { exactly } from "./judge-verdict.ts";
import { denseHessian, isLarge, isSmall, type DenseHessian } from "../quantities/dense-hessian.ts";
import { hessianExtremes, pairsOf } from "../quantities/hessian-extremes.ts";
import { hessianOperator } from "../quantities/hessian-operator.ts";
import { bytesOfMatrix, bytesOfVectors } from "../quantities/memory.ts";
import { hessianTrace } from "../quantities/hessian-trace.ts";
import { onlyIf } from "../quantities/quantity.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import type { Desk } from "../quantities/desk.ts";
import { estimateReading, spreadOf } from "./reading.ts";

const parameters = z.object({
  layerProbes: z
    .number()
    .int()
    .min(4)
    .default(24)
    .describe("random probes, shared by all layers, for the trace of each layer"),
  layerTop: z
    .number()
    .int()
    .min(0)
    .default(12)
    .describe("layers whose own largest eigenvalue is computed, the largest traces first"),
});

export interface Layer {
  readonly name: string;
  readonly tensors: readonly ParameterTensor[];
}

/** Tensors that share everything before the last dot, slash or colon of their names: "conv1.weight" and "conv1.bias". */
export function layersOf(tensors: readonly ParameterTensor[]): Layer[] {
  const layers = new Map<string, ParameterTensor[]>();
  for (const tensor of tensors) {
    const name = tensor.label.replace(/[./:][^./:]*$/, "");
    layers.set(name, [...(layers.get(name) ?? []), tensor]);
  }
  return [...layers].map(([name, members]) => ({ name, tensors: members }));
}

/**
 * The trace of every layer's block from the same probes z: with H = VΛVᵀ + R on the known eigenpairs,
 * tr H_b = Σ λₖ‖v_{k,b}‖² + E z_bᵀ(Rz)_b, z random signs.
 */
async function blockTraces(desk: Desk, layers: readonly Layer[], probes: number): Promise<Estimate[]> {
  const { confidence, problem, random } = desk;
  const dense = await desk.get(denseHessian);
  const n = problem.space.dimension;
  if (dense) {
    // Errors of the diagonal may cancel in the whole trace, and not in a part of it.
    const rounding = Math.max(dense.rounding.trace, dense.rounding.frobenius);
    return layers.map(({ tensors }) => {
      const places = tensors.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i));
      const trace = sumOf(places.map((i) => dense.matrix[i * n + i]));
      return exactEstimate(trace, rounding, dense.products, "exact, from the whole matrix", confidence);
    });
  }
  const hessian = desk.operator(hessianOperator);
  const known = pairsOf(await desk.get(hessianExtremes), n);
  const z = Array.from({ length: probes }, (_, i) => random.split(`layer probe ${i}`).rademacherVector(n));
  const images = await hessian.apply(z);
  const part = (x: Float64Array, y: Float64Array, { tensors }: Layer) =>
    tensors.reduce(
      (sum, { offset, size }) => sum + dot(x.subarray(offset, offset + size), y.subarray(offset, offset + size)),
      0,
    );
  const rest = images.map((image, i) => {
    const remainder = Float64Array.from(image);
    for (const { value, vector } of known) {
      const along = value * dot(vector, z[i]);
      for (let j = 0; j < n; j++) remainder[j] -= along * vector[j];
    }
    return remainder;
  });
  const quantile = studentTQuantile(0.5 + confidence / 2, probes - 1);
  const compared = z.slice(0, COMPARED);
  const exactImages = (await hessian.wider?.apply(compared)) ?? [];
  const errors = exactImages.map((exact, i) => images[i].map((x, j) => x - exact[j]));
  return layers.map((layer) => {
    const exact = known.reduce((sum, { value, vector }) => sum + value * part(vector, vector, layer), 0);
    const samples = z.map((probe, i) => part(probe, rest[i], layer));
    const mean = samples.reduce((sum, x) => sum + x, 0) / probes;
    const standardError = Math.sqrt(samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (probes * (probes - 1)));
    const value = exact + mean;
    const rounding = boundOfMean(errors.map((error, i) => part(z[i], error, layer)));
    const width = quantile * standardError + rounding;
    return {
      value,
      standardError,
      rounding,
      products: probes,
      method: "shared random signs after deflating the extreme eigenvectors",
      interval: { lower: value - width, upper: value + width, confidence },
      converged: true,
    };
  });
}

/** The coordinates of some tensors, ascending. */
function rowsOf(tensors: Layer["tensors"]): Uint32Array {
  return Uint32Array.from(
    tensors.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i)),
  ).sort();
}

/** These rows and columns of a matrix, as a matrix. */
function blockOf(matrix: Float64Array, n: number, rows: Uint32Array): Float64Array {
  const block = new Float64Array(rows.length ** 2);
  rows.forEach((row, i) => rows.forEach((column, j) => (block[i * rows.length + j] = matrix[row * n + column])));
  return block;
}

/** The largest eigenvalue of a layer's block; undefined when the time was up before it was known. */
interface LayerTop extends Pick<Eigenvalue, "value" | "residual"> {
  /** That a larger one was passed over; null where the search ended before a bound of use. */
  readonly missProbability: number | null;
  readonly converged: boolean;
}

/** Rows of a block whose whole spectrum costs no more than a search in it. */
const SPECTRUM_ROWS = 600;

/** From the whole spectrum of the block, where it is small: no search, which may pass an eigenvalue over. */
async function topOfMatrix(desk: Desk, dense: DenseHessian, layer: Layer): Promise<LayerTop | undefined> {
  const { name, tensors } = layer;
  const context = desk.stage("layers");
  const n = desk.problem.space.dimension;
  const rows = rowsOf(tensors);
  const size = rows.length;
  if (size > SPECTRUM_ROWS) {
    const found = await topOfSearch(desk, triangleOperator(dense.matrix, n, rows, `the block of ${name}`), layer);
    return { ...found, residual: found.residual + dense.rounding.norm };
  }
  const matrix = blockOf(dense.matrix, n, rows);
  const spectrum = await inSteps(symmetricSpectrum(matrix, size), context, () => undefined);
  if (!spectrum) return undefined;
  const block = { matrix, asymmetry: 0, products: 0, spectrum };
  const operator = denseOperator(matrix, size, `the block of ${name}`);
  const { top, converged } = await denseEnds(operator, block, { largest: 1, smallest: 0 }, context);
  // What the products that the matrix was made of hide of an eigenvalue is hidden of a block's too.
  return { value: top[0].value, residual: top[0].residual + dense.rounding.norm, missProbability: 0, converged };
}

/** By a search, with a second one for what the first passed over. */
async function topOfSearch(desk: Desk, block: LinearOperator, { name }: Layer): Promise<LayerTop> {
  const { top, converged, multiplicity } = await extremalEigenpairs(
    block,
    { largest: 1, tolerance: 1e-3 },
    desk.random.split(`layer ${name}`),
    desk.stage("layers"),
  );
  const { value, residual } = top[0];
  return { value, residual, converged, missProbability: multiplicity.missProbability };
}

function blockOperator(desk: Desk, { name, tensors }: Layer): LinearOperator {
  const places = tensors.map((each) => ({ offset: each.offset, length: each.size }));
  return subBlockOperator(desk.operator(hessianOperator), places, `the block of ${name}`);
}

/** Products of the searches in so many blocks of layers, the largest ones. */
function searchesOf(tensors: readonly ParameterTensor[], count: number): number {
  const sizes = layersOf(tensors).map((layer) => sizeOfLayer(layer.tensors));
  const largest = sizes.toSorted((a, b) => b - a).slice(0, count);
  return largest.reduce((sum, size) => sum + productsOfSearch(size, { largest: 1 }), 0);
}

function sizeOfLayer(tensors: Layer["tensors"]): number {
  return tensors.reduce((sum, { size }) => sum + size, 0);
}

/** Probes whose products are compared with those of a wider arithmetic. */
const COMPARED = 4;

/** How large the mean that a few samples are drawn about may be: theirs and three standard errors; 0 of none. */
function boundOfMean(samples: readonly number[]): number {
  const n = samples.length;
  if (n === 0) return 0;
  const mean = samples.reduce((sum, x) => sum + x, 0) / n;
  const square = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  return Math.abs(mean) + 3 * Math.sqrt(square / n);
}

/** What the layers are held against. */
async function wholeOf(desk: Desk, dense: DenseHessian | undefined): Promise<Parameters<typeof layersCheck>[1]> {
  if (dense) {
    const { values, rounding } = dense;
    const largest = {
      value: Math.max(...values),
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

export const layersInstrument = defineInstrument({
  name: "layers",
  title: "Curvature by layer",
  part: layersPart,
  reads: [eigenvaluesPart],
  figures: [layerCurvature],
  parameters,
  needs: [
    denseHessian,
    onlyIf(isLarge, hessianExtremes),
    // The layers are held against it wherever it costs nothing more.
    onlyIf((setting) => isSmall(setting) || setting.wants(hessianTrace), hessianTrace),
    lossGradient,
  ],
  // Blocks of the matrix, where there is one, cost nothing.
  cost: (setting, { layerProbes, layerTop }) =>
    isSmall(setting) ? 0 : layerProbes + searchesOf(setting.problem.space.tensors, layerTop),
  bytes: (setting, { layerProbes }) => {
    const n = setting.problem.space.dimension;
    const widest = Math.max(...layersOf(setting.problem.space.tensors).map(({ tensors }) => sizeOfLayer(tensors)));
    // A small block with its triangle; or probes, their products, and what the known eigenpairs leave of them.
    return isSmall(setting) ? 2 * bytesOfMatrix(Math.min(widest, SPECTRUM_ROWS)) : bytesOfVectors(n, 3 * layerProbes);
  },
  run: async (desk, { layerProbes, layerTop }) => {
    const { problem } = desk;
    const layers = layersOf(problem.space.tensors);
    const traces = await blockTraces(desk, layers, layerProbes);
    const dense = await desk.get(denseHessian);
    const chosen = new Set(
      layers
        .map((_, i) => i)
        .toSorted((a, b) => traces[b].value - traces[a].value)
        .slice(0, layerTop),
    );
    const gradient = await desk.get(lossGradient);
    const point = desk.point.parameters;
    let converged = true;
    const readings = [];
    for (const [i, layer] of layers.entries()) {
      const { name, tensors } = layer;
      const size = sizeOfLayer(tensors);
      const lengthOf = (x: Float64Array) =>
        Math.hypot(...tensors.map((each) => norm2(x.subarray(each.offset, each.offset + each.size))));
      let found: LayerTop | undefined;
      if (chosen.has(i)) {
        if (!desk.outOfTime)
          found = dense
            ? await topOfMatrix(desk, dense, layer)
            : await topOfSearch(desk, blockOperator(desk, layer), layer);
        converged &&= found?.converged === true;
      }
      readings.push({
        name,
        tensors: tensors.map((each) => each.label),
        parameters: size,
        trace: traces[i],
        meanCurvature: traces[i].value / size,
        top: found ? { value: found.value, residual: found.residual } : null,
        topMissProbability: found?.missProbability ?? null,
        gradientNorm: lengthOf(gradient),
        weightNorm: lengthOf(point),
      });
    }
    desk.checks.push(layersCheck(readings, await wholeOf(desk, dense)));
    return {
      parts: { layers: readings },
      converged,
      reason: converged ? undefined : "Not every layer's eigenvalue fitted into the budget.",
    };
  },
  readings: ({ layers }) =>
    (layers ?? []).map(({ name, trace }) => estimateReading(name, String.raw`\operatorname{tr} H_{\ell}`, trace)),
  measures:
    "For each layer, the trace of its own block of the Hessian, that is, the curvature met when only this layer moves; the mean per parameter; the largest eigenvalue found of the block; and the lengths of gradient and weights.",
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
    // At a critical point no layer has a gradient, and none is to blame.
    if (dead.length === layers?.length) return [];
    return dead.map(({ name, gradientNorm }) => ({
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
  },
});
