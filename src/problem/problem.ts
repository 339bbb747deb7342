import { z } from "zod";
import type { Dataset } from "../data/dataset.ts";
import { takeExamples } from "../data/take-examples.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type OptionsOf, readOptions } from "../util/options.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { RunContext } from "../util/run-context.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { AffineLosses } from "./affine-losses.ts";
import { blockSize } from "./block-size.ts";
import type { Derivative } from "./derivatives/derivative.ts";
import type { LossGraph } from "./loss-graph.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { buildNetwork, type Network } from "./network.ts";
import { NetworkPrograms, type ProgramSource } from "./network-programs.ts";
import { ParameterSlots } from "./parameter-slots.ts";
import { ParameterSpace } from "./parameter-space.ts";
import { Point, type ProblemMachinery } from "./point.ts";
import type { ProblemOptions } from "./problem-options.ts";
import type { ProgramShelf } from "./program-shelf.ts";
import { ProgramStore } from "./program-store.ts";
import { Sample } from "./sample.ts";
import { VectorFeeds } from "./vector-feeds.ts";
import { requireExamples } from "./require-examples.ts";

/** Elements of intermediate values beyond which a block of vectors leaves the cache and gains nothing. */
const BLOCK_ELEMENTS = 2 ** 19;

const pointOptions = z.object({
  /** The examples, by index (one may stand several times) or as data of their own with the same inputs; all of the problem's when absent. */
  examples: z
    .custom<Int32Array | Dataset | Sample>(
      (given) => given instanceof Int32Array || given instanceof Sample || isDataset(given),
      { error: "it must be an Int32Array of indices, a dataset, or a sample of the problem" },
    )
    .optional(),
});

/** What a point's loss is over. */
export type PointOptions = OptionsOf<typeof pointOptions>;

function isDataset(given: unknown): boolean {
  return typeof given === "object" && given !== null && "examples" in given && "y" in given;
}

/** What surrounds a problem. */
export interface Surroundings {
  /** Frees what was opened for this problem alone, once the problem has let go of it. */
  readonly onClose?: () => Promise<void>;
  /** Keeps what is compiled for the next problem; it must outlive this one, and so must the runtime. */
  readonly shelf?: ProgramShelf;
}

