import type { Value } from "../graph/value.ts";
import type { Tensor } from "../util/tensor.ts";
import type { Declaration } from "./declaration.ts";
import type { Item } from "./item.ts";
import type { NodeContext } from "./node-context.ts";
import type { OnnxNode, StoredTensor } from "./onnx-node.ts";

/**
 * What an input of an operator is for, which decides whether a tensor that feeds it is a parameter:
 * - `weight`: the matrix, kernel or slope of the operator;
 * - `gain`, `offset`: the scale of a normalisation; the bias of a layer or normalisation;
 * - `statistic`: measured from data, not trained (running mean and variance);
 * - `table`: rows picked by index: an embedding;
 * - `state`: where a recurrence starts;
 * - `choice`: one branch of Where;
 * - `limit`: where values are cut off;
 * - `scores`: added to the scores of an attention: a mask, or a bias by position;
 * - `passes`: comes out again, moved or reshaped: the role is that of the output's readers;
 * - `structural`: shapes, axes, limits, indices, conditions;
 * - `arithmetic`: anything else.
 */
export type SlotRole =
  | "weight"
  | "gain"
  | "offset"
  | "statistic"
  | "table"
  | "state"
  | "choice"
  | "limit"
  | "scores"
  | "passes"
  | "structural"
  | "arithmetic";

/** A place without derivative that parameters pass only by moving one of the operator's inputs. */
export interface Bend {
  readonly text: string;
  readonly by: Value;
}

/** What only the data can tell: whether they have a node do what its operator leaves open. */
export interface Doubt {
  /** How often they do, in all its elements together; made only where it is asked for. */
  count(): Value;
  /** What is open then, in sentences without the last full stop. */
  text(count: number): string;
}

/** Weights that a node holds in its attributes, by the names of these, in the order of the inputs that they become. */
export type HeldWeights = Readonly<Record<string, Tensor>>;

/** How one ONNX operator, in all its opsets, becomes values of the graph. */
export interface OnnxRule extends Declaration {
  readonly op: string;
  /** "" or absent: the standard domain. */
  readonly domain?: string;
  /** Roles of the inputs by position; the last one holds for all that follow. Absent: arithmetic. */
  readonly slots?: readonly SlotRole[];
  /** A linear map of its first input: an Add behind it adds a bias. */
  readonly linear?: boolean;
  /**
   * The size of what kernels compute the result by way of, where it may be far larger than the result: its rounding
   * stays. That is 1 for log(1 + eˣ), whatever comes out. Broadcasts to the outputs.
   */
  readonly roundsAt?: (node: NodeContext) => Value | number;
  /**
   * Where it has no first or second derivative, and what is taken there, in a sentence; undefined where it has both. What its
   * primitives say of themselves (Relu) needs no second word.
   */
  readonly bends?: (node: NodeContext) => string | Bend | undefined;
  /** Where its result is undefined for some data, which are then looked at; undefined where it is not. */
  readonly doubts?: (node: NodeContext) => Doubt | undefined;
  /** The element type that its first output has in the file, "uint8", where the graph's is wider and it is known. */
  readonly storedAs?: (node: NodeContext) => string | undefined;
  /** Draws random numbers, by the host's `draw` alone. */
  readonly draws?: boolean;
  /** Why the runtime ends the whole process where it runs such a node, as a clause: no file with one may be given to it. */
  readonly aborts?: (node: OnnxNode) => string | undefined;
  /** Piecewise constant: its derivative is zero. */
  readonly flat?: boolean;
  /**
   * What a node gives that only stores a tensor of the file in another form, as in fewer bits: it is a tensor of the file, too, and may be a
   * parameter. Undefined where this node does more.
   */
  readonly stored?: (node: OnnxNode, inputs: readonly (StoredTensor | undefined)[]) => Tensor | undefined;
  /** The weights that a node holds in its attributes, by the names of these: they become tensors of the file, and its last inputs. */
  readonly heldWeights?: (node: OnnxNode) => HeldWeights;
  /** The outputs, in order; undefined where one is not available. */
  import(node: NodeContext): Item | readonly (Item | undefined)[];
}

/** The role of input number `slot` of an operator. */
export function slotRole(rule: OnnxRule | undefined, slot: number): SlotRole {
  const slots = rule?.slots;
  return slots === undefined || slots.length === 0 ? "arithmetic" : slots[Math.min(slot, slots.length - 1)];
}
