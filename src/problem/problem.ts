import { vectorize } from "../autodiff/vectorize.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { importGraph, type ImportedGraph } from "../onnx/import-graph.ts";
import type { Feed, Runtime } from "../runtime/runtime.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import { BatchProgram, caveatsOf } from "./batch-program.ts";
import { LABELS, logitsBehind, lossGraph, type LossGraph } from "./loss-graph.ts";
import type { Loss, LossOptions } from "./losses/loss.ts";
import { ParameterSpace } from "./parameter-space.ts";
import {
  exampleDerivatives,
  gradientOf,
  gradientSquare,
  jacobianTransposed,
  jacobianVector,
  vectorizeExamples,
  weightedGradient,
  type Product,
} from "./products.ts";
import { inputsOf } from "../graph/traverse.ts";
import { addScaled } from "./accumulate.ts";

export interface ProblemOptions {
  readonly loss: Loss;
  readonly lossOptions: LossOptions;
  readonly reduction: "mean" | "sum";
  /** λ of an optional term λ/2‖θ‖². */
  readonly l2: number;
  readonly precision: FloatType;
  readonly batchSize: number;
  /** The output to take, by name; the first one when absent. */
  readonly output?: string;
  /** Parameters to keep, by name; the others are constants. */
  readonly parameters?: readonly string[];
  readonly freeze?: readonly string[];
  readonly batchNormalization?: "inference" | "training";
  /** How much may be kept between products, in bytes: data, activations and cotangents. */
  readonly cacheBytes: number;
}

/** The loss at the current parameters. */
export interface LossValue {
  readonly loss: number;
  /** Share of right predictions; undefined for regression. */
  readonly accuracy: number | undefined;
}

/** Examples `start` to `end`, which is not included. */
export interface BatchRange {
  readonly start: number;
  readonly end: number;
}

type Feeds = ReadonlyMap<string, Feed>;

/** A program with the names of the inputs that carry vectors. */
interface VectorProgram {
  readonly program: BatchProgram;
  readonly kept: Map<number, Feeds>;
}

/**
 * A network with a loss, parameters and data: the function L(θ) whose geometry is measured. Sums over
 * all examples are accumulated in float64 over batches, every example once, so that no result depends
 * on the batch size beyond rounding. Sessions are compiled on first use and kept.
 */
export class Problem {
  readonly space: ParameterSpace;
  readonly options: ProblemOptions;
  readonly dataset: Dataset;
  readonly runtime: Runtime;
  readonly model: ModelFile;
  /** What import and loss recognised, in sentences. */
  readonly notices: readonly string[];
  /** Points without derivative that the network passes through. */
  readonly caveats: readonly string[];
  /** Shape of the outputs of one example. */
  readonly outputShape: Shape;
  /** Whether a final Softmax or Sigmoid was taken off, by name. */
  readonly strippedLink: string | undefined;
  /** Number of loss terms that a mean divides by. */
  readonly terms: number;
  private point: Float64Array;
  private parameterFeeds: Feeds;
  private readonly programs = new Map<string, Promise<VectorProgram>>();
  private readonly data = new Map<number, Feeds>();
  private keptBytes = 0;

  private constructor(model: ModelFile, dataset: Dataset, runtime: Runtime, options: ProblemOptions, probe: Probe, terms: number) {
    this.model = model;
    this.dataset = dataset;
    this.runtime = runtime;
    this.options = options;
    this.space = new ParameterSpace(probe.imported.parameters.size === 0 ? [] : [...probe.imported.parameters].map(([name, { shape }]) => ({ name, shape })));
    this.notices = [...model.notices, ...probe.imported.notices].map((notice) => notice.message);
    this.caveats = [...new Set([...probe.imported.caveats, ...caveatsOf([probe.graph.total])])];
    this.outputShape = probe.graph.outputs.shape.slice(1);
    this.strippedLink = probe.stripped;
    this.terms = terms;
    this.point = this.initialPoint();
    this.parameterFeeds = this.feedsOf(this.point);
  }

