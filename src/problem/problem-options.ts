import type { Dataset } from "../data/dataset.ts";
import type { Inspect } from "../graph/value.ts";
import type { ExampleDraw } from "../onnx/draw.ts";
import type { FloatType } from "../util/tensor.ts";
import type { Loss, LossOptions } from "./losses/loss.ts";

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
  /** Parameters of which nothing in the model says that they were trained, by name; none when absent. */
  readonly doubtful?: readonly string[];
  readonly batchNormalization?: "inference" | "training";
  /** Which axis of an input, and of the output, counts examples in the model, where it is not the first; data have them first. */
  readonly examplesAxes?: ReadonlyMap<string, number>;
  readonly outputExamplesAxis?: number;
  /** What nodes of the model draw for each example, by name: inputs of the data beside those of the model. */
  readonly draws?: ReadonlyMap<string, ExampleDraw>;
  /** Why the loss of an example depends on the others of its batch: batches are then losses of their own. Absent where it does not. */
  readonly coupled?: string;
  /** Examples that the weights were not fitted to, with the same inputs; absent where none were given. */
  readonly heldOut?: Dataset;
  /** How much may be kept between products, in bytes: data, activations and cotangents. */
  readonly cacheBytes: number;
  /**
   * Bytes that what the engine computes in one run may take on a lane: a computation that takes more on a batch is done on fewer
   * examples at a time. Unbounded when absent.
   */
  readonly runBytes?: number;
  /** Most vectors of a product at a time; as many as are fastest when absent. */
  readonly mostVectors?: number;
  /** Whether there is no room for the same problem in float64. */
  readonly withoutFloat64?: boolean;
  /** Sees the graph after every pass, from the import to what is emitted: for tests. */
  readonly inspect?: Inspect;
}

/** Bytes of one element in the arithmetic of the problem. */
export function elementBytes(options: ProblemOptions): number {
  return options.precision === "float32" ? 4 : 8;
}
