import type { OnnxGraph, OnnxNode } from "./onnx-node.ts";
import type { IsGenerated } from "./generated-names.ts";

/** A tensor and where it is used first. */
export interface Labelled {
  readonly name: string;
  readonly node: OnnxNode;
  readonly slot: number;
  readonly kind: "weight" | "bias" | "initial_state";
}

/**
 * The names under which tensors are shown. An exporter that folds or transposes a weight gives it a
 * name that says nothing (`onnx::MatMul_18`, `onnx::Conv_203`), but the node that reads it has the
 * path of its module: the weight of `/encoder/0/MatMul` is `encoder.0.weight`, as the network calls
 * it. Where one module has several, the node tells them apart: `encoder.0.MatMul_1.weight`. All other
 * tensors keep their names. No two labels are equal, and none is the name of another tensor.
 */
export function tensorLabels(
  tensors: readonly Labelled[],
  names: Iterable<string>,
  isGenerated: IsGenerated,
): Map<string, string> {
  const renamed = tensors.filter(({ name }) => isGenerated(name));
  const taken = new Set(names);
  const short = new Map<string, Labelled[]>();
  for (const each of renamed) {
    const label = `${modulePath(each.node.name)}.${each.kind}`;
    short.set(label, [...(short.get(label) ?? []), each]);
  }
  const labels = new Map<string, string>();
  for (const [label, sharing] of short) {
    for (const each of sharing) {
      const alone = sharing.length === 1 && !taken.has(label);
      const place = modulePath(each.node.name);
      const own = ownName(each.node.name);
      const longer = place === own ? place : `${place}.${own}`;
      const sameNode = sharing.some((other) => other !== each && other.node === each.node);
      const wanted = alone ? label : `${longer}.${each.kind}${sameNode ? `_${each.slot}` : ""}`;
      let free = wanted;
      for (let i = 2; taken.has(free); i++) free = `${wanted}_${i}`;
      taken.add(free);
      labels.set(each.name, free);
    }
  }
  return labels;
}

/**
 * The modules that tensors belong to: what is before the last dot of their own name, or the path of the
 * node that reads them where an exporter made that up. Tensors of which neither says so are left out.
 */
export function tensorModules(
  graph: OnnxGraph,
  names: Iterable<string>,
  isGenerated: IsGenerated,
): Map<string, string> {
  const readers = new Map<string, string>();
  for (const { op, name, inputs } of graph.nodes)
    if (op !== "Identity") for (const input of inputs) if (!readers.has(input)) readers.set(input, name);
  const modules = new Map<string, string>();
  for (const name of names) {
    const reader = readers.get(name);
    if (!isGenerated(name) && name.includes(".")) modules.set(name, name.slice(0, name.lastIndexOf(".")));
    if (isGenerated(name) && reader?.includes("/", 1)) modules.set(name, modulePath(reader));
  }
  return modules;
}

/** "/encoder/encoder.0/MatMul_1" to "encoder.0"; a node outside all modules is a place of its own. */
function modulePath(node: string): string {
  const path = node.split("/").filter((part) => part !== "");
  if (path.length < 2) return path[0] ?? node;
  const modules: string[] = [];
  for (const part of path.slice(0, -1)) {
    // PyTorch writes the members of a container with the container's name before them.
    if (modules.length > 0 && part.startsWith(`${modules[modules.length - 1]}.`)) modules.pop();
    modules.push(part);
  }
  return modules.join(".");
}

function ownName(node: string): string {
  return node.split("/").findLast((part) => part !== "") ?? node;
}