  /** Opens a problem: builds the graph once to check that model, loss and data fit, and reads every label. */
  static async open(model: ModelFile, dataset: Dataset, runtime: Runtime, options: ProblemOptions): Promise<Problem> {
    if (dataset.examples === 0) {
      throw new ThalwegError({ kind: "input", code: "no-examples", message: `The data "${dataset.name}" has no examples.` });
    }
    const size = Math.min(options.batchSize, dataset.examples);
    const probe = buildProbe(model, dataset, options, size);
    if (probe.imported.parameters.size === 0) {
      throw new ThalwegError({
        kind: "input",
        code: "no-parameters",
        message: "The model has no parameters to differentiate with respect to.",
        hint: "`thalweg inspect MODEL` lists every initialiser and why it is or is not a parameter; --params chooses.",
      });
    }
    let terms = 0;
    for (const { start, end } of batches(dataset.examples, options.batchSize)) {
      const { y } = dataset.batch(start, end);
      const outputs = [end - start, ...probe.graph.outputs.shape.slice(1)];
      options.loss.checkLabels?.(y, outputs, options.lossOptions, start);
      terms += options.loss.terms(y, outputs, options.lossOptions);
    }
    if (!(terms > 0)) {
      throw new ThalwegError({ kind: "input", code: "no-terms", message: "Every label is marked as ignored, so the loss is empty." });
    }
    return new Problem(model, dataset, runtime, options, probe, terms);
  }

  get examples(): number {
    return this.dataset.examples;
  }

  /** The parameters θ at which everything is measured (a copy). */
  get parameters(): Float64Array {
    return this.point.slice();
  }

  /** Moves to other parameters; what was kept for the old ones is dropped. */
  moveTo(point: Float64Array): void {
    if (point.length !== this.space.dimension) throw new RangeError(`the parameters have dimension ${this.space.dimension}, not ${point.length}`);
    this.point = Float64Array.from(point);
    this.parameterFeeds = this.feedsOf(this.point);
    for (const pending of this.programs.values()) {
      void pending.then(({ program, kept }) => {
        this.keptBytes -= kept.size * program.keptElements * this.elementBytes;
        kept.clear();
      });
    }
  }

  /** Runs `work` at other parameters and comes back, also after an error. */
  async at<T>(point: Float64Array, work: () => Promise<T>): Promise<T> {
    const home = this.point;
    this.moveTo(point);
    try {
      return await work();
    } finally {
      this.moveTo(home);
    }
  }

  /** L(θ) and the share of right predictions. Cost: one forward pass. */
  async value(context: RunContext = {}): Promise<LossValue> {
    let loss = 0;
    let correct = 0;
    const counts = this.options.loss.correct !== undefined;
    for (const batch of this.ranges()) {
      throwIfInterrupted(context);
      const { program } = await this.compiled("value", batch, 0, (graph) => {
        const right = graph.loss.correct?.(graph.outputs, graph.labels, graph.options);
        return new Map([["loss", graph.total], ...(right ? [["correct", right] as const] : [])]);
      });
      const results = await program.run(this.feeds(batch));
      loss += scalar(results, "loss");
      if (counts) correct += scalar(results, "correct");
    }
    const value = loss / this.divisor + (this.options.l2 / 2) * squaredNorm(this.point);
    if (!Number.isFinite(value)) await this.explainNonFinite();
    return { loss: value, accuracy: counts ? correct / this.terms : undefined };
  }

  /** The loss of every example, undivided. Cost: one forward pass. */
  async exampleLosses(context: RunContext = {}): Promise<Float64Array> {
    const losses = new Float64Array(this.examples);
    for (const batch of this.ranges()) {
      throwIfInterrupted(context);
      const { program } = await this.compiled("example-losses", batch, 0, (graph) => new Map([["losses", graph.perExample]]));
      losses.set(take(await program.run(this.feeds(batch)), "losses").data, batch.start);
    }
    return losses;
  }

