import type { OnnxGraph, OnnxNode, StoredTensor } from "./onnx-node.ts";
import type { FindRule } from "./tensor-uses.ts";

/**
 * A graph in which weights that nodes hold in attributes (linear models of classical pipelines) are tensors of the file,
 * `node.attribute`, that the nodes read behind their inputs. Cost: one pass over the nodes of the main graph.
 */
export function attributeWeights(graph: OnnxGraph, findRule: FindRule): OnnxGraph {
  const initializers = new Map(graph.initializers);
  const taken = new Set([...graph.inputs, ...initializers.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)]);
  const nodes = graph.nodes.map((node) => {
    const held = Object.entries(findRule(node)?.heldWeights?.(node) ?? {});
    if (held.length === 0) return node;
    const tensors = held.map(([attribute, tensor]): StoredTensor => {
      let name = `${node.name}.${attribute}`;
      while (taken.has(name)) name = `${name}_`;
      taken.add(name);
      return { name, tensor, storedAs: "float32" };
    });
    for (const tensor of tensors) initializers.set(tensor.name, tensor);
    return readingBehind(
      node,
      held.map(([attribute]) => attribute),
      tensors.map(({ name }) => name),
    );
  });
  return { ...graph, nodes, initializers };
}

function readingBehind(node: OnnxNode, without: readonly string[], more: readonly string[]): OnnxNode {
  const attributes = new Map([...node.attributes].filter(([name]) => !without.includes(name)));
  return { ...node, inputs: [...node.inputs, ...more], attributes };
}
