import { z } from "zod";
import { denseEnds } from "../estimators/dense-extremes.ts";
import { exactEstimate, type Eigenvalue, type Estimate } from "../estimators/estimate.ts";
import { extremalEigenpairs, productsOfSearch } from "../estimators/extremal-eigenpairs.ts";
import { studentTQuantile } from "../linalg/distributions.ts";
import { symmetricSpectrum } from "../linalg/symmetric-eigen.ts";
import { dot, sumOf } from "../linalg/vector.ts";
import { subBlockOperator } from "../operators/combinators.ts";
import { denseOperator } from "../operators/dense-operator.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { triangleOperator } from "../operators/triangle-operator.ts";
import type { ParameterTensor } from "../problem/parameter-space.ts";
import { inSteps } from "../util/in-steps.ts";
import type { Desk } from "./desk.ts";
import { hessianExtremes, pairsOf } from "./hessian-extremes.ts";
import { hessianMatrix, isLarge, isSmall, type HessianMatrix } from "./hessian-matrix.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { layersOf, sizeOfLayer, type Layer } from "./layers-of.ts";
import { bytesOfMatrix, bytesOfVectors } from "./memory.ts";
import { defineQuantity, onlyIf } from "./quantity.ts";

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

/** The trace of every layer's block from the diagonal. */
function tracesOfMatrix(desk: Desk, whole: HessianMatrix, layers: readonly Layer[]): Estimate[] {
  const n = desk.problem.space.dimension;
  const { matrix, products } = whole;
  // Errors of the diagonal may cancel in the whole trace, and not in a part of it.
  const rounding = Math.max(whole.rounding.trace, whole.rounding.frobenius);
  return layers.map(({ tensors }) => {
    const places = tensors.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i));
    const trace = sumOf(places.map((i) => matrix[i * n + i]));
    return exactEstimate(trace, rounding, products, "exact, from the whole matrix", desk.confidence);
  });
}

/**
 * The trace of every layer's block from the same probes z: with H = VΛVᵀ + R on the known eigenpairs,
 * tr H_b = Σ λₖ‖v_{k,b}‖² + E z_bᵀ(Rz)_b, z random signs.
 */
async function tracesByProbes(desk: Desk, layers: readonly Layer[], probes: number): Promise<Estimate[]> {
  const { confidence, problem, random } = desk;
  const n = problem.space.dimension;
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
export interface LayerTop extends Pick<Eigenvalue, "value" | "residual"> {
  /** That a larger one was passed over; null where the search ended before a bound of use. */
  readonly missProbability: number | null;
  readonly converged: boolean;
}

/** Rows of a block whose whole spectrum costs no more than a search in it. */
const SPECTRUM_ROWS = 600;

/** From the whole spectrum of the block, where it is small: no search, which may pass an eigenvalue over. */
async function topOfMatrix(desk: Desk, whole: Float64Array, layer: Layer): Promise<LayerTop | undefined> {
  const { name, tensors } = layer;
  const context = desk.stage("layers");
  const n = desk.problem.space.dimension;
  const rows = rowsOf(tensors);
  const size = rows.length;
  if (size > SPECTRUM_ROWS) return topOfSearch(desk, triangleOperator(whole, n, rows, `the block of ${name}`), layer);
  const matrix = blockOf(whole, n, rows);
  const spectrum = await inSteps(symmetricSpectrum(matrix, size), context, () => undefined);
  if (!spectrum) return undefined;
  const block = { matrix, asymmetry: 0, products: 0, spectrum };
  const operator = denseOperator(matrix, size, `the block of ${name}`);
  const { top, converged } = await denseEnds(operator, block, { largest: 1, smallest: 0 }, context);
  return { value: top[0].value, residual: top[0].residual, missProbability: 0, converged };
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

/** What is known of a layer's block. */
export interface LayerBlock {
  readonly layer: Layer;
  readonly trace: Estimate;
  /** Whether its largest eigenvalue was to be found: those of the largest traces are. */
  readonly isChosen: boolean;
  readonly top: LayerTop | undefined;
}

/** The layers' blocks of H. */
export interface LayerBlocks {
  readonly blocks: readonly LayerBlock[];
  /**
   * The matrix that they are blocks of, where there is one: what the products that it was made of hide of an eigenvalue
   * is hidden of a block's, too, and is not in the residuals here.
   */
  readonly whole: HessianMatrix | undefined;
}

/** The trace of every layer's block of H, and the largest eigenvalue of those with the largest traces. */
export const layerBlocks = defineQuantity({
  name: "layers' blocks of the Hessian",
  parameters,
  needs: [hessianMatrix, onlyIf(isLarge, hessianExtremes)],
  // Blocks of the matrix, where there is one, cost nothing.
  cost: (setting, { layerProbes, layerTop }) =>
    isSmall(setting) ? 0 : layerProbes + searchesOf(setting.problem.space.tensors, layerTop),
  bytes: (setting, { layerProbes }) => {
    const n = setting.problem.space.dimension;
    const widest = Math.max(...layersOf(setting.problem.space.tensors).map(({ tensors }) => sizeOfLayer(tensors)));
    // A small block with its triangle; or probes, their products, and what the known eigenpairs leave of them.
    return {
      working: isSmall(setting)
        ? 2 * bytesOfMatrix(Math.min(widest, SPECTRUM_ROWS))
        : bytesOfVectors(n, 3 * layerProbes),
    };
  },
  compute: async (desk, { layerProbes, layerTop }): Promise<LayerBlocks> => {
    const layers = layersOf(desk.problem.space.tensors);
    const whole = await desk.get(hessianMatrix);
    const traces = whole ? tracesOfMatrix(desk, whole, layers) : await tracesByProbes(desk, layers, layerProbes);
    const chosen = new Set(
      layers
        .map((_, i) => i)
        .toSorted((a, b) => traces[b].value - traces[a].value)
        .slice(0, layerTop),
    );
    const blocks: LayerBlock[] = [];
    for (const [i, layer] of layers.entries()) {
      const isChosen = chosen.has(i);
      const top = isChosen && !desk.outOfTime ? await topOf(desk, whole, layer) : undefined;
      blocks.push({ layer, trace: traces[i], isChosen, top });
    }
    return { blocks, whole };
  },
});

function topOf(desk: Desk, whole: HessianMatrix | undefined, layer: Layer): Promise<LayerTop | undefined> {
  return whole ? topOfMatrix(desk, whole.matrix, layer) : topOfSearch(desk, blockOperator(desk, layer), layer);
}
