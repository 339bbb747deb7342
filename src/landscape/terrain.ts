import type { Value } from "../graph/value.ts";
import type { Computation } from "../problem/computation.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { Network } from "../problem/network.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import type { Sample } from "../problem/sample.ts";
import { withStatistics, type WithStatistics } from "../problem/with-statistics.ts";
import { norm2 } from "../linalg/vector.ts";
import type { ParameterTensor } from "../problem/parameter-space.ts";
import type { Ground } from "./paths/path.ts";
import { productOperator } from "../operators/problem-operators.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { hessianProduct } from "../problem/derivatives/hessian.ts";
import { lossRoundingAt } from "../quantities/loss-rounding-at.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { isFloat } from "../util/tensor.ts";

/** Loss and accuracy on one set of examples. */
export interface Losses {
  readonly loss: number;
  /** Null for regression. */
  readonly accuracy: number | null;
}

/** Loss and accuracy at one place. */
export interface LossesAt {
  readonly train: Losses;
  /** Null where no held-out examples were given. */
  readonly test: Losses | null;
}

interface GraphOfOutputs {
  readonly outputs: readonly Value[];
  readonly parameters: ReadonlyMap<string, Value>;
}

/** Examples of a gradient that is taken on some. */
export const SAMPLED = 256;

/**
 * The loss of a network at any weights. Where the network is normalised by running statistics, they stand behind the
 * parameters in θ, and the loss anywhere is that with the statistics that the data have there: those of other weights
 * would be another network's.
 */
export class Terrain {
  /** Whose parameters are those of θ: with statistics where there are any. */
  readonly problem: Problem;
  private readonly original: Problem;
  private readonly statistics: WithStatistics | undefined;
  private readonly unseen: Sample | undefined;

  private constructor(original: Problem, statistics: WithStatistics | undefined) {
    this.original = original;
    this.statistics = statistics;
    this.problem = statistics?.problem ?? original;
    this.unseen = original.heldOut && this.problem.sampleOf(original.heldOut);
  }

  /** Close it before the problem. */
  static open(problem: Problem): Terrain {
    return new Terrain(problem, withStatistics(problem));
  }

  async close(): Promise<void> {
    this.unseen?.feeds.release();
    await this.statistics?.close();
  }

  /** Whether statistics are estimated anew at every place. */
  get estimates(): boolean {
    return this.statistics !== undefined;
  }

  /** The numbers of a θ that are parameters: the first ones. */
  get trained(): number {
    return this.original.space.dimension;
  }

  get tensors(): readonly ParameterTensor[] {
    return this.problem.space.tensors;
  }

  /** The graph of all that the network puts out, whether or not the loss reads it, and its parameters in it. */
  networkOf(batch?: number): GraphOfOutputs {
    return this.valuesOf(batch === undefined ? this.problem.network : this.problem.point.networkOf(batch));
  }

  /** The same of a graph of the network that is at hand. */
  valuesOf({ graph, imported }: Network): GraphOfOutputs {
    return { outputs: [graph.outputs, ...imported.outputs.values()], parameters: imported.parameters };
  }

  /** Outputs of the file that the loss does not read and that hold floats, by name. */
  get otherOutputs(): string[] {
    const { network, options } = this.problem;
    const { outputs } = network.imported;
    const read = options.output ?? [...outputs.keys()][0];
    return [...outputs].flatMap(([name, { dtype }]) => (name !== read && isFloat(dtype) ? [name] : []));
  }

  /** θ of weights of the problem, with the statistics of a model file. */
  lift(theta: Float64Array, model: ModelFile): Float64Array {
    return this.statistics?.lift(theta, model) ?? theta;
  }

  /** θ with the statistics that the data have there. */
  async settled(theta: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    return this.statistics ? this.statistics.estimated(theta, context) : theta;
  }

  /** Loss and accuracy at a place, on the data and on held-out examples. Cost: one forward pass of each, and one where statistics are estimated. */
  async losses(theta: Float64Array, context: RunContext = {}): Promise<LossesAt> {
    const there = await this.settled(theta, context);
    const { unseen } = this;
    return {
      train: await this.on(this.problem.at(there), theta, context),
      test: unseen ? await this.on(this.problem.at(there, { examples: unseen }), theta, context) : null,
    };
  }

