import type { Value } from "../../graph/value.ts";
import type { LossGraph } from "../loss-graph.ts";

/** What a derivative gives: a tensor like each parameter, summed over the batches, or rows of the outputs or of the examples. */
export type Given = "parameters" | "outputs" | "examples";

/**
 * A derivative of the loss, as a computation on one batch: what a point computes, `apply` and `export` write and the
 * library offers. What is given for parameters adds up over batches, divided as the loss is.
 */
export interface Derivative {
  readonly name: string;
  /** Half a sentence for help and reports. */
  readonly summary: string;
  /** What its arrays are called in an exported graph, before the parameter's name where there is one for each. */
  readonly symbol: string;
  /** Whether it is applied to a vector in parameter space. */
  readonly takesVector: boolean;
  readonly gives: Given;
  build(this: void, loss: LossGraph, vectors: readonly Value[]): Value[];
  /** What has to be known to compare its numbers with others, in a sentence: what is summed, what is divided by. */
  readonly remark?: string;
  /** Whether it is made of what single examples have of their own: there is none where a loss couples them. */
  readonly ofExamples?: boolean;
  /** Whether an exported graph gives the loss beside it, which is on the way. */
  readonly loss?: boolean;
  /** What an L2 term λ/2‖θ‖² adds λ times: the point itself, or the vector. */
  readonly regularised?: "point" | "vector";
}

/** A matrix in parameter space, as the graph of its product with a vector. */
export interface Product extends Derivative {
  readonly takesVector: true;
  readonly gives: "parameters";
}
