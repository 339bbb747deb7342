import { inspected } from "../graph/inspected.ts";
import type { Value, ValueGraph } from "../graph/value.ts";
import { mul } from "../ops/arithmetic.ts";
import { reduceSum, reshape, sumAll } from "../ops/structure.ts";
import { type DType, type Shape, sizeOf } from "../util/tensor.ts";
import type { Loss, LossOptions } from "./losses/loss.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** A network and its loss on one batch, as values of one graph. */
export interface LossGraph {
  readonly parameters: readonly Value[];
  readonly outputs: Value;
  readonly labels: Value;
  /** Those of an example in a row. */
  readonly perTerm: Value;
  /** [B]: the loss of each example, the sum of its terms. */
  readonly perExample: Value;
  /** Scalar: the sum over the batch. */
  readonly total: Value;
  /** Scalar, fed: what sums over terms of the loss are multiplied by, 1 over their number in all batches for a mean. */
  readonly scale: Value;
  /** Scalar, fed: 1 over the number of examples in all batches. */
  readonly exampleScale: Value;
  /** Scalar: scale · total, what the batch adds to the loss. */
  readonly share: Value;
  readonly loss: Loss;
  readonly options: LossOptions;
}

/** The name under which labels are fed; names of the file are fed under others. */
export const LABELS = "thalweg:y";

/** The names under which the two scales are fed. */
export const SCALE = "thalweg:scale";
export const EXAMPLE_SCALE = "thalweg:example-scale";

/** Puts a loss behind the outputs of a network. */
export function lossGraph(
  graph: ValueGraph,
  parameters: readonly Value[],
  outputs: Value,
  labels: { readonly dtype: DType; readonly shape: Shape },
  loss: Loss,
  options: LossOptions,
): LossGraph {
  const message = loss.misfit({
    outputs: outputs.shape,
    labels: labels.shape,
    labelType: labels.dtype,
    classAxis: options.classAxis,
  });
  if (message !== undefined) {
    throw new ThalwegError({
      kind: "input",
      code: "loss-misfit",
      message,
      where: { shape: outputs.shape },
      hint: "Choose a loss that fits with --loss, or check the labels.",
    });
  }
  const y = graph.input(LABELS, labels.dtype, labels.shape);
  const perTerm = loss.perTerm(outputs, y, options);
  const perExample = byExample(perTerm, y.shape[0]);
  const total = sumAll(perExample);
  const scale = graph.input(SCALE, total.dtype, []);
  const exampleScale = graph.input(EXAMPLE_SCALE, total.dtype, []);
  const share = mul(total, scale);
  inspected("loss", [perExample, share]);
  return { parameters, outputs, labels: y, perTerm, perExample, total, scale, exampleScale, share, loss, options };
}

/** Sums over as many terms for each example. */
function byExample(terms: Value, examples: number): Value {
  return reshape(reduceSum(reshape(terms, [examples, sizeOf(terms.shape) / examples]), [1]), [examples]);
}
