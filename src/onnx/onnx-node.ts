import type { NodeProto } from "onnx-buf";
import type { DType, Tensor } from "../util/tensor.ts";

/** An attribute of an ONNX node; numbers are what the file holds, float32 included. */
export type OnnxAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: StoredTensor }
  | { readonly kind: "graph"; readonly value: OnnxGraph }
  /** Kinds that no supported operator has: sequences, sparse tensors, types. */
  | { readonly kind: "other"; readonly value: undefined };

/** A node of an ONNX graph, with local functions already replaced by their bodies. */
export interface OnnxNode {
  readonly op: string;
  /** "" is the standard domain, ai.onnx. */
  readonly domain: string;
  /** The opset of `domain` under which this node was written. */
  readonly opset: number;
  /** The node's own name, or that of its first output. */
  readonly name: string;
  /** Names of values; "" where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** As it stands in the file, for operators that are passed through unchanged. */
  readonly proto: NodeProto;
}

/** A tensor of the file. */
export interface StoredTensor {
  readonly name: string;
  /** The promoted elements; undefined for element types without a counterpart (strings, complex, 4 and 8-bit floats). */
  readonly tensor: Tensor | undefined;
  /** The element type in the file: "float16", "uint8". */
  readonly storedAs: string;
}

/** What a file declares of a value: extents may be numbers, names or unknown. */
export interface DeclaredValue {
  readonly name: string;
  readonly dtype: DType;
  /** The element type in the file: "float16", "uint8". */
  readonly storedAs: string;
  readonly shape: readonly (number | string | undefined)[];
}

/** Nodes in topological order with the tensors they use. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, StoredTensor>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Something a person should know about how a file was read. */
export interface Notice {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Every node, those of nested graphs (branches and loop bodies) included. */
export function* allNodes(nodes: readonly OnnxNode[]): Generator<OnnxNode> {
  for (const node of nodes) {
    yield node;
    for (const graph of subgraphsOf(node)) yield* allNodes(graph.nodes);
  }
}

function subgraphsOf(node: OnnxNode): OnnxGraph[] {
  return [...node.attributes.values()].flatMap((attribute) => (attribute.kind === "graph" ? [attribute.value] : []));
}

/** Names that a node reads, those that its nested graphs take from outside included. */
export function namesRead(node: OnnxNode): string[] {
  const names = node.inputs.filter((name) => name !== "");
  for (const graph of subgraphsOf(node)) {
    const inside = new Set([
      ...graph.inputs,
      ...graph.initializers.keys(),
      ...graph.nodes.flatMap((each) => each.outputs),
    ]);
    for (const name of [...graph.nodes.flatMap(namesRead), ...graph.outputs]) {
      if (!inside.has(name)) names.push(name);
    }
  }
  return names;
}
