import { z } from "zod";
import { denseEnds } from "../estimators/dense-extremes.ts";
import type { Eigenvalue, Estimate } from "../estimators/estimate.ts";
import { extremalEigenpairs, productsOfSearch } from "../estimators/extremal-eigenpairs.ts";
import { symmetricSpectrum } from "../linalg/symmetric-eigen.ts";
import { norm2, sumOf } from "../linalg/vector.ts";
import { subBlockOperator } from "../operators/combinators.ts";
import { denseOperator } from "../operators/dense-operator.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { triangleOperator } from "../operators/triangle-operator.ts";
import { inSteps } from "../util/in-steps.ts";
import { tracesByProbes, tracesOfMatrix, type Again, type BlockTraces } from "./block-traces.ts";
import type { Desk } from "./desk.ts";
import { hessianExtremes } from "./hessian-extremes.ts";
import { hessianMatrix, isLarge, isSmall, type HessianMatrix } from "./hessian-matrix.ts";
import { hessianOperator } from "./hessian-operator.ts";
import { layersBy } from "./layers-by-role.ts";
import { rowsOf, sizeOfLayer, type Layer } from "./layers-of.ts";
import { bytesOfMatrix, bytesOfVectors } from "./memory.ts";
import { defineQuantity, onlyIf } from "./quantity.ts";
import { maxOf } from "../util/extremes.ts";

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
  layersBy: z
    .enum(["name", "role"])
    .default("name")
    .describe(
      "what makes tensors one layer: their names, or what they are there for in a transformer (embedding, QK, VO, FFN, norm, head), told by its graph",
    ),
});

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
  /** The trace of the block as the sum of its whole spectrum, where that was found. */
  readonly trace?: Again;
  /** The largest of the whole spectrum, or of the Ritz values of the search. */
  readonly again: Again;
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
  // As all eigenvalues are held against the whole matrix.
  const trace = { value: sumOf(spectrum.values), allowed: 100 * size * Number.EPSILON * norm2(spectrum.values) };
  const { value, residual } = top[0];
  const again = { value: maxOf(spectrum.values), allowed: residual };
  return { value, residual, missProbability: 0, converged, trace, again };
}

/** Of a search in a block. */
const TOLERANCE = 1e-3;

/** By a search, with a second one for what the first passed over. */
async function topOfSearch(desk: Desk, block: LinearOperator, { name }: Layer): Promise<LayerTop> {
  const { top, converged, multiplicity, seen, scale } = await extremalEigenpairs(
    block,
    { largest: 1, tolerance: TOLERANCE },
    desk.random.split(`layer ${name}`),
    desk.stage("layers"),
  );
  const { value, residual } = top[0];
  const again = { value: seen.highest, allowed: residual + 2 * TOLERANCE * scale };
  return { value, residual, converged, missProbability: multiplicity.missProbability, again };
}

function blockOperator(desk: Desk, { name, tensors }: Layer): LinearOperator {
  const places = tensors.map((each) => ({ offset: each.offset, length: each.size }));
  return subBlockOperator(desk.operator(hessianOperator), places, `the block of ${name}`);
}

/** Products of the searches in so many blocks of layers, the largest ones. */
function searchesOf(layers: readonly Layer[], count: number): number {
  const sizes = layers.map((layer) => sizeOfLayer(layer.tensors));
  const largest = sizes.toSorted((a, b) => b - a).slice(0, count);
  return largest.reduce((sum, size) => sum + productsOfSearch(size, { largest: 1 }), 0);
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
  /** What holds their traces together. */
  readonly proofs: Pick<BlockTraces, "standardErrorOfSum" | "inOneLayer" | "diagonal">;
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
  cost: (setting, { layerProbes, layerTop, layersBy: by }) =>
    isSmall(setting) ? 0 : layerProbes + searchesOf(layersBy(setting.problem, by), layerTop),
  bytes: (setting, { layerProbes, layersBy: by }) => {
    const n = setting.problem.space.dimension;
    const widest = maxOf(layersBy(setting.problem, by).map(({ tensors }) => sizeOfLayer(tensors)));
    // A small block with its triangle; or probes, their products, and what the known eigenpairs leave of them.
    return {
      working: isSmall(setting)
        ? 2 * bytesOfMatrix(Math.min(widest, SPECTRUM_ROWS))
        : bytesOfVectors(n, 3 * layerProbes),
    };
  },
  compute: async (desk, { layerProbes, layerTop, layersBy: by }): Promise<LayerBlocks> => {
    const layers = layersBy(desk.problem, by);
    const whole = await desk.get(hessianMatrix);
    const { traces, ...proofs } = whole
      ? tracesOfMatrix(desk, whole, layers)
      : await tracesByProbes(desk, layers, layerProbes);
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
    return { proofs, blocks, whole };
  },
});

function topOf(desk: Desk, whole: HessianMatrix | undefined, layer: Layer): Promise<LayerTop | undefined> {
  return whole ? topOfMatrix(desk, whole.matrix, layer) : topOfSearch(desk, blockOperator(desk, layer), layer);
}
