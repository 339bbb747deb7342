import type { Feed, Runtime } from "../runtime/runtime.ts";
import { inOrder } from "../util/in-order.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import { requireNumbers } from "../util/require-numbers.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import { addMultiple, addPart, allFinite } from "./accumulate.ts";
import { releaseAll, type Feeds } from "./batch-feeds.ts";
import { batchesOf, type BatchRange } from "./batches.ts";
import { blockSize } from "./block-size.ts";
import type { Computation } from "./computation.ts";
import {
  exampleDerivative,
  exampleLosses,
  gradientDerivative,
  jacobianDerivative,
  type Derivative,
  type Product,
} from "./derivatives.ts";
import { nonFiniteLoss, nonFiniteVector } from "./finiteness.ts";
import { EXAMPLE_SCALE, SCALE } from "./loss-graph.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Network } from "./network.ts";
import type { HeldParameters, ParameterSlots } from "./parameter-slots.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import {
  COTANGENT,
  VALUE,
  VALUE_BY_EXAMPLE,
  JACOBIAN_TRANSPOSED,
  ROUNDED_JACOBIAN_TRANSPOSED,
  WEIGHTED_GRADIENT,
  EXAMPLE_GRADIENT_SQUARES,
  ROUNDED_EXAMPLE_GRADIENT_SQUARES,
  EXAMPLE_GAUSS_NEWTON_TRACES,
  OUTPUTS,
} from "./point-computations.ts";
import { PreparedFeeds } from "./prepared-feeds.ts";
import { elementBytes, type ProblemOptions } from "./problem-options.ts";
import type { ProgramStore } from "./program-store.ts";
import type { Sample } from "./sample.ts";
import { samplingError } from "./sampling-error.ts";
import type { VectorFeeds } from "./vector-feeds.ts";

/** The loss at a point. */
export interface LossValue {
  readonly loss: number;
  /** Share of right predictions; undefined for regression. */
  readonly accuracy: number | undefined;
}

/** The same with its error over the draw of the examples. */
export interface LossEstimate extends LossValue {
  /** See {@link samplingError}; NaN where there is none. */
  readonly standardError: number;
}

/** How a loss is computed otherwise than from parameters and data alone. */
export interface ValueBy {
  /** Gives what {@link VALUE} does, or {@link VALUE_BY_EXAMPLE} where losses of examples are asked for. */
  readonly computation?: Computation;
  readonly shared?: Feeds;
  readonly held?: (batch: BatchRange) => Feeds;
}

/** What all points of a problem share. */
export interface PointMachinery {
  readonly options: ProblemOptions;
  readonly space: ParameterSpace;
  readonly runtime: Runtime;
  readonly network: (batch: number) => Network;
  readonly outputShape: Shape;
  /** How many rows of the outputs belong to one example. */
  readonly rowsPerExample: number;
  readonly preferredBlock: number;
  readonly programs: ProgramStore;
  readonly vectors: VectorFeeds;
  readonly parameters: ParameterSlots;
  readonly budget: MemoryBudget;
  /** Whether there is the same in float64, and a point there. */
  readonly hasFloat64: boolean;
  readonly inFloat64: (point: Point) => Point | undefined;
}

/** One batch is computed and one waits. */
const BATCHES_PER_LANE = 2;

/** Elements of gradients of single examples that are held at once. */
const EXAMPLE_GRADIENT_ELEMENTS = 2 ** 26;

/**
 * The loss at one θ on chosen examples: immutable, beside as many others as one likes, each giving the numbers that it
 * gives alone. Sums over examples are accumulated in float64 over batches, every example once, so that no result
 * depends on the batch size beyond rounding. Release it when done: what it keeps between products is then free.
 *
 * @example
 * const there = problem.at(problem.point.parameters.map((x) => 0.9 * x));
 * const { loss } = await there.value();
 * await there.release();
 */
export class Point {
  readonly sample: Sample;
  private readonly machinery: PointMachinery;
  private readonly held: HeldParameters;
  private readonly scales: ReadonlyMap<string, Feed>;
  private readonly prepared: PreparedFeeds;
  private readonly ownsSample: boolean;
  private readonly running = new Set<Promise<unknown>>();
  private readonly companions: (() => Promise<void>)[] = [];
  private isReleased = false;

