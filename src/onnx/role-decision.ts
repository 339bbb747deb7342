import type { Shape, Tensor } from "../util/tensor.ts";
import type { SlotRole } from "./rule.ts";
import type { Use } from "./tensor-uses.ts";

/** A tensor of the file and what it is taken for. */
export interface TensorRole {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: Tensor["dtype"];
  readonly role: "parameter" | "statistic" | "constant";
  /** Why, as a clause: "kernel of Conv /conv1/Conv". */
  readonly reason: string;
  /** The name under which it is shown; `name` unless an exporter made that up. */
  readonly label: string;
  /** The node that uses it, by its name in the file; undefined where none does. */
  readonly node: string | undefined;
  /** The file does not say: held constant in a place that trained tensors have too, or a number taken for trained. */
  readonly open: boolean;
}

export type Decision = Pick<TensorRole, "role" | "reason" | "open"> & { readonly at?: Use };

export const ROLE_NAMES: Record<SlotRole, string> = {
  weight: "weight",
  gain: "gain",
  offset: "bias",
  statistic: "statistic",
  table: "table",
  state: "initial state",
  choice: "branch",
  limit: "limit",
  scores: "bias of the scores",
  passes: "operand",
  structural: "operand",
  arithmetic: "operand",
};

export const parameter = (reason: string): Decision => ({ role: "parameter", reason, open: false });
export const statistic = (reason: string): Decision => ({ role: "statistic", reason, open: false });
/** Certainly not trained. */
export const fixed = (reason: string): Decision => ({ role: "constant", reason, open: false });
/** Taken for trained where the file does not say. */
export const doubtful = (reason: string): Decision => ({ role: "parameter", reason, open: true });
/** Taken for a constant where the file does not say. */
export const held = (reason: string): Decision => ({ role: "constant", reason, open: true });

/** A node as a reason names it. */
export function place({ node }: Pick<Use, "node">): string {
  return `${node.op} ${node.name}`;
}
