import type { DType, Shape } from "../util/tensor.ts";
import type { Graph } from "./graph.ts";
import type { Operation } from "./operation.ts";

/** What is known of a value before it is computed. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * One node of a graph, which is also its single output (static single assignment). Values are made
 * by {@link Graph} only, and two values of one graph with the same operation and inputs are the same
 * object. Inputs always have smaller ids, so ascending ids are a topological order.
 */
export interface Value extends ValueType {
  readonly id: number;
  readonly graph: Graph;
  readonly operation: Operation;
  readonly inputs: readonly Value[];
}

/** A float value or a number that takes the dtype of the value beside it. */
export type Operand = Value | number;
