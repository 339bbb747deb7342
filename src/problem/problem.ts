import type { Value } from "../graph/value.ts";
import { inputsOf } from "../graph/traverse.ts";
import type { Dataset } from "../data/dataset.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { Runtime, Slot } from "../runtime/runtime.ts";
import { mul } from "../ops/arithmetic.ts";
import { inOrder } from "../util/in-order.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, sizeOf, type Shape, type Tensor } from "../util/tensor.ts";
import type { LossGraph } from "./loss-graph.ts";
import { addMultiple, addPart, allFinite } from "./accumulate.ts";
import { BatchFeeds, releaseAll, type Feeds } from "./batch-feeds.ts";
import { caveatsOf } from "./batch-program.ts";
import { batchesOf, type BatchRange } from "./batches.ts";
import { fedName } from "./file-names.ts";
import { finitenessProbes, firstNonFinite } from "./first-non-finite.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { buildNetwork, type Network } from "./network.ts";
import { ParameterSpace } from "./parameter-space.ts";
import type { ProblemOptions } from "./problem-options.ts";
import {
  exampleDerivatives,
  gradientOf,
  gradientSquare,
  jacobianTransposed,
  jacobianVector,
  outputCurvatureForm,
  vectorizeExamples,
  weightedGradient,
  type Product,
} from "./products.ts";
import { ProgramStore, type Build } from "./program-store.ts";
import { VectorFeeds } from "./vector-feeds.ts";

/** The loss at the current parameters. */
export interface LossValue {
  readonly loss: number;
  /** Share of right predictions; undefined for regression. */
  readonly accuracy: number | undefined;
}

/** Name of the input that carries a cotangent of the outputs. */
const COTANGENT = "thalweg:u";

/** One batch is computed and one waits. */
const BATCHES_PER_LANE = 2;

/** Elements of intermediate values beyond which a block of vectors leaves the cache and gains nothing. */
const BLOCK_ELEMENTS = 2 ** 19;

/** Elements of gradients of single examples that are held at once. */
const EXAMPLE_GRADIENT_ELEMENTS = 2 ** 26;

/**
 * A network with a loss, parameters and data: the function L(θ) whose geometry is measured. Sums over
 * all examples are accumulated in float64 over batches, every example once, so that no result depends
 * on the batch size beyond rounding. Sessions are compiled on first use and kept.
 */
export class Problem {
  readonly model: ModelFile;
  readonly dataset: Dataset;
  readonly runtime: Runtime;
  readonly options: ProblemOptions;
  readonly space: ParameterSpace;
  /** The graph for one full batch, for questions about its structure. */
  readonly network: Network;
  /** Points without derivative that the loss passes through. */
  readonly caveats: readonly string[];
  /** Shape of the outputs of one example. */
  readonly outputShape: Shape;
  /** Number of loss terms that a mean divides by. */
  readonly terms: number;
  private readonly rowsPerExample: number;
  /** How many vectors one run takes at best: as many as keep the intermediate values in the cache. */
  readonly preferredBlock: number;
  private readonly programs: ProgramStore;
  private readonly vectors: VectorFeeds;
  private readonly parameterSlots: ReadonlyMap<string, Slot>;
  private point: Float64Array;

