import { pullback } from "../autodiff/pullback.ts";
import { pushforward } from "../autodiff/pushforward.ts";
import { vectorize } from "../autodiff/vectorize.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { reshape } from "../ops/structure.ts";
import type { RunContext } from "../util/run-context.ts";
import { allocate, type Shape, sizeOf, type Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { Computation } from "./computation.ts";
import { columnsOf, type DenseLayer, denseLayers, type MovedParameter, unitsFirst } from "./dense-layers.ts";
import type { LossGraph } from "./loss-graph.ts";
import type { VisitBatch, BatchRun } from "./point-batches.ts";
import { eachOutput } from "./gauss-newton-diagonal.ts";
import { outputFactors } from "./output-factors.ts";
import { COTANGENT } from "./point-computations.ts";
import type { PointMachinery } from "./point-machinery.ts";
import { eachExample } from "./point-sums.ts";
import { REDUCED_INPUT_FACTORS, REDUCED_OUTPUT_FACTORS } from "./reduced-factors.ts";
import type { Sample } from "./sample.ts";
import { requireExamples } from "./require-examples.ts";

/**
 * The Kronecker factors of a layer y = W(x, 1): its block of the Gauss–Newton matrix is about G ⊗ A (Martens & Grosse 2015;
 * of convolutions, Grosse & Martens 2016).
 */
export interface KroneckerFactors {
  /** Where the weights of unit r lie in θ: `places[r * columns + c]`; the bias, if there is one, in the last column. */
  readonly places: Int32Array;
  readonly rows: number;
  readonly columns: number;
  /** A, the mean of xxᵀ over examples and places, or over examples of x̄x̄ᵀ with x̄ the mean over places: columns × columns. */
  readonly inputs: Float64Array;
  /**
   * G, what Σ Jᵀ(∂²ℓ/∂z²)J has in y, summed over places, or of the sums over places; averaged as the loss is: rows × rows. For
   * cross-entropy and other likelihoods in their natural parameters it is the expectation of ∂ℓ/∂y∂ℓ/∂yᵀ over the model's own labels.
   */
  readonly outputs: Float64Array;
}

/**
 * What is made of a layer whose weights act at many places of an example: "expand" takes every place for an example of its own,
 * "reduce" the mean of its inputs over the places and the sum of its derivatives; each is exact in a deep linear network, the
 * first where every place has targets of its own, the second where the outputs are means over places (Eschenhagen et al. 2023).
 */
export type Sharing = "expand" | "reduce";

/** The factors of one of the layers of a network. */
export interface LayerFactors extends KroneckerFactors {
  /** Which of `denseLayers` it is. */
  readonly layer: number;
}

/** The factors of all layers. */
export interface NetworkFactors {
  readonly layers: readonly LayerFactors[];
  /** What they took, in products of the Gauss–Newton matrix: one for each output of an example. */
  readonly products: number;
}

/** Outputs of an example beyond which the exact expectation is not taken. */
const MOST_OUTPUTS = 128;

/**
 * Σ xxᵀ, without asking what x is: with T: W ↦ y at fixed x, TᵀT W = W Σxxᵀ, and a W whose rows are unit vectors brings as
 * many rows of it to light. Rows [blocks, units, columns], and of the bias [blocks, units].
 */
function inputRows(layer: DenseLayer): Value[] {
  const { scaled, weightAxis, bias, uses } = layer;
  const made = uses.map((use) => use.made);
  const { rows, weighted, columns } = columnsOf(layer);
  const blocks = Math.ceil(columns / rows);
  const moved = [scaled, ...(bias ? [bias.value] : [])];
  const { graph, dtype } = scaled;
  const tangents = moved.map((value, i) => graph.input(`thalweg:unit ${i}`, dtype, value.shape));
  const inner = sizeOf(scaled.shape.slice(weightAxis + 1));
  const units = moved.map((value, i): Value => {
    const size = sizeOf(value.shape);
    const data = allocate(dtype, blocks * size);
    for (let row = 0; row < blocks * rows; row++) {
      const [block, unit] = [Math.floor(row / rows), row % rows];
      // Column `row` in row-major order of the other axes.
      const place = Math.floor(row / inner) * inner * rows + unit * inner + (row % inner);
      if (i === 0 && row < weighted) data[block * size + place] = 1;
      if (i === 1 && row === weighted) data[block * size + unit] = 1;
    }
    return graph.constant({ dtype, shape: [blocks, ...value.shape], data });
  });
  const back = pullback(made, pushforward(made, moved, tangents), moved);
  const [ofWeights, ...ofBias] = vectorize(back, new Map(tangents.map((tangent, i) => [tangent, units[i]])), blocks);
  return [unitsFirst(ofWeights, weightAxis, 1), ...ofBias.map((each) => reshape(each, [blocks, rows]))];
}

const INPUT_FACTORS: Computation = {
  name: "input factors of layers",
  build: (site) => denseLayers(site).flatMap(inputRows),
};

const OUTPUT_FACTORS: Computation = {
  name: "output factors of layers",
  build: (site) => outputFactors(site, (rows) => rows),
};

/** Where the elements of a moved parameter lie in θ. */
function placesIn({ parameter, value }: MovedParameter, { parameters }: LossGraph, offset: number): Float64Array {
  const start = parameters[parameter];
  let places: Tensor = {
    dtype: "int64",
    shape: start.shape,
    data: Float64Array.from({ length: sizeOf(start.shape) }, (_, i) => offset + i),
  };
  let at = start;
  for (const node of reachable([value])) {
    if (node === start || !node.inputs.includes(at)) continue;
    const moved = node.operation.evaluate?.([places], { dtype: "int64", shape: node.shape });
    if (moved === undefined) break;
    [places, at] = [moved, node];
  }
  return Float64Array.from(places.data);
}

/** What is asked of a point whose layers are looked at. */
interface Evaluated {
  readonly examples: number;
  readonly batchSize: number;
  readonly sample: Pick<Sample, "divisor">;
  eachBatch(computation: Computation, context: RunContext, visit: VisitBatch, more?: BatchRun): Promise<void>;
}

/**
 * The factors of all layers (`denseLayers`), exactly, output by output; parameters of
 * other kinds are in none, nor are weights of more than some thousand columns, nor those of grouped convolutions, whose units
 * are given different inputs.
 *
 * Cost: two gradients for each output of an example, and for A a product of the layer with each of its columns over the units.
 *
 * @param shapeOf the shape of the outputs of so many examples
 * @throws usage error `too-many-outputs`; input error `no-outputs`
 */
export async function layerFactors(
  point: Evaluated,
  machinery: PointMachinery,
  context: RunContext,
  { shapeOf, sharing }: { readonly shapeOf: (examples: number) => Shape; readonly sharing: Sharing },
): Promise<NetworkFactors> {
  const { network, space, options, runtime, coupled } = machinery;
  requireExamples("Kronecker factor of a layer", coupled);
  const { graph } = network(point.batchSize);
  const outputs = sizeOf(shapeOf(1));
  if (graph.loss.givesLossOnly || outputs > MOST_OUTPUTS) throw withoutFactors(graph, outputs);
  const layers = denseLayers(graph);
  if (layers.length === 0) return { layers: [], products: 0 };
  const found = layers.map((layer, index) => {
    const { rows, weighted, columns } = columnsOf(layer);
    const places = new Int32Array(rows * columns);
    const { weights, weightAxis, bias } = layer;
    const inner = sizeOf(weights.value.shape.slice(weightAxis + 1));
    placesIn(weights, graph, space.tensors[weights.parameter].offset).forEach((at, i) => {
      const row = Math.floor(i / inner) % rows;
      const column = Math.floor(i / (inner * rows)) * inner + (i % inner);
      places[row * columns + column] = at;
    });
    if (bias)
      placesIn(bias, graph, space.tensors[bias.parameter].offset).forEach((at, row) => {
        places[row * columns + weighted] = at;
      });
    // Places at which the units are computed, in one example.
    const made = layer.uses.reduce((sum, use) => sum + sizeOf(use.made.shape), 0);
    const count = (point.examples * made) / rows / point.batchSize;
    const inputs = new Float64Array(columns * columns);
    return { layer: index, places, rows, weighted, columns, count, inputs, outputs: new Float64Array(rows * rows) };
  });
  const addTo = (side: "inputs" | "outputs", divisor: number, values: readonly Tensor[]) =>
    found.forEach((layer, i) => values[i].data.forEach((x, k) => (layer[side][k] += x / divisor)));
  const { divisor } = point.sample;
  if (sharing === "reduce") {
    const inputs: VisitBatch = (_batch, values) => addTo("inputs", point.examples, values);
    await eachExample(point, machinery, REDUCED_INPUT_FACTORS, context, inputs);
    const asked = { shape: shapeOf(1), computation: REDUCED_OUTPUT_FACTORS };
    await eachOutput(point, machinery, context, asked, (_batch, values) => addTo("outputs", divisor, values));
    return { layers: symmetricOf(found), products: outputs };
  }
  await point.eachBatch(INPUT_FACTORS, context, (_batch, values) => {
    let next = 0;
    for (const { weighted, columns, count, inputs } of found) {
      const ofWeights = values[next++].data;
      const ofBias = columns > weighted ? values[next++].data : undefined;
      for (let row = 0; row < columns; row++) {
        for (let column = 0; column < weighted; column++)
          inputs[row * columns + column] += ofWeights[row * weighted + column] / count;
        if (ofBias) inputs[row * columns + weighted] += ofBias[row] / count;
      }
    }
  });
  for (let output = 0; output < outputs; output++) {
    const extra = ({ start, end }: { readonly start: number; readonly end: number }) => {
      const shape = shapeOf(end - start);
      const data = allocate(options.precision, sizeOf(shape));
      for (let i = output; i < data.length; i += outputs) data[i] = 1;
      return new Map([[COTANGENT, runtime.feed({ dtype: options.precision, shape, data })]]);
    };
    const add: VisitBatch = (_batch, values) => addTo("outputs", divisor, values);
    await point.eachBatch(OUTPUT_FACTORS, context, add, { extra });
  }
  return { layers: symmetricOf(found), products: outputs };
}

/** Without what rounding makes of them. */
function symmetricOf(found: readonly LayerFactors[]): LayerFactors[] {
  return found.map(({ layer, places, rows, columns, inputs, outputs }) => ({
    layer,
    places,
    rows,
    columns,
    inputs: symmetricPart(inputs, columns),
    outputs: symmetricPart(outputs, rows),
  }));
}

function symmetricPart(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((x, at) => (x + matrix[(at % n) * n + Math.floor(at / n)]) / 2);
}

function withoutFactors({ loss }: LossGraph, outputs: number): ThalwegError {
  return loss.givesLossOnly === true
    ? new ThalwegError({
        kind: "input",
        code: "no-outputs",
        message: `The factors of layers need the network's outputs apart from its loss, but with --loss ${loss.name} the model only gives the loss.`,
        hint: "Export the network without its loss and name the loss with --loss.",
      })
    : new ThalwegError({
        kind: "usage",
        code: "too-many-outputs",
        message: `The factors of layers are summed over every output of an example, and this network has ${outputs}; ${MOST_OUTPUTS} are taken at most.`,
        hint: "Take a matrix of products instead, such as the Gauss–Newton matrix, or an optimiser that uses them.",
      });
}