  /** @param ownsSample whether the examples were chosen for this point alone, and go with it */
  constructor(machinery: PointMachinery, theta: Float64Array, sample: Sample, ownsSample: boolean) {
    const { space, options, parameters, runtime, budget } = machinery;
    space.requireVector(theta);
    this.machinery = machinery;
    this.sample = sample;
    this.ownsSample = ownsSample;
    this.held = parameters.take(theta);
    const scalar = (value: number) => {
      const data = allocate(options.precision, 1);
      data[0] = value;
      return runtime.feed({ dtype: options.precision, shape: [], data });
    };
    this.scales = new Map([
      [SCALE, scalar(1 / sample.divisor)],
      [EXAMPLE_SCALE, scalar(1 / sample.examples)],
    ]);
    this.prepared = new PreparedFeeds(budget, elementBytes(options));
  }

  /**
   * θ (a copy).
   *
   * @throws internal error `point-released`
   */
  get parameters(): Float64Array {
    if (this.isReleased) throw released();
    return this.held.theta.slice();
  }

  get examples(): number {
    return this.sample.examples;
  }

  /** The space that θ and all vectors lie in. */
  get space(): ParameterSpace {
    return this.machinery.space;
  }

  /** Number of parameters. */
  get dimension(): number {
    return this.space.dimension;
  }

  get precision(): FloatType {
    return this.machinery.options.precision;
  }

  /** How many vectors one run of a product takes at best. */
  get preferredBlock(): number {
    return this.machinery.preferredBlock;
  }

  /** Examples of a whole batch. */
  get batchSize(): number {
    return Math.min(this.machinery.options.batchSize, this.examples);
  }

  /** Whether there is the same point of the problem in float64 ({@link Point.inFloat64}). */
  get hasFloat64(): boolean {
    return this.machinery.hasFloat64;
  }

  /** The same point of the problem in float64, opened when it is first asked for and released with this one; undefined where there is none. */
  inFloat64(): Point | undefined {
    return this.machinery.inFloat64(this);
  }

  /** λ of the term λ/2‖θ‖². */
  get l2(): number {
    return this.machinery.options.l2;
  }

  /** How many products may go on at once, so that no lane waits while the one that asked is busy with its result. */
  get productsAtOnce(): number {
    return this.sideBySide(1);
  }

  /**
   * L(θ) and the share of right predictions. Cost: one forward pass.
   *
   * @throws input error `not-finite` with the first place where the loss stops being a number
   */
  async value(context: RunContext = {}): Promise<LossValue> {
    const value = await this.anyValue(context);
    if (!Number.isFinite(value.loss)) throw await nonFiniteLoss(this, this.machinery.options, context);
    return value;
  }

  /** The same where the loss may be ±∞ or NaN, as far from the weights that were trained. */
  async anyValue(context: RunContext = {}, by: ValueBy = {}): Promise<LossValue> {
    const { computation = VALUE, ...feeds } = by;
    let [loss, correct]: [number, number | undefined] = [0, undefined];
    await this.eachBatch(
      computation,
      context,
      (_batch, [total, right]) => {
        loss += total.data[0];
        if (right) correct = (correct ?? 0) + right.data[0];
      },
      feeds,
    );
    return this.valueOf(loss, correct);
  }

  /**
   * The same with its standard error over the draw of the examples, from the losses of single ones that the pass goes
   * through. Asks for examples that are not coupled.
   */
  async anyEstimate(context: RunContext = {}, by: ValueBy = {}): Promise<LossEstimate> {
    const { computation = VALUE_BY_EXAMPLE, ...feeds } = by;
    const losses = new Float64Array(this.examples).fill(Number.NaN);
    let [loss, correct]: [number, number | undefined] = [0, undefined];
    await this.eachBatch(
      computation,
      context,
      ({ start }, [total, perExample, right]: readonly Tensor[]) => {
        loss += total.data[0];
        losses.set(perExample.data, start);
        if (right) correct = (correct ?? 0) + right.data[0];
      },
      feeds,
    );
    return { ...this.valueOf(loss, correct), standardError: samplingError(losses, this.sample) };
  }

  /** ∇L(θ). Cost: about three forward passes. */
  async gradient(context: RunContext = {}): Promise<Float64Array> {
    const [sum] = await this.sums(gradientDerivative, [], context);
    return sum;
  }