  private constructor(
    model: ModelFile,
    dataset: Dataset,
    runtime: Runtime,
    options: ProblemOptions,
    network: Network,
    terms: number,
  ) {
    this.model = model;
    this.dataset = dataset;
    this.runtime = runtime;
    this.options = options;
    this.network = network;
    this.space = new ParameterSpace(
      [...network.imported.parameters].map(([name, { shape }]) => ({ name, label: model.labels.get(name), shape })),
    );
    this.caveats = [...new Set([...network.imported.caveats, ...caveatsOf([network.graph.total])])];
    const [rows = network.graph.labels.shape[0], ...each] = network.graph.outputs.shape;
    // A model that merged examples and positions, [B·T, C], has T rows an example.
    this.rowsPerExample = rows / network.graph.labels.shape[0];
    this.outputShape = this.rowsPerExample === 1 ? each : [this.rowsPerExample, ...each];
    this.terms = terms;
    const budget = new MemoryBudget(options.cacheBytes);
    this.programs = new ProgramStore({
      problem: options,
      examples: dataset.examples,
      space: this.space,
      runtime,
      budget,
      network: (batch) => buildNetwork(model, dataset, options, batch),
      data: new BatchFeeds(dataset, runtime, options.precision, budget),
    });
    const widest = network.graph.total.graph.values.reduce((most, value) => Math.max(most, sizeOf(value.shape)), 1);
    this.preferredBlock = blockSize(BLOCK_ELEMENTS / widest);
    this.vectors = new VectorFeeds(this.space, options.precision, runtime);
    this.point = initialPoint(model, this.space, options.parameters);
    this.parameterSlots = new Map(
      this.space.tensors.map(({ name, shape }) => [fedName(name), runtime.slot(options.precision, shape)]),
    );
    this.writeParameters();
  }

  /** Opens a problem: builds the graph once to see that model, loss and data fit, and reads every label. */
  static open(model: ModelFile, dataset: Dataset, runtime: Runtime, options: ProblemOptions): Problem {
    if (dataset.examples === 0) {
      throw new ThalwegError({
        kind: "input",
        code: "no-examples",
        message: `The data "${dataset.name}" has no examples.`,
      });
    }
    const size = Math.min(options.batchSize, dataset.examples);
    const network = buildNetwork(model, dataset, options, size);
    if (network.imported.parameters.size === 0) {
      throw new ThalwegError({
        kind: "input",
        code: "no-parameters",
        message: "The model has no parameters to differentiate with respect to.",
        hint: "`thalweg inspect MODEL` lists every initialiser and why it is or is not a parameter; --params chooses.",
      });
    }
    return new Problem(model, dataset, runtime, options, network, countTerms(dataset, options, network));
  }

  get examples(): number {
    return this.dataset.examples;
  }

  /** The examples that have a term in the loss, by index: those whose labels are all ignored have none. */
  contributingExamples(): Int32Array {
    const { dataset, options } = this;
    const every = Int32Array.from({ length: dataset.examples }, (_, i) => i);
    if (options.loss.countTerms === undefined) return every;
    const [rows, ...each] = this.outputShape;
    const shape = this.rowsPerExample === 1 ? [1, ...this.outputShape] : [rows, ...each];
    return every.filter((i) => options.loss.terms(dataset.y(i, i + 1), shape, options.lossOptions) > 0);
  }

  /** The parameters θ at which everything is measured (a copy). */
  get parameters(): Float64Array {
    return this.point.slice();
  }

  /** What a mean divides by. */
  get divisor(): number {
    return this.options.reduction === "mean" ? this.terms : 1;
  }

  /**
   * Why the loss of an example depends on the others of its batch, as a clause; undefined where it does not. Batches
   * are then what the loss is of, and there are no gradients of single examples.
   */
  get coupled(): string | undefined {
    const { outputs, labels } = this.network.graph;
    const isOneNumber = this.options.loss.givesLossOnly && sizeOf(outputs.shape) === 1 && labels.shape[0] > 1;
    return this.options.coupled ?? (isOneNumber ? "the model returns one number for a batch" : undefined);
  }

  /** Moves to other parameters; what was prepared for the old ones is dropped. */
  async moveTo(point: Float64Array): Promise<void> {
    if (point.length !== this.space.dimension) {
      throw new RangeError(`the parameters have dimension ${this.space.dimension}, not ${point.length}`);
    }
    this.point = point.slice();
    this.writeParameters();
    await this.programs.invalidate();
  }

  /** Runs `work` at other parameters and comes back, also after an error. */
  async at<T>(point: Float64Array, work: () => Promise<T>): Promise<T> {
    const home = this.point;
    await this.moveTo(point);
    try {
      return await work();
    } finally {
      await this.moveTo(home);
    }
  }

