import type { GraphProto, NodeProto } from "onnx-buf";

/** A node that reads and writes other names; those that it hands to graphs of its own are among what it reads. */
export function renamed(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const of = (name: string) => names.get(name) ?? name;
  return {
    ...node,
    input: node.input.map(of),
    output: node.output.map(of),
    attribute: node.attribute.map((attribute) =>
      attribute.g === undefined
        ? attribute
        : { ...attribute, g: { ...attribute.g, node: attribute.g.node.map((each) => renamed(each, names)) } },
    ),
  };
}

/** Outputs under their names where they are made: a graph that is run many times would copy each of them. */
export function withoutCopies(graph: GraphProto, outputs: ReadonlySet<string>): NodeProto[] {
  const made = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const names = new Map<string, string>();
  const copies = new Set<NodeProto>();
  for (const node of graph.node) {
    const [from] = node.input;
    const [to] = node.output;
    if (node.opType !== "Identity" || !outputs.has(to) || !made.has(from) || names.has(from) || outputs.has(from))
      continue;
    names.set(from, to);
    copies.add(node);
  }
  return graph.node.filter((node) => !copies.has(node)).map((node) => renamed(node, names));
}
