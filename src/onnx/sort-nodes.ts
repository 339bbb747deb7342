import { intakeError, listOf } from "./intake-error.ts";
import { namesRead, type OnnxNode } from "./onnx-node.ts";

/**
 * Nodes in topological order (Kahn 1962), keeping the order of the file where it is one already.
 * Names that are defined twice, read but never defined (in a main graph), or defined by a cycle are errors.
 */
export function sortNodes(nodes: readonly OnnxNode[], given: readonly string[], closed: boolean): OnnxNode[] {
  const producer = new Map<string, number>();
  const known = new Set(given);
  nodes.forEach((node, index) => {
    for (const name of node.outputs) {
      if (name === "") continue;
      if (producer.has(name) || known.has(name)) {
        throw intakeError("duplicate-name", `The model defines the value ${name} twice.`, {
          node: node.name,
          op: node.op,
        });
      }
      producer.set(name, index);
    }
  });
  const waiting = new Array<number>(nodes.length).fill(0);
  const readers = nodes.map((): number[] => []);
  nodes.forEach((node, index) => {
    for (const name of new Set(namesRead(node))) {
      const from = producer.get(name);
      if (from !== undefined) {
        waiting[index]++;
        readers[from].push(index);
      } else if (closed && !known.has(name)) {
        throw intakeError(
          "undefined-value",
          `Node ${node.name} (${node.op}) reads the value ${name}, which nothing in the model defines.`,
          { node: node.name, op: node.op, input: name },
        );
      }
    }
  });
  const inOrder = readers.every((readersOf, index) => readersOf.every((reader) => reader > index));
  if (inOrder) return [...nodes];
  const sorted: OnnxNode[] = [];
  const ready = waiting.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = 0; next < ready.length; next++) {
    sorted.push(nodes[ready[next]]);
    for (const reader of readers[ready[next]]) {
      if (--waiting[reader] === 0) ready.push(reader);
    }
  }
  if (sorted.length < nodes.length) {
    const stuck = nodes.filter((_, index) => waiting[index] > 0).map((node) => node.name);
    throw intakeError("cyclic-graph", `The graph of the model has a cycle through ${listOf(stuck, 4)}.`, {
      node: stuck[0],
    });
  }
  return sorted;
}