  /** L(θ) and the share of right predictions. Cost: one forward pass. */
  async value(context: RunContext = {}): Promise<LossValue> {
    const counts = this.options.loss.correct !== undefined;
    const build: Build = (graph) => {
      const right = graph.loss.correct?.(graph.outputs, graph.labels, graph.options);
      return new Map([["loss", graph.total], ...(right ? [["correct", right] as const] : [])]);
    };
    let loss = 0;
    let correct = 0;
    await this.eachBatch("value", build, context, (_batch, outputs) => {
      loss += take(outputs, "loss").data[0];
      if (counts) correct += take(outputs, "correct").data[0];
    });
    const value = loss / this.divisor + (this.options.l2 / 2) * squaredNorm(this.point);
    if (!Number.isFinite(value)) throw await this.explainNonFinite(context);
    return { loss: value, accuracy: counts ? correct / this.terms : undefined };
  }

  /** ∇L(θ). Cost: about three forward passes. */
  async gradient(context: RunContext = {}): Promise<Float64Array> {
    const sum = new Float64Array(this.space.dimension);
    const build: Build = (graph) => byParameter(scaled(gradientOf(graph), 1 / this.divisor));
    await this.eachBatch("gradient", build, context, this.adder([sum]));
    if (this.options.l2 !== 0) addMultiple(sum, this.options.l2, this.point);
    if (!allFinite(sum)) throw this.notFinite(sum, "gradient");
    return sum;
  }

  /** The products of a matrix in parameter space with a block of vectors. */
  async product(product: Product, block: readonly Float64Array[], context: RunContext = {}): Promise<Float64Array[]> {
    const parts: Float64Array[][] = [];
    for (let at = 0; at < block.length; at += parts[parts.length - 1].length) {
      parts.push(block.slice(at, at + Math.min(this.preferredBlock, blockSize(block.length - at))));
    }
    const results: Float64Array[] = [];
    await inOrder(parts, this.productsAtOnce, async (part) => {
      const products = await this.productBlock(product, part, context);
      return () => results.push(...products);
    });
    return results;
  }

  /** How many products may go on at once, so that no lane waits while the one that asked is busy with its result. */
  get productsAtOnce(): number {
    return this.sideBySide(1);
  }

  /** How many pieces of work to start at once: each lane has some waiting, so that none is ever idle; one engine takes one. */
  private sideBySide(perLane: number): number {
    const { lanes } = this.runtime;
    return lanes === 1 ? 1 : lanes * perLane;
  }

  private async productBlock(
    product: Product,
    block: readonly Float64Array[],
    context: RunContext,
  ): Promise<Float64Array[]> {
    const sums = block.map(() => new Float64Array(this.space.dimension));
    const divisor = product.perExample ? this.examples : this.divisor;
    const build: Build = (graph, tangents) => byParameter(scaled(product.build(graph, tangents), 1 / divisor));
    await this.eachBatch(product.name, build, context, this.adder(sums), { block });
    const l2 = product.regularized ? this.options.l2 : 0;
    sums.forEach((sum, i) => {
      if (l2 !== 0) addMultiple(sum, l2, block[i]);
      if (!allFinite(sum)) throw this.notFinite(sum, `${product.name} product`);
    });
    return sums;
  }

  /** J v for every example: [examples, ...outputs], flat. Cost: about two forward passes. */
  jacobianVector(vector: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const build: Build = (graph, tangents) => new Map([["rows", jacobianVector(graph, tangents)]]);
    return this.collect("jacobian", build, sizeOf(this.outputShape), context, [vector]);
  }

  /** Jᵀ u for cotangents u of all outputs, [examples, ...outputs] flat. Cost: about one gradient. */
  async jacobianTransposed(cotangent: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const width = sizeOf(this.outputShape);
    const { precision } = this.options;
    const sum = new Float64Array(this.space.dimension);
    const build: Build = (graph) =>
      byParameter(jacobianTransposed(graph, graph.outputs.graph.input(COTANGENT, precision, graph.outputs.shape)));
    const extra = ({ start, end }: BatchRange): Feeds => {
      const data = allocate(precision, (end - start) * width);
      data.set(cotangent.subarray(start * width, end * width));
      return new Map([
        [
          COTANGENT,
          this.runtime.feed({
            dtype: precision,
            shape: [(end - start) * this.rowsPerExample, ...this.outputShape.slice(this.rowsPerExample === 1 ? 0 : 1)],
            data,
          }),
        ],
      ]);
    };
    await this.eachBatch("jacobian-transposed", build, context, this.adder([sum]), { extra });
    return sum;
  }