  /** The loss on the data alone. */
  async loss(theta: Float64Array, context: RunContext = {}): Promise<number> {
    const there = await this.settled(theta, context);
    return (await this.on(this.problem.at(there), theta, context)).loss;
  }

  /** What ways are looked for on: the loss of the data, and its gradient on all of them or on some. */
  ground(random: RandomStream, context: RunContext = {}): Ground {
    const { examples } = this.problem;
    const count = Math.min(SAMPLED, examples);
    return {
      value: (theta) => this.loss(theta, context),
      gradient: (theta) => this.gradient(theta, undefined, context),
      sampledGradient: (theta) =>
        this.gradient(
          theta,
          count === examples ? undefined : Int32Array.from(random.permutation(examples).subarray(0, count)),
          context,
        ),
    };
  }

  /** λ of the term λ/2‖θ‖² where the problem with statistics has none: it would be of the statistics, too. */
  private get ownPenalty(): number {
    return this.statistics ? this.original.options.l2 : 0;
  }

  private async on(point: Point, theta: Float64Array, context: RunContext): Promise<Losses> {
    try {
      const { loss, accuracy } = await point.anyValue(context);
      const penalty = (this.ownPenalty / 2) * norm2(theta.subarray(0, this.trained)) ** 2;
      return { loss: loss + penalty, accuracy: accuracy ?? null };
    } finally {
      await point.release();
    }
  }

  /**
   * What rounding may have changed the loss at a place by.
   * Cost: two losses, and one in float64 where there is one.
   */
  async rounding(theta: Float64Array, random: RandomStream, context: RunContext = {}): Promise<number> {
    return lossRoundingAt(this.problem, await this.settled(theta, context), random, context);
  }

  /** The Hessian at a place as a matrix of the parameters, statistics held; it ends with `release`. */
  async hessian(
    theta: Float64Array,
    context: RunContext = {},
  ): Promise<{ readonly operator: LinearOperator; release(): Promise<void> }> {
    const point = this.problem.at(await this.settled(theta, context));
    const whole = productOperator(point, hessianProduct, context);
    const { trained, ownPenalty } = this;
    const padded = (vector: Float64Array) => {
      const all = new Float64Array(point.dimension);
      all.set(vector);
      return all;
    };
    const operator: LinearOperator = {
      ...whole,
      dimension: trained,
      diagonalBlock: undefined,
      apply: async (block) => {
        const products = await whole.apply(block.map(padded));
        return products.map((product, k) => product.slice(0, trained).map((x, i) => x + ownPenalty * block[k][i]));
      },
    };
    return { operator: this.statistics ? operator : whole, release: () => point.release() };
  }

  /** What the loss reads of the network, with the statistics that θ has. */
  async outputs(theta: Float64Array, context: RunContext = {}): Promise<Float64Array> {
    const point = this.problem.at(theta);
    try {
      return await point.outputs(context);
    } finally {
      await point.release();
    }
  }

  /** What a computation gives at a place, batch by batch, with the statistics that θ has. */
  async values(theta: Float64Array, computation: Computation, context: RunContext = {}): Promise<Float64Array[]> {
    const point = this.problem.at(theta);
    const found: Float64Array[] = [];
    try {
      await point.eachBatch(computation, context, (_batch, values) => {
        for (const { data } of values) found.push(Float64Array.from(data));
      });
    } finally {
      await point.release();
    }
    return found;
  }

  /** ∇L on chosen examples, 0 for statistics. Cost: about three forward passes. */
  async gradient(theta: Float64Array, examples?: Int32Array, context: RunContext = {}): Promise<Float64Array> {
    const there = await this.settled(theta, context);
    const point = examples ? this.problem.onBatch(there, examples) : this.problem.at(there);
    try {
      const gradient = await point.gradient(context);
      const penalty = this.ownPenalty;
      if (penalty !== 0) for (let i = 0; i < this.trained; i++) gradient[i] += penalty * theta[i];
      return gradient.fill(0, this.trained);
    } finally {
      await point.release();
    }
  }
}
