import { z } from "zod";
import { Graph } from "../../graph/graph.ts";
import { aboutUnreached } from "../../load/about-unreached.ts";
import { chooseParameters } from "../../load/choose-parameters.ts";
import { elementsPerExample } from "../../load/choose-batches.ts";
import { defaultPrecision } from "../../load/default-precision.ts";
import { type HeldConstant, heldConstant, heldSentence } from "../../load/held-constant.ts";
import { loadModel, type LoadedModel } from "../../load/load-model.ts";
import { multiplyAdds } from "../../load/multiply-adds.ts";
import { type ImportedGraph, importGraph } from "../../onnx/import-graph.ts";
import { allNodes } from "../../onnx/onnx-node.ts";
import type { ModelFile } from "../../onnx/decode-model.ts";
import { ruleOf } from "../../onnx/rules/registry.ts";
import type { InspectResult } from "../../result/inspect-result.ts";
import { unknownOutput } from "../../problem/unknown-output.ts";
import { isFloat, sizeOf } from "../../util/tensor.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { given, MODEL } from "../arguments.ts";
import { modelFlags } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { formatBytes, formatCount, formatLarge, formatShape } from "../format.ts";
import { frameOf, modelSummary } from "../frame.ts";
import { table, wrap } from "../layout.ts";
import type { Style } from "../terminal.ts";
import { defineVerb } from "../verb.ts";

export const inspect = defineVerb({
  name: "inspect",
  summary: "what a model holds: parameters and why, operators, cost",
  arguments: [MODEL],
  parameters: modelFlags,
  examples: [["thalweg inspect model.onnx --params 'layer1.*'", "which parameters a pattern selects"]],
  run: (flags, [path], shell) => {
    const loaded = loadModel(given(path, "MODEL"), flags.weights);
    const { model } = loaded;
    const selected = flags.params ? chooseParameters(model, flags.params) : model.parameters.map(({ name }) => name);
    const graph = tryImport(model, { ...flags, parameters: flags.params && selected });
    const result = inspection(model, new Set(selected), graph, flags.output);
    return {
      text: page(loaded, result, graph, heldConstant(model, flags.params && selected), shell.style),
      document: {
        schema: "thalweg/inspect@1",
        ...frameOf({ shell, flags, seed: 0 }),
        model: modelSummary(
          loaded,
          result.initializers.filter((each) => each.selected),
          flags.params && selected,
        ),
        result,
      },
      exitCode: EXIT.done,
    };
  },
});

/** The graph on the smallest batch, or the error that says why there is none. */
type Attempt = { readonly imported: ImportedGraph; readonly batch: number } | { readonly error: ThalwegError };

function tryImport(model: ModelFile, flags: z.output<typeof modelFlags> & { parameters?: readonly string[] }): Attempt {
  const precision = flags.precision ?? defaultPrecision(model);
  const first = model.inputs[0]?.shape[0];
  const batch = typeof first === "number" ? first : 1;
  try {
    const options = {
      precision,
      batch,
      freeze: flags.freeze,
      parameters: flags.parameters,
      batchNormalization: flags.bn,
    };
    return { imported: importGraph(model, new Graph(), options), batch };
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "input") return { error };
    throw error;
  }
}

function inspection(
  model: ModelFile,
  selected: ReadonlySet<string>,
  graph: Attempt,
  output: string | undefined,
): InspectResult {
  const counts = new Map<string, { count: number; supported: boolean }>();
  for (const node of allNodes(model.graph.nodes)) {
    const name = node.domain === "" ? node.op : `${node.domain}::${node.op}`;
    const known = counts.get(name) ?? { count: 0, supported: ruleOf(node) !== undefined };
    counts.set(name, { ...known, count: known.count + 1 });
  }
  const roles = [
    ...model.parameters.map((parameter) => ({ ...parameter, role: "parameter", open: false })),
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
  const notices = [...model.notices, ...("imported" in graph ? graph.imported.notices : [])].map(
    ({ message }) => message,
  );
  const unreached = "imported" in graph ? unreachedFrom(model, graph.imported, output) : undefined;
  if (unreached !== undefined) notices.push(unreached);
  return {
    format: { opset: model.opset, producer: model.producer, irVersion: model.irVersion },
    inputs: declared(model.inputs),
    outputs: declared(model.outputs),
    operators: [...counts]
      .map(([name, each]) => ({ name, ...each }))
      .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name)),
    initializers,
    parameters: initializers.reduce((sum, { shape, selected: chosen }) => sum + (chosen ? sizeOf(shape) : 0), 0),
    notices: [
      ...new Set(
        "error" in graph ? [...notices, [graph.error.message, graph.error.hint].filter(Boolean).join(" ")] : notices,
      ),
    ],
    differentiable: "imported" in graph,
  };
}

