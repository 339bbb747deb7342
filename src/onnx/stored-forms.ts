import { listOf } from "./intake-error.ts";
import { allNodes, namesRead, type Notice, type OnnxGraph, type OnnxNode, type StoredTensor } from "./onnx-node.ts";
import type { FindRule } from "./tensor-uses.ts";

/** How quantisers name what stands for a tensor of the network. */
const MADE_UP = /(_quantized|_DequantizeLinear_Output|_DequantizeLinear|_dequantized)$/;

/**
 * Tensors that the file stores in another form, and nodes that give the numbers themselves, put in the place of each other: the nodes
 * go, and what they gave are tensors of the file under the names that the network had, where these can be told. Tensors that
 * nothing else reads go with the nodes. Cost: one pass over the nodes, and over the numbers of such tensors.
 */
export function storedForms(
  graph: OnnxGraph,
  tensors: ReadonlyMap<string, StoredTensor>,
  findRule: FindRule,
): { graph: OnnxGraph; notices: Notice[] } {
  const taken = new Set([
    ...graph.inputs,
    ...graph.initializers.keys(),
    ...[...allNodes(graph.nodes)].flatMap(({ outputs }) => outputs),
  ]);
  const renamed = new Map<string, string>();
  const initializers = new Map(graph.initializers);
  const gone = new Set<string>();
  const kept = graph.nodes.filter((node) => {
    const [output] = node.outputs;
    const tensor = graph.outputs.includes(output)
      ? undefined
      : findRule(node)?.stored?.(
          node,
          node.inputs.map((name) => tensors.get(name)),
        );
    if (!tensor) return true;
    const own = [output, node.inputs[0]].map((name) => name.replace(MADE_UP, "")).find((name) => !taken.has(name));
    const name = own ?? output;
    taken.add(name);
    renamed.set(output, name);
    initializers.set(name, { name, tensor, storedAs: tensor.dtype });
    for (const each of node.inputs) gone.add(each);
    return false;
  });
  if (renamed.size === 0) return { graph, notices: [] };
  const nodes = kept.map((node) => withNames(node, renamed));
  const read = new Set([...graph.outputs, ...nodes.flatMap(namesRead)]);
  for (const name of gone) if (!read.has(name)) initializers.delete(name);
  const live = nodes.filter(({ outputs }) => !outputs.some((name) => gone.has(name) && !read.has(name)));
  const names = [...renamed.values()];
  const one = names.length === 1;
  return {
    graph: { ...graph, nodes: live, initializers },
    notices: [
      {
        code: "stored-forms",
        message: `${one ? "1 tensor is" : `${names.length} tensors are`} stored in fewer bits (${listOf(names, 4)}) and read as the numbers that these stand for: gradients and curvature are with respect to the numbers, of which the file can hold those of a grid only.`,
      },
    ],
  };
}

/** A node, and graphs inside, that read values under other names. */
function withNames(node: OnnxNode, names: ReadonlyMap<string, string>): OnnxNode {
  const of = (name: string) => names.get(name) ?? name;
  const attributes = new Map(
    [...node.attributes].map(([key, attribute]) => [
      key,
      attribute.kind === "graph"
        ? {
            ...attribute,
            value: {
              ...attribute.value,
              nodes: attribute.value.nodes.map((each) => withNames(each, names)),
              outputs: attribute.value.outputs.map(of),
            },
          }
        : attribute,
    ]),
  );
  return { ...node, inputs: node.inputs.map(of), attributes };
}