  /**
   * A derivative of the data's loss alone, without the L2 term: taken off afterwards, that would leave its rounding, which
   * may be all that there is where the loss is near zero.
   */
  async dataDerivative(derivative: Derivative, context: RunContext = {}): Promise<Float64Array> {
    const [sum] = await this.sums(derivative, [], context, 0);
    return sum;
  }

  /** The products of a matrix in parameter space with a block of vectors. */
  async product(product: Product, block: readonly Float64Array[], context: RunContext = {}): Promise<Float64Array[]> {
    const parts: Float64Array[][] = [];
    for (let at = 0; at < block.length; at += parts[parts.length - 1].length) {
      parts.push(block.slice(at, at + Math.min(this.machinery.preferredBlock, blockSize(block.length - at))));
    }
    const results: Float64Array[] = [];
    await inOrder(parts, this.sideBySide(1), async (part) => {
      const products = await this.sums(product, part, context);
      return () => results.push(...products);
    });
    return results;
  }

  /** J v for every example: [examples, ...outputs], flat. Cost: about two forward passes. */
  jacobianVector(vector: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    return this.rows(jacobianDerivative, sizeOf(this.machinery.outputShape), context, [vector]);
  }

  /** Jᵀ u for cotangents u of all outputs, [examples, ...outputs] flat. Cost: about one gradient. */
  async jacobianTransposed(cotangents: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const width = sizeOf(this.machinery.outputShape);
    return this.pulledBack(JACOBIAN_TRANSPOSED, cotangents, width, context, (examples) =>
      this.cotangentShape(examples),
    );
  }

  /** The same with every number on the way moved by a grain. */
  async roundedJacobianTransposed(cotangents: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const width = sizeOf(this.machinery.outputShape);
    return this.pulledBack(ROUNDED_JACOBIAN_TRANSPOSED, cotangents, width, context, (examples) =>
      this.cotangentShape(examples),
    );
  }

  /** gᵢᵀv for the gradient gᵢ of every example's loss, undivided. Cost: about two forward passes. */
  exampleDerivatives(vector: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    return this.rows(exampleDerivative, 1, context, [vector]);
  }

  /** Σ wᵢ gᵢ over the examples, gᵢ undivided. Cost: one gradient. */
  weightedGradient(weights: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    return this.pulledBack(WEIGHTED_GRADIENT, weights, 1, context, (examples) => [examples]);
  }

  /**
   * ‖gᵢ‖² for every example, gᵢ undivided: the gradient of a batch of one, vectorised over the batch.
   * Cost: about one gradient, and memory for one gradient an example of a batch.
   */
  async exampleGradientSquares(context: RunContext = {}): Promise<Float64Array> {
    return this.squaresOf(EXAMPLE_GRADIENT_SQUARES, context);
  }

  /** The same with every number on the way moved by a grain. */
  async roundedExampleGradientSquares(context: RunContext = {}): Promise<Float64Array> {
    return this.squaresOf(ROUNDED_EXAMPLE_GRADIENT_SQUARES, context);
  }

  private async squaresOf(computation: Computation, context: RunContext): Promise<Float64Array> {
    const squares = new Float64Array(this.examples).fill(Number.NaN);
    await this.eachExample(computation, context, ({ start }, [rows]) => squares.set(rows.data, start));
    return squares;
  }

  /**
   * tr Jᵢᵀ(∂²ℓᵢ/∂zᵢ²)Jᵢ for every example, undivided, and Σ_c ‖Jᵢᵀe_c‖ ‖JᵢᵀHᵢe_c‖, which rounding is relative to.
   * Cost: about two gradients for each output of an example, and memory as {@link exampleGradientSquares}.
   */
  async exampleGaussNewtonTraces(context: RunContext = {}): Promise<{ traces: Float64Array; sizes: Float64Array }> {
    const { options, runtime } = this.machinery;
    const shape = this.cotangentShape(1);
    const traces = new Float64Array(this.examples);
    const sizes = new Float64Array(this.examples);
    for (let output = 0; output < sizeOf(shape); output++) {
      const data = allocate(options.precision, sizeOf(shape));
      data[output] = 1;
      const unit = runtime.feed({ dtype: options.precision, shape, data });
      try {
        await this.eachExample(
          EXAMPLE_GAUSS_NEWTON_TRACES,
          context,
          ({ start }, [forms, scales]) => {
            forms.data.forEach((x, i) => (traces[start + i] += x));
            scales.data.forEach((x, i) => (sizes[start + i] += x));
          },
          new Map([[COTANGENT, unit]]),
        );
      } finally {
        unit.release();
      }
    }
    return { traces, sizes };
  }