  /** gᵢᵀv for the gradient gᵢ of every example's loss, undivided. Cost: about two forward passes. */
  exampleDerivatives(vector: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const build: Build = (graph, tangents) => new Map([["rows", exampleDerivatives(graph, tangents)]]);
    return this.collect("example-derivatives", build, 1, context, [vector]);
  }

  /** Σ wᵢ gᵢ over the examples, gᵢ undivided. Cost: one gradient. */
  async weightedGradient(weights: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const { precision } = this.options;
    const sum = new Float64Array(this.space.dimension);
    const build: Build = (graph) =>
      byParameter(weightedGradient(graph, graph.total.graph.input(COTANGENT, precision, graph.perExample.shape)));
    const extra = ({ start, end }: BatchRange): Feeds => {
      const data = allocate(precision, end - start);
      data.set(weights.subarray(start, end));
      return new Map([[COTANGENT, this.runtime.feed({ dtype: precision, shape: [end - start], data })]]);
    };
    await this.eachBatch("weighted-gradient", build, context, this.adder([sum]), { extra });
    return sum;
  }

  /**
   * ‖gᵢ‖² for every example, gᵢ undivided: the gradient of a batch of one, vectorised over the batch.
   * Cost: about one gradient, and memory for one gradient an example of a batch.
   */
  async exampleGradientSquares(context: RunContext = {}): Promise<Float64Array> {
    const squares = new Float64Array(this.examples);
    const build = (one: LossGraph) => new Map([["squares", gradientSquare(one)]]);
    await this.eachExample("example-gradient-squares", build, context, ({ start }, outputs) =>
      squares.set(take(outputs, "squares").data, start),
    );
    return squares;
  }

  /**
   * tr Jᵢᵀ(∂²ℓᵢ/∂zᵢ²)Jᵢ for every example, undivided, and Σ_c ‖Jᵢᵀe_c‖ ‖JᵢᵀHᵢe_c‖, which rounding is relative to.
   * Cost: about two gradients for each output of an example, and memory as {@link exampleGradientSquares}.
   */
  async exampleGaussNewtonTraces(context: RunContext = {}): Promise<{ traces: Float64Array; sizes: Float64Array }> {
    const { precision } = this.options;
    const shape = [this.rowsPerExample, ...this.outputShape.slice(this.rowsPerExample === 1 ? 0 : 1)];
    const traces = new Float64Array(this.examples);
    const sizes = new Float64Array(this.examples);
    const build = (one: LossGraph) => {
      const { form, size } = outputCurvatureForm(one, one.total.graph.input(COTANGENT, precision, shape));
      return new Map([
        ["form", form],
        ["size", size],
      ]);
    };
    for (let output = 0; output < sizeOf(shape); output++) {
      const unit = allocate(precision, sizeOf(shape));
      unit[output] = 1;
      const feed = this.runtime.feed({ dtype: precision, shape, data: unit });
      const shared: Feeds = new Map([[COTANGENT, feed]]);
      try {
        await this.eachExample(
          "gauss-newton-traces",
          build,
          context,
          ({ start }, outputs) => {
            take(outputs, "form").data.forEach((x, i) => (traces[start + i] += x));
            take(outputs, "size").data.forEach((x, i) => (sizes[start + i] += x));
          },
          shared,
        );
      } finally {
        releaseAll(shared);
      }
    }
    return { traces, sizes };
  }

