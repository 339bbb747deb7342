import { z } from "zod";
import { EXPORTABLE, exportDerivative, type ExportedDerivative } from "../problem/export-derivative.ts";
import { exportResult } from "../result/export-result.ts";
import type { ShownSection } from "../result/shown-section.ts";
import { MODEL } from "../runs/argument.ts";
import { defineExperiment } from "../runs/experiment.ts";
import { fileOf } from "../runs/output.ts";
import { chosen } from "../util/chosen.ts";
import { formatBytes, formatShape } from "../util/format-size.ts";

const NAMES = EXPORTABLE.map(({ name }) => name);

export const exportExperiment = defineExperiment({
  name: "export",
  summary: "write a derivative as a plain ONNX file",
  description:
    "Write a derivative of a model as a plain ONNX file (opset 18) that any runtime reads.\nParameters are inputs whose defaults are the model's weights.",
  choices: EXPORTABLE,
  document: "export",
  result: exportResult,
  arguments: [MODEL],
  examples: [
    ["thalweg export model.onnx --data data.npz --batch 32 -o hvp.onnx", "H v for batches of 32"],
    ["thalweg export model.onnx --loss bce --batch 8 --derivative gradient -o g.onnx", "without data"],
  ],
  subject: "described",
  parameters: z.object({
    derivative: z
      .enum(NAMES)
      .default("hessian-vector")
      .meta({ description: "what the file computes", placeholder: "NAME", group: "Export" }),
  }),
  writes: fileOf("where the file is written", "FILE.onnx"),
  async measure({ model, dataset, options, batch, problem, runtime }, { derivative: name }, desk) {
    const derivative = chosen("derivative", name, EXPORTABLE);
    problem?.requireExamplesFor(derivative.derivative);
    const exported = exportDerivative(derivative, model, dataset, options, batch);
    // What the engine does not accept is not written.
    const program = await runtime.compile(exported);
    await program.release();
    return {
      result: {
        derivative: name,
        output: desk.output ?? "",
        description: exported.description,
        inputs: portsOf(exported.inputs),
        outputs: portsOf(exported.outputs),
        nodes: exported.nodes,
        bytes: exported.bytes.length,
      },
      converged: true,
      file: exported.bytes,
    };
  },
  show({ description, inputs, outputs, output, nodes, bytes }, { checks }) {
    const rows = (ports: typeof inputs) => ports.map(({ name, dtype, shape }) => [name, dtype, formatShape(shape)]);
    const columns = ["name", "type", "shape"];
    const plain = { caveats: [], text: [], readings: [] };
    const unproven = checks.flatMap(({ passed, detail }) => (passed === null ? [detail] : []));
    return [
      {
        ...plain,
        title: "What it computes",
        caveats: unproven,
        text: [description, `Written to ${output}: ${nodes} nodes, ${formatBytes(bytes)}.`],
        table: null,
      },
      { ...plain, title: "Inputs", table: { columns, rows: rows(inputs) } },
      { ...plain, title: "Outputs", table: { columns, rows: rows(outputs) } },
    ] satisfies ShownSection[];
  },
});

function portsOf(values: ExportedDerivative["inputs"]) {
  return [...values].map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] }));
}