  /** The outputs of the network (logits), [examples, ...outputs] flat. */
  outputs(context: RunContext = {}): Promise<Float64Array> {
    return this.rows(OUTPUTS, sizeOf(this.machinery.outputShape), context);
  }

  /** The loss of every example, undivided. Cost: one forward pass. */
  exampleLosses(context: RunContext = {}): Promise<Float64Array> {
    return this.rows(exampleLosses, 1, context);
  }

  /** Whatever a derivative gives, flat: over the parameters, or row after row. */
  async derivative(derivative: Derivative, vector: Float64Array | undefined, context: RunContext = {}) {
    const block = vector ? [vector] : [];
    if (derivative.gives !== "parameters") {
      const width = derivative.gives === "outputs" ? sizeOf(this.machinery.outputShape) : 1;
      return this.rows(derivative, width, context, block);
    }
    const [sum] = await this.sums(derivative, block, context);
    return sum;
  }

  /** Runs a computation on every batch, in order, and shows its values. */
  async eachBatch(
    computation: Computation,
    context: RunContext,
    visit: (batch: BatchRange, values: readonly Tensor[]) => void,
    more: {
      range?: BatchRange;
      block?: readonly Float64Array[];
      /** Feeds of one batch, released behind it. */
      extra?: (batch: BatchRange) => Feeds;
      /** Feeds of all batches, which stay the caller's. */
      shared?: Feeds;
      /** Feeds of one batch, which stay the caller's. */
      held?: (batch: BatchRange) => Feeds;
    } = {},
  ): Promise<void> {
    if (this.isReleased) throw released();
    const work = this.batches(computation, context, visit, more);
    this.running.add(work);
    try {
      await work;
    } finally {
      this.running.delete(work);
    }
  }

  /** The network and its loss on batches of a size. */
  networkOf(batch: number): Network {
    return this.machinery.network(batch);
  }

