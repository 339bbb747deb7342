import type { ModelFile } from "../onnx/decode-model.ts";
import { allNodes } from "../onnx/onnx-node.ts";
import { ruleOf } from "../onnx/rules/registry.ts";

/** The first node of a file at which the runtime would end the whole process, in a sentence; `drawn` are outputs that are fed to it instead. */
export function abortingNode({ graph }: ModelFile, drawn: readonly string[] = []): string | undefined {
  for (const node of allNodes(graph.nodes)) {
    const why = drawn.includes(node.outputs[0]) ? undefined : ruleOf(node)?.aborts?.(node);
    if (why !== undefined) return `Node ${node.name} (${node.op}) ${why}, at which ONNX Runtime ends the program.`;
  }
  return undefined;
}