  /** ∇L(θ). Cost: about three forward passes. */
  async gradient(context: RunContext = {}, range?: BatchRange): Promise<Float64Array> {
    const sum = new Float64Array(this.space.dimension);
    let examples = 0;
    for (const batch of this.ranges(range)) {
      throwIfInterrupted(context);
      const { program } = await this.compiled("gradient", batch, 0, (graph) => this.named(gradientOf(graph)));
      this.addTo(sum, await program.run(this.feeds(batch)), 1, 0);
      examples += batch.end - batch.start;
    }
    const divisor = range ? (this.divisor * examples) / this.examples : this.divisor;
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i] / divisor + this.options.l2 * this.point[i];
    this.requireFinite(sum, "gradient");
    return sum;
  }

  /** The products of a matrix in parameter space with a block of vectors. Cost: one product each. */
  async product(product: Product, block: readonly Float64Array[], context: RunContext = {}): Promise<Float64Array[]> {
    const results: Float64Array[] = [];
    for (let at = 0; at < block.length; ) {
      const size = chunk(block.length - at);
      results.push(...(await this.productChunk(product, block.slice(at, at + size), context)));
      at += size;
    }
    return results;
  }

  private async productChunk(product: Product, block: readonly Float64Array[], context: RunContext): Promise<Float64Array[]> {
    const size = block.length;
    const vectors = this.vectorFeeds(block);
    const sums = block.map(() => new Float64Array(this.space.dimension));
    for (const [index, batch] of this.ranges().entries()) {
      throwIfInterrupted(context);
      const compiled = await this.compiled(product.name, batch, size, (graph, tangents) => this.named(product.build(graph, tangents)));
      const feeds = new Map([...this.feeds(batch), ...(await this.prepared(compiled, index, batch)), ...vectors]);
      const outputs = await compiled.program.run(feeds);
      for (let i = 0; i < size; i++) this.addTo(sums[i], outputs, size, i);
    }
    const divisor = product.perExample ? this.examples : this.divisor;
    const l2 = product.regularized ? this.options.l2 : 0;
    sums.forEach((sum, i) => {
      for (let j = 0; j < sum.length; j++) sum[j] = sum[j] / divisor + l2 * block[i][j];
      this.requireFinite(sum, product.name);
    });
    return sums;
  }

  /** J v for every example: [examples, ...outputs], flat. */
  async jacobianVector(vector: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const width = sizeOf(this.outputShape);
    const result = new Float64Array(this.examples * width);
    const vectors = this.vectorFeeds([vector]);
    for (const batch of this.ranges()) {
      throwIfInterrupted(context);
      const { program } = await this.compiled("jacobian", batch, 1, (graph, tangents) => new Map([["outputs", jacobianVector(graph, tangents)]]));
      result.set(take(await program.run(new Map([...this.feeds(batch), ...vectors])), "outputs").data, batch.start * width);
    }
    return result;
  }

  /** Jᵀ u for cotangents u of all outputs, [examples, ...outputs] flat. */
  async jacobianTransposed(cotangent: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const width = sizeOf(this.outputShape);
    const sum = new Float64Array(this.space.dimension);
    for (const batch of this.ranges()) {
      throwIfInterrupted(context);
      const { program } = await this.compiled("jacobian-transposed", batch, 0, (graph) => {
        const input = graph.outputs.graph.input("thalweg:u", this.options.precision, graph.outputs.shape);
        return this.named(jacobianTransposed(graph, input));
      });
      const part = cotangent.subarray(batch.start * width, batch.end * width);
      const data = this.options.precision === "float32" ? Float32Array.from(part) : Float64Array.from(part);
      const feed = this.runtime.feed({ dtype: this.options.precision, shape: [batch.end - batch.start, ...this.outputShape], data });
      this.addTo(sum, await program.run(new Map([...this.feeds(batch), ["thalweg:u", feed]])), 1, 0);
    }
    return sum;
  }

  /** The outputs of the network, [examples, ...outputs] flat. */
  async outputs(context: RunContext = {}): Promise<Float64Array> {
    const width = sizeOf(this.outputShape);
    const result = new Float64Array(this.examples * width);
    for (const batch of this.ranges()) {
      throwIfInterrupted(context);
      const { program } = await this.compiled("outputs", batch, 0, (graph) => new Map([["outputs", graph.outputs]]));
      result.set(take(await program.run(this.feeds(batch)), "outputs").data, batch.start * width);
    }
    return result;
  }

  /** The network and its loss on one batch, to be traversed. */
  graph(): LossGraph {
    return buildProbe(this.model, this.dataset, this.options, Math.min(this.options.batchSize, this.examples)).graph;
  }

  /** Runs other values of a batch's graph on every batch. `name` stands for `build` in the cache. Cost: what was built. */
  async measure(
    name: string,
    build: (graph: LossGraph) => Map<string, Value>,
    receive: (outputs: ReadonlyMap<string, Tensor>, range: BatchRange) => void,
    context: RunContext = {},
  ): Promise<void> {
    for (const batch of this.ranges()) {
      throwIfInterrupted(context);
      const { program } = await this.compiled(name, batch, 0, build);
      receive(await program.run(this.feeds(batch)), batch);
    }
  }

  /** gᵢᵀv for the gradient gᵢ of every example's loss, undivided. Cost: about two forward passes. */
  async exampleDerivatives(vector: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const result = new Float64Array(this.examples);
    const vectors = this.vectorFeeds([vector]);
    for (const batch of this.ranges()) {
      throwIfInterrupted(context);
      const { program } = await this.compiled("example-derivatives", batch, 1, (graph, tangents) => new Map([["derivatives", exampleDerivatives(graph, tangents)]]));
      result.set(take(await program.run(new Map([...this.feeds(batch), ...vectors])), "derivatives").data, batch.start);
    }
    return result;
  }

  /** Σ wᵢ gᵢ over the examples, gᵢ undivided. Cost: one gradient. */
  async weightedGradient(weights: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const { precision } = this.options;
    const sum = new Float64Array(this.space.dimension);
    for (const batch of this.ranges()) {
      throwIfInterrupted(context);
      const { program } = await this.compiled("weighted-gradient", batch, 0, (graph) =>
        this.named(weightedGradient(graph, graph.total.graph.input("thalweg:u", precision, graph.perExample.shape))),
      );
      const part = weights.subarray(batch.start, batch.end);
      const data = precision === "float32" ? Float32Array.from(part) : Float64Array.from(part);
      const feed = this.runtime.feed({ dtype: precision, shape: [data.length], data });
      this.addTo(sum, await program.run(new Map([...this.feeds(batch), ["thalweg:u", feed]])), 1, 0);
    }
    return sum;
  }

  /**
   * ‖gᵢ‖² for every example, gᵢ undivided: the gradient of a batch of one, vectorised over the batch.
   * Cost: about one gradient, and memory for one gradient an example of a batch.
   */
  async exampleGradientSquares(context: RunContext = {}): Promise<Float64Array> {
    const result = new Float64Array(this.examples);
    const { precision } = this.options;
    const one = buildProbe(this.model, this.dataset, this.options, 1).graph;
    const square = gradientSquare(one);
    const singles = [...inputsOf([square])].filter(([name]) => !this.parameterFeeds.has(name));
    const size = Math.max(1, Math.min(this.options.batchSize, this.examples, Math.floor(2 ** 26 / this.space.dimension)));
    for (const batch of batches(this.examples, size)) {
      throwIfInterrupted(context);
      const examples = batch.end - batch.start;
      const key = `example-gradient-squares/${examples}/0`;
      const pending =
        this.programs.get(key) ??
        BatchProgram.whole(
          new Map([["squares", vectorizeExamples(square, singles.map(([, value]) => value), examples)]]),
          { precision, portable: false },
          this.runtime,
        ).then((program) => ({ program, kept: new Map<number, Feeds>() }));
      this.programs.set(key, pending);
      const { program } = await pending;
      const feeds = size === this.options.batchSize ? this.feeds(batch) : new Map([...this.parameterFeeds, ...this.makeFeeds(batch)]);
      result.set(take(await program.run(feeds), "squares").data, batch.start);
    }
    return result;
  }

  /** Frees all sessions. */
  async close(): Promise<void> {
    for (const pending of this.programs.values()) await (await pending).program.release();
    this.programs.clear();
  }

  /** The block size at which products are cheapest: joint for small layers, one by one where convolutions dominate. */
  get preferredBlock(): number {
    return 8;
  }

  /** What a mean divides by. */
  get divisor(): number {
    return this.options.reduction === "mean" ? this.terms : 1;
  }

  private get elementBytes(): number {
    return this.options.precision === "float32" ? 4 : 8;
  }

  private ranges(range: BatchRange = { start: 0, end: this.examples }): BatchRange[] {
    return batches(range.end - range.start, this.options.batchSize).map(({ start, end }) => ({
      start: start + range.start,
      end: end + range.start,
    }));
  }

  private initialPoint(): Float64Array {
    const byName = new Map(this.model.parameters.map((parameter) => [parameter.name, parameter]));
    const point = new Float64Array(this.space.dimension);
    for (const { name, offset } of this.space.tensors) {
      const parameter = byName.get(name);
      if (parameter) point.set(parameter.data, offset);
    }
    return point;
  }

  private feedsOf(point: Float64Array): Feeds {
    const { precision } = this.options;
    const flat = precision === "float32" ? Float32Array.from(point) : point;
    return new Map(
      this.space.tensors.map(({ name, shape, offset, size }) => [
        name,
        this.runtime.feed({ dtype: precision, shape, data: flat.subarray(offset, offset + size) }),
      ]),
    );
  }

  /** One array per parameter holding the block, [k, ...shape]; without the leading axis for one vector. */
  private vectorFeeds(block: readonly Float64Array[]): Feeds {
    const { precision } = this.options;
    const size = block.length;
    return new Map(
      this.space.tensors.map(({ shape, offset, size: length }, i) => {
        const data = allocate(precision, length * size);
        block.forEach((vector, k) => data.set(vector.subarray(offset, offset + length), k * length));
        return [vectorName(i), this.runtime.feed({ dtype: precision, shape: size === 1 ? shape : [size, ...shape], data })];
      }),
    );
  }

  private named(values: readonly Value[]): Map<string, Value> {
    return new Map(values.map((value, i) => [`thalweg:p${i}`, value]));
  }

  private addTo(sum: Float64Array, outputs: ReadonlyMap<string, Tensor>, blockSize: number, index: number): void {
    this.space.tensors.forEach(({ offset, size }, i) => {
      const { data } = take(outputs, `thalweg:p${i}`);
      if (data.length !== size * blockSize) throw new RangeError(`output ${i} has ${data.length} elements, not ${size * blockSize}`);
      addScaled(sum, offset, data, index * size, size);
    });
  }

  private feeds(batch: BatchRange): Feeds {
    return new Map([...this.parameterFeeds, ...this.batchFeeds(batch)]);
  }

  private batchFeeds({ start, end }: BatchRange): Feeds {
    const known = this.data.get(start);
    if (known) return known;
    const feeds = this.makeFeeds({ start, end });
    let bytes = 0;
    for (const { elements } of feeds.values()) bytes += elements * this.elementBytes;
    const full = (end - start) === Math.min(this.options.batchSize, this.examples) || end === this.examples;
    if (full && this.keptBytes + bytes <= this.options.cacheBytes) {
      this.data.set(start, feeds);
      this.keptBytes += bytes;
    }
    return feeds;
  }

  private makeFeeds({ start, end }: BatchRange): Feeds {
    const { inputs, y } = this.dataset.batch(start, end);
    const { precision } = this.options;
    return new Map(
      [...Object.entries(inputs), [LABELS, y] as const].map(([name, tensor]) => {
        const float = tensor.dtype === "float32" || tensor.dtype === "float64";
        const data = !float ? tensor.data : precision === "float32" ? Float32Array.from(tensor.data) : Float64Array.from(tensor.data);
        return [name, this.runtime.feed({ dtype: float ? precision : tensor.dtype, shape: tensor.shape, data })];
      }),
    );
  }

  private compiled(
    name: string,
    batch: BatchRange,
    block: number,
    build: (graph: LossGraph, tangents: readonly Value[]) => Map<string, Value>,
  ): Promise<VectorProgram> {
    const size = batch.end - batch.start;
    const key = `${name}/${size}/${block}`;
    const known = this.programs.get(key);
    if (known) return known;
    const pending = this.compile(size, block, build);
    this.programs.set(key, pending);
    return pending;
  }

  private async compile(
    size: number,
    block: number,
    build: (graph: LossGraph, tangents: readonly Value[]) => Map<string, Value>,
  ): Promise<VectorProgram> {
    const { precision } = this.options;
    const { graph } = buildProbe(this.model, this.dataset, this.options, size);
    const home = graph.total.graph;
    const tangents = block === 0 ? [] : this.space.tensors.map(({ shape }, i) => home.input(block === 1 ? vectorName(i) : `single:${vectorName(i)}`, precision, shape));
    let outputs = build(graph, tangents);
    let varying = tangents;
    if (block > 1) {
      varying = this.space.tensors.map(({ shape }, i) => home.input(vectorName(i), precision, [block, ...shape]));
      const blocked = vectorize([...outputs.values()], new Map(tangents.map((tangent, i) => [tangent, varying[i]])), block);
      outputs = new Map([...outputs.keys()].map((name, i) => [name, blocked[i]]));
    }
    const target = { precision, portable: false };
    if (block > 0) {
      const count = Math.ceil(this.examples / this.options.batchSize);
      const keepable = (this.options.cacheBytes - this.keptBytes) / this.elementBytes / count;
      const split = await BatchProgram.split(outputs, varying, target, this.runtime, keepable);
      if (split) return { program: split, kept: new Map() };
    }
    return { program: await BatchProgram.whole(outputs, target, this.runtime), kept: new Map() };
  }

  private async prepared({ program, kept }: VectorProgram, index: number, batch: BatchRange): Promise<Feeds> {
    const known = kept.get(index);
    if (known) return known;
    const feeds = await program.prepare(this.feeds(batch));
    const bytes = program.keptElements * this.elementBytes;
    if (this.keptBytes + bytes <= this.options.cacheBytes) {
      kept.set(index, feeds);
      this.keptBytes += bytes;
    }
    return feeds;
  }

  private requireFinite(vector: Float64Array, what: string): void {
    const at = vector.findIndex((element) => !Number.isFinite(element));
    if (at < 0) return;
    const place = this.space.tensors.find(({ offset, size }) => at >= offset && at < offset + size);
    throw new ThalwegError({
      kind: "input",
      code: "not-finite",
      message: `The ${what} is not finite: the first such entry belongs to the parameter "${place?.name}".`,
      where: { parameter: place?.name },
      hint: "Look for a singular point (a square root or a norm at 0, a logarithm of 0) or overflow; --precision float64 may help.",
    });
  }

  private async explainNonFinite(): Promise<never> {
    throw new ThalwegError({
      kind: "input",
      code: "not-finite",
      message: "The loss is not finite at these parameters.",
      hint: "Check the weights and the data for overflow; --precision float64 may help.",
    });
  }
}