  /** Frees what the point keeps, once nothing that was asked of it is under way; it gives no numbers any more. */
  async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await Promise.allSettled(this.running);
    for (const release of this.companions.splice(0)) await release();
    await this.prepared.release();
    releaseAll(this.scales);
    this.machinery.parameters.give(this.held);
    if (this.ownsSample) this.sample.feeds.release();
  }

  /**
   * Frees, with this point, what was made for it alone.
   *
   * @throws internal error `point-released`
   */
  releaseWith(release: () => Promise<void>): void {
    if (this.isReleased) throw released();
    this.companions.push(release);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  private valueOf(total: number, correct: number | undefined): LossValue {
    const penalty = this.l2 === 0 ? 0 : (this.l2 / 2) * squaredNorm(this.held.theta);
    const loss = total / this.sample.divisor + penalty;
    return { loss, accuracy: correct === undefined ? undefined : correct / this.sample.terms };
  }

  private get everything(): BatchRange {
    return { start: 0, end: this.examples };
  }

  /** How many pieces of work to start at once: each lane has some waiting, so that none is ever idle; one engine takes one. */
  private sideBySide(perLane: number): number {
    const { lanes } = this.machinery.runtime;
    return lanes === 1 ? 1 : lanes * perLane;
  }

  /** Shape of the outputs of a batch. */
  private cotangentShape(examples: number): Shape {
    const { outputShape, rowsPerExample } = this.machinery;
    return [examples * rowsPerExample, ...outputShape.slice(rowsPerExample === 1 ? 0 : 1)];
  }

  /** A computation for each example, in batches for which a gradient of each fits into memory. */
  private async eachExample(
    computation: Computation,
    context: RunContext,
    visit: (batch: BatchRange, values: readonly Tensor[]) => void,
    shared: Feeds = new Map(),
  ): Promise<void> {
    const { options, space } = this.machinery;
    const most = Math.max(1, Math.floor(EXAMPLE_GRADIENT_ELEMENTS / space.dimension));
    for (const range of batchesOf(this.everything, Math.min(options.batchSize, most)))
      await this.eachBatch(computation, context, visit, { range, shared });
  }

  private async batches(
    computation: Computation,
    context: RunContext,
    visit: (batch: BatchRange, values: readonly Tensor[]) => void,
    {
      range = this.everything,
      block = [],
      extra,
      shared = new Map(),
      held,
    }: Parameters<Point["eachBatch"]>[3] & object,
  ): Promise<void> {
    const { programs, vectors, options } = this.machinery;
    const run = async (batch: BatchRange, blockFeeds: Feeds): Promise<() => void> => {
      throwIfInterrupted(context);
      const extras: Feeds = extra?.(batch) ?? new Map();
      try {
        const values = await this.sample.feeds.with(batch, (data) =>
          programs.run(computation, {
            batch,
            feeds: new Map([
              ...this.held.slots,
              ...this.scales,
              ...data,
              ...shared,
              ...(held?.(batch) ?? []),
              ...extras,
            ]),
            block: block.length,
            vectors: blockFeeds,
            prepared: this.prepared,
          }),
        );
        return () => visit(batch, values);
      } finally {
        releaseAll(extras);
      }
    };
    await vectors.with(block, (blockFeeds) =>
      inOrder(batchesOf(range, options.batchSize), this.sideBySide(BATCHES_PER_LANE), (batch) =>
        run(batch, blockFeeds),
      ),
    );
  }

  /** A derivative for each parameter, for each vector of a block (once without one): sums over the batches, in float64. */
  private async sums(
    derivative: Derivative,
    block: readonly Float64Array[],
    context: RunContext,
    l2 = this.l2,
  ): Promise<Float64Array[]> {
    const { space, options } = this.machinery;
    const sums = Array.from({ length: Math.max(1, block.length) }, () => new Float64Array(space.dimension));
    await this.eachBatch(derivative, context, this.adder(sums), { block });
    const { regularised } = derivative;
    const what = derivative.takesVector ? `${derivative.name} product` : derivative.name;
    sums.forEach((sum, i) => {
      if (regularised && l2 !== 0) addMultiple(sum, l2, regularised === "point" ? this.held.theta : block[i]);
      if (!allFinite(sum)) throw nonFiniteVector(sum, what, space, options);
    });
    return sums;
  }

  /** A computation that gives `width` numbers for each example, over all of them: flat, [examples, width]. */
  async rows(
    computation: Computation,
    width: number,
    context: RunContext,
    block?: readonly Float64Array[],
  ): Promise<Float64Array> {
    // What no batch fills is no number.
    const rows = new Float64Array(this.examples * width).fill(Number.NaN);
    await this.eachBatch(computation, context, ({ start }, [part]) => rows.set(part.data, start * width), { block });
    return rows;
  }

  /** The pullback of a cotangent of `width` numbers an example, added up over the batches. */
  private async pulledBack(
    computation: Computation,
    cotangents: Float64Array,
    width: number,
    context: RunContext,
    shapeOf: (examples: number) => Shape,
  ): Promise<Float64Array> {
    const { space, options, runtime } = this.machinery;
    requireNumbers(
      cotangents,
      this.examples * width,
      width === 1 ? "one for each example" : `${width} for each example`,
    );
    const sum = new Float64Array(space.dimension);
    const extra = ({ start, end }: BatchRange): Feeds => {
      const data = allocate(options.precision, (end - start) * width);
      data.set(cotangents.subarray(start * width, end * width));
      return new Map([[COTANGENT, runtime.feed({ dtype: options.precision, shape: shapeOf(end - start), data })]]);
    };
    await this.eachBatch(computation, context, this.adder([sum]), { extra });
    return sum;
  }

  /**
   * Adds up the values of batches, one tensor per parameter with a leading axis for a block, in flat sums
   * in float64.
   */
  private adder(sums: readonly Float64Array[]): (batch: BatchRange, values: readonly Tensor[]) => void {
    let isFirst = true;
    return (_batch, values) => {
      this.machinery.space.tensors.forEach(({ offset, size }, i) => {
        const { data } = values[i];
        sums.forEach((sum, k) => addPart(sum, offset, data, k * size, size, isFirst));
      });
      isFirst = false;
    };
  }
}

function released(): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "point-released",
    message: "A point was asked for a number after it had been released.",
  });
}

function squaredNorm(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  return sum;
}