  /** Values of a batch of one, vectorised over the examples of batches that hold a gradient for each of them. */
  private async eachExample(
    name: string,
    build: (one: LossGraph) => ReadonlyMap<string, Value>,
    context: RunContext,
    visit: (batch: BatchRange, outputs: ReadonlyMap<string, Tensor>) => void,
    shared: Feeds = new Map(),
  ): Promise<void> {
    const values = build(buildNetwork(this.model, this.dataset, this.options, 1).graph);
    const isShared = (input: string) => this.parameterSlots.has(input) || shared.has(input);
    const inputs = [...inputsOf([...values.values()])].flatMap(([input, value]) => (isShared(input) ? [] : [value]));
    const most = Math.floor(EXAMPLE_GRADIENT_ELEMENTS / this.space.dimension);
    for (const range of batchesOf(this.everything, Math.max(1, Math.min(this.options.batchSize, most)))) {
      const whole: Build = () => vectorizeExamples(values, inputs, range.end - range.start);
      await this.eachBatch(name, whole, context, visit, { range, extra: () => shared });
    }
  }

  /** The outputs of the network (logits), [examples, ...outputs] flat. */
  outputs(context: RunContext = {}): Promise<Float64Array> {
    return this.collect("outputs", (graph) => new Map([["rows", graph.outputs]]), sizeOf(this.outputShape), context);
  }

  /** The loss of every example, undivided. Cost: one forward pass. */
  exampleLosses(context: RunContext = {}): Promise<Float64Array> {
    return this.collect("example-losses", (graph) => new Map([["rows", graph.perExample]]), 1, context);
  }

  /**
   * Runs a computation of your own on every batch, in order. `build` gets the loss graph and returns
   * named values; `name` must tell it from every other computation of this problem.
   */
  async eachBatch(
    name: string,
    build: Build,
    context: RunContext,
    visit: (batch: BatchRange, outputs: ReadonlyMap<string, Tensor>) => void,
    more: { range?: BatchRange; block?: readonly Float64Array[]; extra?: (batch: BatchRange) => Feeds } = {},
  ): Promise<void> {
    const { range = this.everything, block = [], extra } = more;
    const run = async (batch: BatchRange, vectors: Feeds): Promise<() => void> => {
      throwIfInterrupted(context);
      const extras: Feeds = extra?.(batch) ?? new Map();
      try {
        const feeds = new Map([...vectors, ...extras]);
        const outputs = await this.programs.run(name, batch, this.parameterSlots, build, block.length, feeds);
        return () => visit(batch, outputs);
      } finally {
        releaseAll(extras);
      }
    };
    await this.vectors.with(block, (vectors) =>
      inOrder(batchesOf(range, this.options.batchSize), this.sideBySide(BATCHES_PER_LANE), (batch) =>
        run(batch, vectors),
      ),
    );
  }

  /** The network and its loss on one full batch, to be traversed. */
  graph(): LossGraph {
    return this.network.graph;
  }

  /** Frees all sessions. */
  close(): Promise<void> {
    return this.programs.release();
  }

  private get everything(): BatchRange {
    return { start: 0, end: this.examples };
  }

  private async collect(
    name: string,
    build: Build,
    width: number,
    context: RunContext,
    block?: readonly Float64Array[],
  ) {
    const rows = new Float64Array(this.examples * width);
    await this.eachBatch(
      name,
      build,
      context,
      ({ start }, outputs) => rows.set(take(outputs, "rows").data, start * width),
      { block },
    );
    return rows;
  }

  private writeParameters(): void {
    for (const { name, offset, size } of this.space.tensors) {
      this.parameterSlots.get(fedName(name))?.write(this.point.subarray(offset, offset + size), 0);
    }
  }

  /**
   * Adds up the outputs of batches, one tensor per parameter with a leading axis for a block, in flat sums
   * in float64.
   */
  private adder(sums: readonly Float64Array[]): (batch: BatchRange, outputs: ReadonlyMap<string, Tensor>) => void {
    let isFirst = true;
    return (_batch, outputs) => {
      this.space.tensors.forEach(({ offset, size }, i) => {
        const { data } = take(outputs, parameterName(i));
        sums.forEach((sum, k) => addPart(sum, offset, data, k * size, size, isFirst));
      });
      isFirst = false;
    };
  }

