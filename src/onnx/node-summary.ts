import type { Value } from "../graph/value.ts";
import { tensorOf } from "../graph/leaf.ts";
import { isFloat, type DType, type Shape } from "../util/tensor.ts";
import { namesRead, type OnnxNode } from "./onnx-node.ts";
import { isSequence, type Item } from "./item.ts";
import { ruleOf } from "./rules/registry.ts";

/** One line of `inspect`. */
export interface NodeSummary {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly opset: number;
  /** The first output. */
  readonly value: Value;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Known when the model is read: no run computes it. */
  readonly constant: boolean;
  /** Whether derivatives pass through it. */
  readonly differentiable: boolean;
  /** Parameters that it reads, directly or moved and reshaped. */
  readonly parameters: readonly string[];
}

/** Collects a summary of every node as it is imported. */
export class NodeSummaries {
  readonly all: NodeSummary[] = [];
  private readonly parameters: ReadonlySet<string>;
  /** Parameters behind values that are computed from parameters and constants alone. */
  private readonly carried = new Map<string, readonly string[]>();

  constructor(parameters: ReadonlySet<string>) {
    this.parameters = parameters;
  }

  add(node: OnnxNode, output: Item | undefined, frozen: boolean, find: (name: string) => Item | undefined): void {
    if (!output || isSequence(output)) return;
    const read = new Set<string>();
    let mixesData = false;
    for (const name of namesRead(node)) {
      const carried = this.parameters.has(name) ? [name] : this.carried.get(name);
      for (const each of carried ?? []) read.add(each);
      const item = carried ? undefined : find(name);
      if (item && (isSequence(item) || !tensorOf(item))) mixesData = true;
    }
    if (!mixesData && read.size > 0) for (const name of node.outputs) this.carried.set(name, [...read]);
    const { op, domain, opset, name } = node;
    const { shape, dtype } = output;
    const constant = tensorOf(output) !== undefined;
    const differentiable = !constant && !frozen && isFloat(dtype) && ruleOf(node)?.flat !== true;
    this.all.push({
      name,
      op,
      domain,
      opset,
      value: output,
      shape,
      dtype,
      constant,
      differentiable,
      parameters: [...read],
    });
  }
}
