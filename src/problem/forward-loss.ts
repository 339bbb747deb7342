import type { Batch, Dataset } from "../data/dataset.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import type { Tensor } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { batchesOf } from "./batches.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import type { LossValue } from "./loss-value.ts";
import type { ProblemOptions } from "./problem-options.ts";

/** A network that can be run forward at any parameters, whether it has derivatives or not. */
export interface ForwardNetwork {
  readonly space: ParameterSpace;
  /** The parameters as the file holds them. */
  readonly parameters: Float64Array;
  /** Opens it at other parameters, in the order of `space`; to be released. */
  at(theta: Float64Array): Promise<ForwardRun>;
}

/** A network at some parameters. */
export interface ForwardRun {
  /** The outputs of a batch, examples first. */
  outputs(inputs: Batch["inputs"]): Promise<Tensor>;
  release(): Promise<void>;
}

/** How outputs and labels become a loss. */
export type ForwardLossOptions = Pick<
  ProblemOptions,
  "loss" | "lossOptions" | "reduction" | "l2" | "batchSize" | "precision"
>;

/** The loss at some parameters, with that of each example. */
export interface ForwardValue extends LossValue {
  /** Undivided. */
  readonly exampleLosses: Float64Array;
  /** What a mean divides by. */
  readonly divisor: number;
}

const UNIT_ROUNDOFF = { float32: 2 ** -24, float64: 2 ** -53 } as const;

/**
 * L(θ) where there is no derivative of it: the network is run forward, and the loss is computed from its outputs by
 * definition, in float64. It serves what needs losses alone.
 *
 * Cost of a value: opening the network at θ, and one forward pass.
 *
 * @example
 * const { loss, accuracy } = await forward.value(forward.network.parameters);
 */
export class ForwardLoss {
  readonly network: ForwardNetwork;
  readonly dataset: Dataset;
  readonly options: ForwardLossOptions;

  constructor(network: ForwardNetwork, dataset: Dataset, options: ForwardLossOptions) {
    this.network = network;
    this.dataset = dataset;
    this.options = options;
  }

  get space(): ParameterSpace {
    return this.network.space;
  }

  /**
   * The loss at θ.
   *
   * @param shaken moves each weight and each output by a roundoff, up or down: what that moves the loss by tells what
   *   rounding leaves of it
   * @throws input error `not-finite` where it is no number
   */
  async value(theta: Float64Array, context: RunContext = {}, shaken?: RandomStream): Promise<ForwardValue> {
    const { loss, lossOptions, l2, batchSize } = this.options;
    this.space.requireVector(theta);
    const run = await this.network.at(this.moved(theta, shaken?.split("weights")));
    const exampleLosses = new Float64Array(this.dataset.examples);
    let [terms, predicted, right] = [0, 0, 0];
    try {
      for (const { start, end } of batchesOf({ start: 0, end: this.dataset.examples }, batchSize)) {
        throwIfInterrupted(context);
        const { inputs, y } = this.dataset.batch(start, end);
        const { shape, data } = await run.outputs(inputs);
        const outputs = this.moved(Float64Array.from(data), shaken?.split(`outputs ${start}`));
        const found = loss.evaluate({ dtype: "float64", shape, data: outputs }, y, lossOptions);
        exampleLosses.set(found.losses, start);
        terms += found.counts.reduce((sum, count) => sum + count, 0);
        predicted += found.margins?.length ?? 0;
        right += found.margins?.filter((margin) => margin > 0).length ?? 0;
      }
    } finally {
      await run.release();
    }
    const divisor = this.options.reduction === "mean" ? terms : 1;
    const total = exampleLosses.reduce((sum, x) => sum + x, 0) / divisor;
    const value = total + (l2 / 2) * theta.reduce((sum, x) => sum + x * x, 0);
    if (!Number.isFinite(value)) throw notFinite();
    return {
      loss: value,
      accuracy: predicted === 0 || Number.isNaN(value) ? undefined : right / predicted,
      exampleLosses,
      divisor,
    };
  }

  private moved(numbers: Float64Array, random: RandomStream | undefined): Float64Array {
    if (random === undefined) return numbers;
    const signs = random.rademacherVector(numbers.length);
    const unit = 2 * UNIT_ROUNDOFF[this.options.precision];
    return numbers.map((x, i) => x * (1 + unit * signs[i]));
  }
}

function notFinite(): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "not-finite",
    message: "The loss is not finite at these parameters.",
    hint: "Take a checkpoint from before the run diverged, or look for a division or logarithm that can reach 0.",
  });
}