/** What the output that counts does not depend on; whole numbers depend on nothing that could be trained. */
function unreachedFrom(model: ModelFile, { outputs, parameters }: ImportedGraph, output: string | undefined) {
  const name = output ?? model.graph.outputs[0];
  const values = outputs.get(name);
  if (!values) throw unknownOutput(name, outputs.keys());
  if (!isFloat(values.dtype)) return undefined;
  return aboutUnreached({ output: name, values, parameters, outputs: model.graph.outputs, labels: model.labels });
}

function page(
  { path, sha256, notes }: LoadedModel,
  result: InspectResult,
  graph: Attempt,
  held: HeldConstant | undefined,
  style: Style,
): string {
  const { format, initializers } = result;
  const chosen = initializers.filter(({ selected }) => selected);
  const others = initializers.filter(({ selected }) => !selected);
  const tensors = (list: InspectResult["initializers"]) =>
    table(
      list.map(({ name, label, shape, reason }) => [
        label === null ? name : `${label} (${name})`,
        formatShape(shape),
        reason,
      ]),
      ["left", "left", "left"],
    );
  const values = (list: InspectResult["inputs"]) =>
    list.map(({ name, dtype, shape }) => `${name} ${dtype} ${formatShape(shape)}`).join(", ");
  const operators = result.operators.map(
    ({ name, count, supported }) =>
      `${supported ? name : style.red(`${name} (not read)`)}${count > 1 ? ` ×${count}` : ""}`,
  );
  const parts = [
    table(
      [
        ["file", path],
        ["sha256", `${sha256.slice(0, 16)}…`],
        ["format", `opset ${format.opset}, written by ${format.producer || "an unnamed exporter"}`],
        ["inputs", values(result.inputs)],
        ["outputs", values(result.outputs)],
        ["operators", operators.join(", ")],
        ...costRows(graph, result.parameters),
        ["differentiable", result.differentiable ? style.green("yes") : style.red("no")],
      ],
      ["left", "left"],
    ),
    `${style.bold(`Parameters: ${formatCount(result.parameters)} in ${chosen.length} tensors`)}\n${tensors(chosen)}`,
  ];
  if (others.length > 0) parts.push(`${style.bold("Not parameters")}\n${tensors(others)}`);
  const remarks = [
    ...notes,
    ...(held ? [heldSentence(held)] : []),
    ...result.notices,
    ...("imported" in graph ? graph.imported.caveats.map((caveat) => `${caveat}.`) : []),
  ];
  if (remarks.length > 0)
    parts.push(
      `${style.bold("Remarks")}\n${remarks.map((remark) => `  ${wrap(`· ${remark}`, 78, "    ")}`).join("\n")}`,
    );
  return `${parts.join("\n\n")}\n`;
}

/** A gradient costs about three forward passes, a product about two gradients. */
function costRows(graph: Attempt, parameters: number): string[][] {
  if ("error" in graph) return [];
  const outputs = [...graph.imported.outputs.values()];
  const forward = multiplyAdds(outputs) / graph.batch;
  const bytes = outputs[0].dtype === "float64" ? 8 : 4;
  const stopped = graph.imported.nodes.filter(
    ({ differentiable, constant, dtype }) =>
      !differentiable && !constant && (dtype === "float32" || dtype === "float64"),
  );
  return [
    [
      "cost",
      `${formatLarge(forward)} multiply–adds an example forward, about ${formatLarge(3 * forward)} for a gradient, ${formatLarge(6 * forward)} for Hv`,
    ],
    [
      "memory",
      `${formatBytes(Math.ceil(elementsPerExample(outputs, graph.batch)) * bytes)} of values an example, ${formatBytes(parameters * 8)} a vector`,
    ],
    ...(stopped.length > 0 ? [["held constant", stopped.map(({ name, op }) => `${op} ${name}`).join(", ")]] : []),
  ];
}