interface Probe {
  readonly imported: ImportedGraph;
  readonly graph: LossGraph;
  readonly stripped: string | undefined;
}

function buildProbe(model: ModelFile, dataset: Dataset, options: ProblemOptions, batch: number): Probe {
  const inputShapes = Object.fromEntries(dataset.inputs.map(({ name, shape }) => [name, [batch, ...shape]]));
  const imported = importGraph(model, new Graph(), {
    precision: options.precision,
    batch,
    inputShapes,
    freeze: options.freeze,
    parameters: options.parameters,
    batchNormalization: options.batchNormalization,
  });
  const name = options.output ?? [...imported.outputs.keys()][0];
  const outputs = imported.outputs.get(name);
  if (!outputs) {
    throw new ThalwegError({
      kind: "usage",
      code: "unknown-output",
      message: `The model has no output "${name}"; it has ${[...imported.outputs.keys()].map((each) => `"${each}"`).join(", ")}.`,
    });
  }
  const { logits, stripped } = logitsBehind(outputs, options.loss);
  const labels = { dtype: dataset.labels.dtype === "int64" ? dataset.labels.dtype : options.precision, shape: [batch, ...dataset.labels.shape] };
  const graph = lossGraph(logits.graph, [...imported.parameters.values()], logits, labels, options.loss, options.lossOptions);
  return { imported, graph, stripped };
}

function batches(examples: number, size: number): BatchRange[] {
  const ranges: BatchRange[] = [];
  for (let start = 0; start < examples; start += size) ranges.push({ start, end: Math.min(start + size, examples) });
  return ranges;
}

/** Blocks are compiled for sizes 8, 4, 2 and 1 only, so that few sessions serve all. */
function chunk(remaining: number): number {
  return remaining >= 8 ? 8 : remaining >= 4 ? 4 : remaining >= 2 ? 2 : 1;
}

function vectorName(index: number): string {
  return `thalweg:v${index}`;
}

function take(outputs: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = outputs.get(name);
  if (!tensor) throw new RangeError(`the graph has no output ${name}`);
  return tensor;
}

function scalar(outputs: ReadonlyMap<string, Tensor>, name: string): number {
  return take(outputs, name).data[0];
}

function squaredNorm(vector: Float64Array): number {
  let sum = 0;
  for (const element of vector) sum += element * element;
  return sum;
}