/**
 * A network with a loss, parameters and data: the function L(θ) whose geometry is measured. It is opened at the weights
 * of the file, `point`; `at` gives any other, beside it. Nothing of it changes. Sessions are compiled on first use, serve
 * all points, and are kept.
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
  /** How many vectors one run takes at best: as many as keep the intermediate values in the cache. */
  readonly preferredBlock: number;
  /** The weights of the file, on all examples. */
  readonly point: Point;
  private readonly machinery: ProblemMachinery;
  private readonly surroundings: Surroundings;
  private readonly programs: NetworkPrograms;
  private closed: Promise<void> | undefined;
  private wide: Problem | undefined;
  private readonly widePoints = new Map<Point, Point>();
  private readonly takenBatches = new Map<number, boolean>();

  private constructor(
    model: ModelFile,
    dataset: Dataset,
    runtime: Runtime,
    options: ProblemOptions,
    network: Network,
    budget: MemoryBudget,
    sample: Sample,
    surroundings: Surroundings,
  ) {
    this.surroundings = surroundings;
    this.model = model;
    this.dataset = dataset;
    this.runtime = runtime;
    this.options = options;
    this.network = network;
    this.space = new ParameterSpace(
      [...network.imported.parameters].map(([name, { shape }]) => ({ name, label: model.labels.get(name), shape })),
    );
    // A loss tells its own kinks: where its parts have some, it need not.
    const { caveat } = options.loss;
    this.caveats = [...network.imported.caveats, ...(caveat === undefined ? [] : [caveat])];
    const [rows = network.graph.labels.shape[0], ...each] = network.graph.outputs.shape;
    // A model that merged examples and positions, [B·T, C], has T rows an example.
    const rowsPerExample = rows / network.graph.labels.shape[0];
    this.outputShape = rowsPerExample === 1 ? each : [rowsPerExample, ...each];
    const widest = network.graph.total.graph.values.reduce((most, value) => Math.max(most, sizeOf(value.shape)), 1);
    this.preferredBlock = blockSize(Math.min(BLOCK_ELEMENTS / widest, options.mostVectors ?? Number.POSITIVE_INFINITY));
    const { space } = this;
    const { precision } = options;
    const networkOf = (batch: number) => buildNetwork(model, dataset, options, batch);
    const source: ProgramSource = { problem: options, space, runtime, network: networkOf };
    this.programs = surroundings.shelf?.take(source, network) ?? new NetworkPrograms(source);
    this.machinery = {
      coupled: this.coupled,
      options,
      space,
      runtime,
      budget,
      rowsPerExample,
      network: networkOf,
      outputShape: this.outputShape,
      preferredBlock: this.preferredBlock,
      programs: new ProgramStore({
        problem: options,
        examples: dataset.examples,
        runtime,
        budget,
        programs: this.programs,
      }),
      vectors: new VectorFeeds(space, precision, runtime),
      parameters: new ParameterSlots(space, precision, runtime),
      hasFloat64: this.hasFloat64,
      inFloat64: (point) => this.pointInFloat64(point),
    };
    this.point = new Point(this.machinery, weightsOf(model, space, options.parameters), sample, false);
  }

  /** Opens a problem: builds the graph once to see that model, loss and data fit, and reads every label. */
  static open(
    model: ModelFile,
    dataset: Dataset,
    runtime: Runtime,
    options: ProblemOptions,
    surroundings: Surroundings = {},
  ): Problem {
    const network = buildNetwork(model, dataset, options, Math.max(1, Math.min(options.batchSize, dataset.examples)));
    if (network.imported.parameters.size === 0) {
      throw new ThalwegError({
        kind: "input",
        code: "no-parameters",
        message: "The model has no parameters to differentiate with respect to.",
        hint: "`thalweg inspect MODEL` lists every initialiser and why it is or is not a parameter; --params chooses.",
      });
    }
    const budget = new MemoryBudget(options.cacheBytes);
    const sample = new Sample(dataset, network, options, { runtime, budget });
    return new Problem(model, dataset, runtime, options, network, budget, sample, surroundings);
  }

  /** Bytes that are kept between products, and that may be. */
  get keeps(): { readonly bytes: number; readonly most: number } {
    const { budget } = this.machinery;
    return { bytes: budget.taken, most: budget.taken + budget.free };
  }

  /**
   * The loss at other parameters, or on other examples, or both. Points live side by side and each gives the numbers
   * that it gives alone; release those that you are done with.
   *
   * @throws usage errors `dimension-mismatch` for a θ of another space, `example-outside` for an index outside the examples,
   *   `no-examples` for none, and those of `readOptions`; input error `no-terms` where every label is ignored
   */
  at(theta: Float64Array, options: PointOptions = {}): Point {
    const { examples } = readOptions("at", pointOptions, options);
    if (examples === undefined) return new Point(this.machinery, theta, this.point.sample, false);
    if (examples instanceof Sample) return new Point(this.machinery, theta, examples, false);
    const dataset = examples instanceof Int32Array ? takeExamples(this.dataset, examples) : examples;
    return new Point(this.machinery, theta, this.sampleOf(dataset), true);
  }

  /**
   * The loss on a mini-batch, by index: as {@link at} has it, and 0 with all its derivatives where no label of the batch counts
   * ({@link hasTerms}), as a trainer takes it.
   */
  onBatch(theta: Float64Array, examples: Int32Array): Point {
    const { runtime, budget } = this.machinery;
    const dataset = takeExamples(this.dataset, examples);
    const sample = new Sample(dataset, this.network, this.options, { runtime, budget, mayBeEmpty: true });
    return new Point(this.machinery, theta, sample, true);
  }

  /** Examples for several points to be on: their labels are read once, and what is fed of them is kept. Release its feeds behind the points. */
  sampleOf(dataset: Dataset): Sample {
    const { runtime, budget } = this.machinery;
    return new Sample(dataset, this.network, this.options, { runtime, budget });
  }

  /** Examples that the weights were not fitted to; undefined where none were given. */
  get heldOut(): Dataset | undefined {
    return this.options.heldOut;
  }

  /**
   * Losses at many points of a line or plane, for less than a forward pass each where the first layer is a large part of
   * the network; undefined where it is not, or where there is no room for what is kept.
   */
  lossesAlong(
    origin: Float64Array,
    vectors: readonly Float64Array[],
    { sample = this.point.sample, context = {} }: { sample?: Sample; context?: RunContext } = {},
  ): Promise<AffineLosses | undefined> {
    const at = (theta: Float64Array) => new Point(this.machinery, theta, sample, false);
    return AffineLosses.open(this.machinery, sample, { origin, vectors, at }, context);
  }

  get examples(): number {
    return this.dataset.examples;
  }

  /** Whether the loss of these examples, by index, has a term: it has none where every label of theirs is left out. */
  hasTerms(examples: ArrayLike<number>): boolean {
    if (this.options.loss.countTerms === undefined) return true;
    const { termsByExample } = this.point.sample;
    for (let k = 0; k < examples.length; k++) if (termsByExample[examples[k]] > 0) return true;
    return false;
  }

  /** Number of loss terms that a mean divides by. */
  get terms(): number {
    return this.point.sample.terms;
  }

  /** What a mean divides by. */
  get divisor(): number {
    return this.point.sample.divisor;
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

  /** Whether there is the same in float64: not of a problem that is in float64 itself, and not on a device that has none. */
  get hasFloat64(): boolean {
    const { precision, withoutFloat64 } = this.options;
    return precision === "float32" && this.runtime.device === undefined && withoutFloat64 !== true;
  }

  /**
   * The same network with the same loss and data in float64: what the numbers of a float32 problem are off by is their
   * distance from this one's. Opened when it is first asked for, closed with the problem; undefined for a problem that
   * has none.
   */
  get inFloat64(): Problem | undefined {
    const { model, dataset, runtime, options } = this;
    if (!this.hasFloat64) return undefined;
    // Few products are taken of it: what it could keep between them is better left to this one.
    const cacheBytes = options.cacheBytes / 4;
    const { shelf } = this.surroundings;
    return (this.wide ??= Problem.open(
      model,
      dataset,
      runtime,
      { ...options, precision: "float64", cacheBytes },
      { shelf },
    ));
  }

  private pointInFloat64(point: Point): Point | undefined {
    const { inFloat64 } = this;
    if (!inFloat64 || point === this.point) return inFloat64?.point;
    const known = this.widePoints.get(point);
    if (known) return known;
    // On its own examples, where it is not on all.
    const examples = point.sample === this.point.sample ? undefined : point.sample.dataset;
    const wide = inFloat64.at(point.parameters, { examples });
    this.widePoints.set(point, wide);
    point.releaseWith(() => {
      this.widePoints.delete(point);
      return wide.release();
    });
    return wide;
  }

  /** Whether the model can be read for a batch of this size: a file may be written for one size only. */
  takesBatch(size: number): boolean {
    const known = this.takenBatches.get(size) ?? this.canBuild(size);
    this.takenBatches.set(size, known);
    return known;
  }

  private canBuild(size: number): boolean {
    try {
      this.machinery.network(size);
      return true;
    } catch (error) {
      if (error instanceof ThalwegError && error.kind === "input") return false;
      throw error;
    }
  }

  /** @throws input error `no-examples` for a derivative made of single examples where the loss couples them */
  requireExamplesFor({ name, ofExamples }: Derivative): void {
    if (ofExamples === true) requireExamples(name, this.coupled);
  }

  /** The network and its loss on one full batch, to be traversed. */
  graph(): LossGraph {
    return this.network.graph;
  }

  /** Frees all sessions, what the points keep, and what was opened for it. Once is enough, twice does no harm. */
  close(): Promise<void> {
    return (this.closed ??= this.free());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async free(): Promise<void> {
    await this.point.release();
    for (const point of this.widePoints.values()) await point.release();
    this.widePoints.clear();
    await this.wide?.close();
    this.wide = undefined;
    const { shelf, onClose } = this.surroundings;
    await (shelf ? shelf.give(this.programs) : this.programs.release());
    await onClose?.();
  }
}

function weightsOf(model: ModelFile, space: ParameterSpace, chosen: readonly string[] | undefined): Float64Array {
  const parameters = chosenParameters(model, chosen);
  const tensors = new Map(parameters.map(({ name, shape, dtype, data }) => [name, { shape, dtype, data }]));
  return space.flatten(tensors);
}