  /** Runs the network once more with a probe on every value, to say where the first NaN or ∞ comes from. */
  private async explainNonFinite(context: RunContext): Promise<ThalwegError> {
    let place: ReturnType<typeof firstNonFinite>;
    let batchNumber = 0;
    let network = this.network;
    const build: Build = (_graph, _tangents) => finitenessProbes(network);
    for (const [number, range] of batchesOf(this.everything, this.options.batchSize).entries()) {
      network = buildNetwork(this.model, this.dataset, this.options, range.end - range.start);
      await this.eachBatch(
        "finiteness",
        build,
        context,
        (_batch, probes) => (place ??= firstNonFinite(network, probes)),
        { range },
      );
      batchNumber = number;
      if (place) break;
    }
    const where = place
      ? `: the first NaN or ∞ is the output of ${place.op}${place.node ? ` (node "${place.node}")` : ""} in batch ${batchNumber}`
      : "";
    return new ThalwegError({
      kind: "input",
      code: "not-finite",
      message: `The loss is not finite at these parameters${where}.`,
      where: { op: place?.op, node: place?.node, batch: batchNumber },
      hint: `Check the weights and the data for overflow, logarithms of 0 and divisions by 0${this.finer}.`,
    });
  }

  /** The way out that is still open: nothing is finer than float64. */
  private get finer(): string {
    return this.options.precision === "float64" ? "" : "; --precision float64 may help";
  }

  private notFinite(vector: Float64Array, what: string): ThalwegError {
    const at = vector.findIndex((element) => !Number.isFinite(element));
    const place = this.space.tensors.find(({ offset, size }) => at >= offset && at < offset + size);
    return new ThalwegError({
      kind: "input",
      code: "not-finite",
      message: `The ${what} is not finite: the first such entry belongs to the parameter "${place?.label}".`,
      where: { parameter: place?.name },
      hint: `Look for a singular point (a square root or a norm at 0, a logarithm of 0) or overflow${this.finer}.`,
    });
  }
}

function initialPoint(model: ModelFile, space: ParameterSpace, chosen: readonly string[] | undefined): Float64Array {
  const parameters = chosenParameters(model, chosen);
  const tensors = new Map(parameters.map(({ name, shape, dtype, data }) => [name, { shape, dtype, data }]));
  return space.flatten(tensors);
}

function countTerms(dataset: Dataset, { loss, lossOptions, batchSize }: ProblemOptions, { graph }: Network): number {
  const [rows, ...each] = graph.outputs.shape;
  const rowsPerExample = rows / graph.labels.shape[0];
  let terms = 0;
  for (const { start, end } of batchesOf({ start: 0, end: dataset.examples }, batchSize)) {
    const labels = dataset.y(start, end);
    const shape = [(end - start) * rowsPerExample, ...each];
    loss.checkLabels?.(labels, shape, lossOptions, start);
    terms += loss.terms(labels, shape, lossOptions);
  }
  if (terms > 0) return terms;
  throw new ThalwegError({
    kind: "input",
    code: "no-terms",
    message: "Every label is marked as ignored, so the loss is empty.",
  });
}

/** Blocks are compiled for sizes 8, 4, 2 and 1 only, so that few sessions serve all. */
function blockSize(count: number): number {
  return count >= 8 ? 8 : count >= 4 ? 4 : count >= 2 ? 2 : 1;
}

function parameterName(index: number): string {
  return `thalweg:p${index}`;
}

function byParameter(values: readonly Value[]): Map<string, Value> {
  return new Map(values.map((value, i) => [parameterName(i), value]));
}

/** The mean is taken inside the graph, where a pass over the parameters costs less than here. */
function scaled(values: readonly Value[], factor: number): Value[] {
  return values.map((value) => mul(value, factor));
}

function take(outputs: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = outputs.get(name);
  if (!tensor) throw new RangeError(`the graph has no output ${name}`);
  return tensor;
}

function squaredNorm(vector: Float64Array): number {
  let sum = 0;
  for (const element of vector) sum += element * element;
  return sum;
}
