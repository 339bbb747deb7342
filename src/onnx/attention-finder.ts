import type { GraphFlow } from "./graph-flow.ts";
import type { OnnxNode } from "./onnx-node.ts";

/**
 * The attentions of a graph: a softmax above a product of two values that both depend on the input, and the next product
 * behind it; or one node of ONNX Runtime's or of the standard's.
 */
export class AttentionFinder {
  /** What is multiplied below a softmax. */
  readonly queriesAndKeys: string[] = [];
  /** What the softmax weighs. */
  readonly values: string[] = [];
  /** The products of queries and keys, and those of the weighed sums. */
  readonly scores = new Set<OnnxNode>();
  readonly mixed = new Set<OnnxNode>();
  /** All nodes that belong to an attention: what leads to one is before it. */
  readonly nodes = new Set<OnnxNode>();
  /** Weights in a node of attention itself, of queries, keys and values in one. */
  readonly packed: ReadonlySet<string>[] = [];

  private readonly flow: GraphFlow;

  constructor(flow: GraphFlow) {
    this.flow = flow;
    for (const node of flow.nodes) {
      if (node.op === "Softmax") this.addSoftmax(node);
      else if (flow.isFusedAttention(node)) this.addFused(node);
    }
  }

  get isThere(): boolean {
    return this.nodes.size > 0;
  }

  private addSoftmax(softmax: OnnxNode): void {
    const { flow } = this;
    const products = flow.behind(softmax.inputs[0]).mixing.filter((node) => !flow.isFusedAttention(node));
    const sums = flow.nextProducts(softmax);
    if (products.length === 0 || sums.length === 0) return;
    this.nodes.add(softmax);
    for (const node of products) {
      this.scores.add(node);
      this.nodes.add(node);
      for (const input of node.inputs) this.queriesAndKeys.push(input);
    }
    for (const { node, from } of sums) {
      this.mixed.add(node);
      this.nodes.add(node);
      for (const input of node.inputs) if (input !== from) this.values.push(input);
    }
  }

  private addFused(node: OnnxNode): void {
    const { flow } = this;
    this.nodes.add(node);
    this.mixed.add(node);
    const [first, second, third, fourth] = node.inputs;
    if (node.op === "Attention" && node.domain !== "" && node.domain !== "ai.onnx") {
      // Queries, keys and values of one input, in one product.
      this.packed.push(flow.weightsOf(second), flow.weightsOf(third));
      return;
    }
    const isPacked = (second ?? "") === "";
    for (const input of [first, second]) if ((input ?? "") !== "") this.queriesAndKeys.push(input);
    this.values.push(isPacked ? first : (third ?? second));
    // Biases of queries, keys and values, one behind the other.
    if (node.op === "MultiHeadAttention") this.packed.push(flow.weightsOf(fourth));
  }
}
