import { z } from "zod";
import { elementsPerExample } from "../graph/elements-per-example.ts";
import { Graph } from "../graph/graph.ts";
import { multiplyAdds } from "../graph/multiply-adds.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { heldConstant, heldSentence } from "../onnx/held-constant.ts";
import { type ImportedGraph, importGraph } from "../onnx/import-graph.ts";
import { allNodes } from "../onnx/onnx-node.ts";
import { ruleOf } from "../onnx/rules/registry.ts";
import { aboutUnreached } from "../problem/about-unreached.ts";
import { countedOutput } from "../problem/counted-output.ts";
import { inspectResult, type InspectResult } from "../result/inspect-result.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { FOLDER_ON_DEMAND } from "../runs/output.ts";
import type { ModelSubject } from "../runs/subject.ts";
import { isFloat, sizeOf } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { inspectSections } from "./inspect/inspect-sections.ts";

export const inspect = defineExperiment({
  name: "inspect",
  summary: "what a model holds: parameters and why, operators, cost",
  document: "inspect",
  result: inspectResult,
  arguments: [MODEL],
  examples: [["thalweg inspect model.onnx --params 'layer1.*'", "which parameters a pattern selects"]],
  subject: "model",
  parameters: z.object({}),
  writes: FOLDER_ON_DEMAND,
  measure: (subject) => Promise.resolve({ result: inspection(subject, tryImport(subject)), converged: true }),
  show: inspectSections,
});

/** The graph on the smallest batch, or the error that says why there is none. */
type Attempt = { readonly imported: ImportedGraph; readonly batch: number } | { readonly error: ThalwegError };

function tryImport({ model, importing }: ModelSubject): Attempt {
  const first = model.inputs[0]?.shape[0];
  const batch = typeof first === "number" ? first : 1;
  try {
    return { imported: importGraph(model, new Graph(), { ...importing, batch }), batch };
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "input") return { error };
    throw error;
  }
}

function inspection({ model, notes, importing, output }: ModelSubject, graph: Attempt): InspectResult {
  const selected = new Set(importing.parameters ?? model.parameters.map(({ name }) => name));
  const counts = new Map<string, { count: number; supported: boolean }>();
  for (const node of allNodes(model.graph.nodes)) {
    const name = node.domain === "" ? node.op : `${node.domain}::${node.op}`;
    const known = counts.get(name) ?? { count: 0, supported: ruleOf(node) !== undefined };
    counts.set(name, { ...known, count: known.count + 1 });
  }
  const roles = [
    ...model.parameters.map((parameter) => ({ ...parameter, role: "parameter" })),
    ...model.statistics,
    ...model.constants,
  ];
  const initializers = roles.map(({ name, label, dtype, shape, role, reason, open }) => ({
    name,
    label: label === name ? null : label,
    dtype,
    shape: [...shape],
    role,
    reason,
    selected: selected.has(name),
    open,
  }));
  const declared = (values: ModelFile["inputs"]) =>
    values.map(({ name, dtype, shape }) => ({ name, dtype, shape: shape.map((extent) => extent ?? "?") }));
  const imported = "imported" in graph ? graph.imported : undefined;
  const unreached = imported && unreachedFrom(model, imported, output);
  const notices = [
    ...[...model.notices, ...(imported?.notices ?? [])].map(({ message }) => message),
    ...(unreached === undefined ? [] : [unreached]),
    ...("error" in graph ? [[graph.error.message, graph.error.hint].filter(Boolean).join(" ")] : []),
  ];
  const held = heldConstant(model, importing.parameters);
  const parameters = initializers.reduce((sum, { shape, selected: chosen }) => sum + (chosen ? sizeOf(shape) : 0), 0);
  return {
    format: { opset: model.opset, producer: model.producer, irVersion: model.irVersion },
    inputs: declared(model.inputs),
    outputs: declared(model.outputs),
    operators: [...counts]
      .map(([name, each]) => ({ name, ...each }))
      .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name)),
    initializers,
    parameters,
    notices: [...new Set(notices)],
    differentiable: imported !== undefined,
    remarks: [
      ...notes,
      ...(held ? [heldSentence(held)] : []),
      ...(imported?.caveats ?? []).map((caveat) => `${caveat}.`),
    ],
    stopped: imported ? stoppedIn(imported) : null,
    cost: "imported" in graph ? costOf(graph, parameters) : null,
  };
}

/** What the output that counts does not depend on; whole numbers depend on nothing that could be trained. */
function unreachedFrom(model: ModelFile, imported: ImportedGraph, asked: string | undefined) {
  const { outputs, parameters } = imported;
  // That others are left out is said, and no reason not to look at the file.
  const { name, values } = countedOutput(model, imported, asked ?? outputs.keys().next().value);
  if (!isFloat(values.dtype)) return undefined;
  return aboutUnreached({ output: name, values, parameters, outputs: [...outputs.keys()], labels: model.labels });
}

function stoppedIn({ nodes }: ImportedGraph): string[] {
  return nodes
    .filter(
      ({ differentiable, constant, dtype }) => !differentiable && !constant && dtype !== undefined && isFloat(dtype),
    )
    .map(({ name, op }) => `${op} ${name}`);
}

function costOf({ imported, batch }: Extract<Attempt, { imported: object }>, parameters: number) {
  const outputs = [...imported.outputs.values()];
  const bytes = outputs[0].dtype === "float64" ? 8 : 4;
  return {
    multiplyAdds: multiplyAdds(outputs) / batch,
    exampleBytes: Math.ceil(elementsPerExample(outputs, batch)) * bytes,
    vectorBytes: 8 * parameters,
  };
}
