import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { sumAll } from "../ops/structure.ts";
import type { DType, Shape } from "../util/tensor.ts";
import type { Loss, LossOptions } from "./losses/loss.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

/** A network and its loss on one batch, as values of one graph. */
export interface LossGraph {
  readonly parameters: readonly Value[];
  readonly outputs: Value;
  readonly labels: Value;
  /** [B] */
  readonly perExample: Value;
  /** Scalar: the sum over the batch. */
  readonly total: Value;
  readonly loss: Loss;
  readonly options: LossOptions;
}

/** The name under which labels are fed; names of the file are fed under others. */
export const LABELS = "thalweg:y";

/** Puts a loss behind the outputs of a network. */
export function lossGraph(
  graph: Graph,
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
  const perExample = loss.perExample(outputs, y, options);
  return { parameters, outputs, labels: y, perExample, total: sumAll(perExample), loss, options };
}
