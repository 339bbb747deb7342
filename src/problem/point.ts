import { scale } from "../linalg/vector.ts";
import { inOrder } from "../util/in-order.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { sizeOf, type FloatType, type Shape, type Tensor } from "../util/tensor.ts";
import { allFinite } from "./accumulate.ts";
import { blockSize } from "./block-size.ts";
import type { Computation } from "./computation.ts";
import { exampleDerivative } from "./derivatives/example-derivative.ts";
import { exampleLosses } from "./derivatives/example-losses.ts";
import { gradientDerivative } from "./derivatives/gradient.ts";
import { jacobianDerivative } from "./derivatives/jacobian.ts";
import type { Derivative, Product } from "./derivatives/derivative.ts";
import { nonFiniteLoss, nonFiniteRow } from "./finiteness.ts";
import { type Exponents, normalized } from "./in-range.ts";
import { eachOutput, gaussNewtonDiagonal, type LayerBases, turnedDiagonals } from "./gauss-newton-diagonal.ts";
import { layerFactors, type NetworkFactors, type Sharing } from "./layer-factors.ts";
import type { LossEstimate, LossValue, ValueBy } from "./loss-value.ts";
import type { Network } from "./network.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import { type BatchRun, runBatches, sideBySide, type VisitBatch } from "./point-batches.ts";
import {
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
import type { PointMachinery } from "./point-machinery.ts";
import { type PointPreparation, preparePoint, releasePoint } from "./point-preparation.ts";
import { eachExample, pulledBack, sums } from "./point-sums.ts";
import type { Sample } from "./sample.ts";
import { SampledFisher } from "./sampled-fisher.ts";
import { samplingError } from "./sampling-error.ts";
import { requireExamples } from "./require-examples.ts";

/** What all points of a problem share, and its points in float64. */
export interface ProblemMachinery extends PointMachinery {
  /** Whether there is the same in float64, and a point there. */
  readonly hasFloat64: boolean;
  readonly inFloat64: (point: Point) => Point | undefined;
}

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
  private readonly machinery: ProblemMachinery;
  private readonly preparation: PointPreparation;
  private readonly ownsSample: boolean;
  private readonly running = new Set<Promise<unknown>>();
  private readonly exponents: Exponents = new Map();
  private readonly companions: (() => Promise<void>)[] = [];
  private isReleased = false;

  /** @param ownsSample whether the examples were chosen for this point alone, and go with it */
  constructor(machinery: ProblemMachinery, theta: Float64Array, sample: Sample, ownsSample: boolean) {
    machinery.space.requireVector(theta);
    this.machinery = machinery;
    this.sample = sample;
    this.ownsSample = ownsSample;
    this.preparation = preparePoint(machinery, theta, sample);
  }

  /**
   * θ (a copy).
   *
   * @throws internal error `point-released`
   */
  get parameters(): Float64Array {
    if (this.isReleased) throw released();
    return this.preparation.held.theta.slice();
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

  /** Outputs of one example, as the loss takes them. */
  get outputsPerExample(): number {
    return sizeOf(this.machinery.outputShape);
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
    return sideBySide(this.machinery.runtime, 1);
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
    const [sum] = await this.sums({ derivative: gradientDerivative }, context);
    return sum;
  }

  /**
   * A derivative of the data's loss alone, without the L2 term: taken off afterwards, that would leave its rounding, which
   * may be all that there is where the loss is near zero.
   */
  async dataDerivative(derivative: Derivative, context: RunContext = {}): Promise<Float64Array> {
    const [sum] = await this.sums({ derivative, l2: 0 }, context);
    return sum;
  }

  /** The products of a matrix in parameter space with a block of vectors. */
  async product(product: Product, block: readonly Float64Array[], context: RunContext = {}): Promise<Float64Array[]> {
    const parts: Float64Array[][] = [];
    for (let at = 0; at < block.length; at += parts[parts.length - 1].length) {
      parts.push(block.slice(at, at + Math.min(this.machinery.preferredBlock, blockSize(block.length - at))));
    }
    const results: Float64Array[] = [];
    await inOrder(parts, this.productsAtOnce, async (part) => {
      const products = await this.sums({ derivative: product, block: part }, context);
      return () => products.forEach((each) => results.push(each));
    });
    return results;
  }

  /** J v for every example: [examples, ...outputs], flat. Cost: about two forward passes. */
  async jacobianVector(vector: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    this.space.requireVector(vector);
    return this.rows(jacobianDerivative, sizeOf(this.machinery.outputShape), context, vector);
  }

  /** Jᵀ u for cotangents u of all outputs, [examples, ...outputs] flat. Cost: about one gradient. */
  async jacobianTransposed(cotangents: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const width = sizeOf(this.machinery.outputShape);
    return pulledBack(this, this.machinery, JACOBIAN_TRANSPOSED, cotangents, width, context, (examples) =>
      this.cotangentShape(examples),
    );
  }

  /** The same with every number on the way moved by a grain. */
  async roundedJacobianTransposed(cotangents: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const width = sizeOf(this.machinery.outputShape);
    return pulledBack(this, this.machinery, ROUNDED_JACOBIAN_TRANSPOSED, cotangents, width, context, (examples) =>
      this.cotangentShape(examples),
    );
  }

  /** gᵢᵀv for the gradient gᵢ of every example's loss, undivided. Cost: about two forward passes. */
  async exampleDerivatives(vector: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    this.space.requireVector(vector);
    return this.rows(exampleDerivative, 1, context, vector);
  }

  /** Σ wᵢ gᵢ over the examples, gᵢ undivided. Cost: one gradient. */
  weightedGradient(weights: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    return pulledBack(this, this.machinery, WEIGHTED_GRADIENT, weights, 1, context, (examples) => [examples]);
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
    await eachExample(this, this.machinery, computation, context, ({ start }, [rows]) => squares.set(rows.data, start));
    if (!allFinite(squares)) throw nonFiniteRow(squares, 1, "gradient of an example", this.machinery.options);
    return squares;
  }

  /**
   * tr Jᵢᵀ(∂²ℓᵢ/∂zᵢ²)Jᵢ for every example, undivided, and Σ_c ‖Jᵢᵀe_c‖ ‖JᵢᵀHᵢe_c‖, which rounding is relative to.
   * Cost: about two gradients for each output of an example, and memory as {@link exampleGradientSquares}.
   */
  async exampleGaussNewtonTraces(context: RunContext = {}): Promise<{ traces: Float64Array; sizes: Float64Array }> {
    const traces = new Float64Array(this.examples);
    const sizes = new Float64Array(this.examples);
    const asked = { shape: this.cotangentShape(1), computation: EXAMPLE_GAUSS_NEWTON_TRACES };
    await eachOutput(this, this.machinery, context, asked, ({ start }, [forms, scales]) => {
      forms.data.forEach((x, i) => (traces[start + i] += x));
      scales.data.forEach((x, i) => (sizes[start + i] += x));
    });
    return { traces, sizes };
  }

  /** @throws input error `no-single-examples` for a derivative made of single examples where the loss couples them */
  requireExamplesFor({ name, ofExamples }: Derivative): void {
    if (ofExamples === true) requireExamples(name, this.machinery.coupled);
  }

  /** The Kronecker factors of the layers ({@link layerFactors}). */
  layerFactors(context: RunContext = {}, sharing: Sharing = "expand"): Promise<NetworkFactors> {
    return layerFactors(this, this.machinery, context, {
      shapeOf: (examples) => this.cotangentShape(examples),
      sharing,
    });
  }

  /** The diagonal of the Gauss–Newton matrix, exactly ({@link gaussNewtonDiagonal}). */
  gaussNewtonDiagonal(context: RunContext = {}): Promise<Float64Array> {
    return gaussNewtonDiagonal(this, this.machinery, context, this.cotangentShape(1));
  }

  /** The Fisher matrix by labels that are drawn from the model's own distribution ({@link SampledFisher}). */
  sampledFisher(how: { readonly draws: number; readonly random: RandomStream }, context: RunContext = {}) {
    return SampledFisher.drawn(this, this.machinery, how, context, (examples) => this.cotangentShape(examples));
  }

  /** The diagonals of the layers' blocks of the Gauss–Newton matrix in other bases ({@link turnedDiagonals}). */
  turnedDiagonals(bases: readonly LayerBases[], context: RunContext = {}): Promise<Float64Array[]> {
    return turnedDiagonals(this, this.machinery, context, { bases, shape: this.cotangentShape(1) });
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
    if (derivative.gives !== "parameters") {
      const width = derivative.gives === "outputs" ? sizeOf(this.machinery.outputShape) : 1;
      return this.rows(derivative, width, context, vector);
    }
    const [sum] = await this.sums({ derivative, block: vector && [vector] }, context);
    return sum;
  }

  /** Runs a computation on every batch, in order, and shows its values. */
  async eachBatch(
    computation: Computation,
    context: RunContext,
    visit: VisitBatch,
    more: BatchRun = {},
  ): Promise<void> {
    if (this.isReleased) throw released();
    const work = runBatches(this.machinery, this.preparation, computation, { context, visit, ...more });
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
    await releasePoint(this.machinery, this.preparation);
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

  /**
   * A computation that gives `width` numbers for each example, over all of them: flat, [examples, width]; linear in a vector
   * that it takes.
   *
   * @throws input error `not-finite` where it takes one
   */
  async rows(
    computation: Computation,
    width: number,
    context: RunContext,
    direction?: Float64Array,
  ): Promise<Float64Array> {
    // What no batch fills is no number.
    const rows = new Float64Array(this.examples * width).fill(Number.NaN);
    const { vector, factor } = direction ? normalized(direction) : { factor: 1 };
    const block = vector && [vector];
    await this.eachBatch(computation, context, ({ start }, [part]) => rows.set(part.data, start * width), { block });
    if (factor !== 1) scale(factor, rows);
    if (direction && !allFinite(rows)) throw nonFiniteRow(rows, width, computation.name, this.machinery.options);
    return rows;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  private sums(
    asked: Omit<Parameters<typeof sums>[2], "theta" | "exponents">,
    context: RunContext,
  ): Promise<Float64Array[]> {
    const { exponents, preparation } = this;
    return sums(this, this.machinery, { ...asked, theta: preparation.held.theta, exponents }, context);
  }

  private valueOf(total: number, correct: number | undefined): LossValue {
    const penalty = this.l2 === 0 ? 0 : (this.l2 / 2) * squaredNorm(this.preparation.held.theta);
    const loss = total / this.sample.divisor + penalty;
    // Outputs that are no numbers have no largest one.
    const isCounted = correct !== undefined && !Number.isNaN(loss) && this.sample.predictions > 0;
    return { loss, accuracy: isCounted ? correct / this.sample.predictions : undefined };
  }

  /** Shape of the outputs of a batch. */
  private cotangentShape(examples: number): Shape {
    const { outputShape, rowsPerExample } = this.machinery;
    return [examples * rowsPerExample, ...outputShape.slice(rowsPerExample === 1 ? 0 : 1)];
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
