import { z } from "zod";
import { writeFileAtomically } from "../../io/write-atomically.ts";
import { defaultPrecision } from "../../load/default-precision.ts";
import { describedDataset } from "../../load/described-dataset.ts";
import { EXPORTABLE, type ExportedDerivative, exportDerivative } from "../../load/export-derivative.ts";
import { loadModel } from "../../load/load-model.ts";
import { unproven } from "../../load/prove-import.ts";
import { loadProblem } from "../../load/load-problem.ts";
import { rehearseFile } from "../../load/rehearse-output.ts";
import { chooseParameters } from "../../load/choose-parameters.ts";
import { Graph } from "../../graph/graph.ts";
import { chosenParameters } from "../../onnx/chosen-parameters.ts";
import { importGraph } from "../../onnx/import-graph.ts";
import { configuredLoss } from "../../problem/losses/parametric-loss.ts";
import { LOSSES } from "../../problem/losses/registry.ts";
import { lastUnitAxis } from "../../problem/last-unit-axis.ts";
import { outputLink } from "../../problem/output-link.ts";
import type { ProblemOptions } from "../../problem/problem-options.ts";
import { nodeRuntime } from "../../runtime/node-runtime.ts";
import type { Frame } from "../../result/envelope.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { given, MODEL } from "../arguments.ts";
import { chosen } from "../../util/chosen.ts";
import { problemFlags } from "../common-flags.ts";
import { EXIT } from "../exit-code.ts";
import { formatBytes, formatShape } from "../format.ts";
import { frameOf, modelSummary } from "../frame.ts";
import { table, wrap } from "../layout.ts";
import type { Shell } from "../shell.ts";
import { defineVerb } from "../verb.ts";

const parameters = z.object({
  derivative: z
    .enum(EXPORTABLE.map(({ name }) => name))
    .default("hessian-vector")
    .meta({ description: "what the file computes", placeholder: "NAME", group: "Export" }),
  batch: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "examples per run of the file; needed without --data", group: "Export" }),
  out: z
    .string()
    .meta({ description: "where the file is written", placeholder: "FILE.onnx", short: "o", group: "Export" }),
  ...problemFlags.shape,
});

export const exportVerb = defineVerb({
  name: "export",
  summary: "write a derivative as a plain ONNX file",
  description: `Write a derivative of a model as a plain ONNX file (opset 18) that any runtime reads.\nParameters are inputs whose defaults are the model's weights.\n\n${table(
    EXPORTABLE.map(({ name, summary }) => [name, summary]),
    ["left", "left"],
  )}`,
  arguments: [MODEL],
  parameters,
  examples: [
    ["thalweg export model.onnx --data data.npz --batch 32 -o hvp.onnx", "H v for batches of 32"],
    ["thalweg export model.onnx --loss bce --batch 8 --derivative gradient -o g.onnx", "without data"],
  ],
  run: async (flags, [path], shell) => {
    const model = given(path, "MODEL");
    const derivative = chosen("derivative", flags.derivative, EXPORTABLE);
    rehearseFile(flags.out);
    const withData = flags.data !== undefined || flags.x !== undefined;
    const { exported, frame } = withData
      ? await fromData(model, flags, derivative, shell)
      : fromShapes(model, flags, derivative, shell);
    // What the engine does not accept is not written.
    const program = await nodeRuntime({ threads: 1 }).compile(exported);
    await program.release();
    writeFileAtomically(flags.out, exported.bytes);
    const ports = (values: ExportedDerivative["inputs"]) =>
      [...values].map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] }));
    const list = (values: ExportedDerivative["inputs"]) =>
      ports(values).map(({ name, dtype, shape }) => [name, dtype, formatShape(shape)]);
    const { bold } = shell.style;
    const text = [
      wrap(exported.description),
      bold("Inputs"),
      table(list(exported.inputs), ["left", "left", "left"]),
      bold("Outputs"),
      table(list(exported.outputs), ["left", "left", "left"]),
      ...frame.checks.flatMap(({ passed, detail }) => (passed === true ? [] : wrap(detail))),
      `Written to ${flags.out}: ${exported.nodes} nodes, ${formatBytes(exported.bytes.length)}.`,
    ];
    return {
      text: `${text.join("\n\n")}\n`,
      document: {
        schema: "thalweg/export@1",
        ...frame,
        result: {
          derivative: derivative.name,
          output: flags.out,
          description: exported.description,
          inputs: ports(exported.inputs),
          outputs: ports(exported.outputs),
          nodes: exported.nodes,
          bytes: exported.bytes.length,
        },
      },
      exitCode: frame.checks.some(({ passed }) => passed === false) ? EXIT.check : EXIT.done,
    };
  },
});

type Flags = z.output<typeof parameters>;
type Derivative = (typeof EXPORTABLE)[number];

interface Export {
  readonly exported: ExportedDerivative;
  readonly frame: Frame;
}

async function fromData(path: string, flags: Flags, derivative: Derivative, shell: Shell): Promise<Export> {
  const loaded = await loadProblem(path, flags);
  try {
    const { problem, source, dataset } = loaded;
    problem.requireExamplesFor(derivative.derivative);
    const batch = flags.batch ?? problem.options.batchSize;
    return {
      exported: exportDerivative(derivative, source.model, dataset, problem.options, batch),
      frame: frameOf({ shell, flags, seed: 0, loaded }),
    };
  } finally {
    await loaded.close();
  }
}

/** Without data, the shapes come from the model and the loss has to be named. */
function fromShapes(path: string, flags: Flags, derivative: Derivative, shell: Shell): Export {
  const source = loadModel(path, flags.weights);
  const { model } = source;
  const { batch } = flags;
  const plainLoss = LOSSES.find(({ name }) => name === flags.loss);
  if (batch === undefined || plainLoss === undefined) {
    throw new ThalwegError({
      kind: "usage",
      code: "no-data",
      message: "Without --data, export needs --batch N and --loss NAME.",
      hint: "Give them, or give --data so that shapes and loss come from it.",
    });
  }
  const loss = configuredLoss(plainLoss, flags.lossOption ?? []);
  const precision = flags.precision ?? defaultPrecision(model);
  const named = flags.params && chooseParameters(model, flags.params);
  const importing = { precision, freeze: flags.freeze, parameters: named, batchNormalization: flags.bn };
  const { outputs, parameters } = importGraph(model, new Graph(), { ...importing, batch });
  const found = outputs.get(flags.output ?? [...outputs.keys()][0]);
  const shape = found?.shape.slice(1) ?? [];
  // The classes lie where they are said to, where a final softmax is, where the last layer's units are, on axis 1.
  const { classAxis: asked, outputKind } = flags;
  const fromEnd = asked !== undefined && asked < 0 ? asked + shape.length + 1 : asked;
  const classAxis =
    fromEnd ?? (found && (outputLink(found)?.axis ?? lastUnitAxis(found, new Set(parameters.values())))) ?? 1;
  const positions = shape.filter((_, i) => i + 1 !== classAxis);
  // Class numbers where the loss takes them, else one target for each output.
  const classes =
    loss.misfit({ outputs: [batch, ...shape], labels: [batch, ...positions], labelType: "int64", classAxis }) ===
    undefined;
  const labels = classes ? { dtype: "int64" as const, shape: positions } : { dtype: precision, shape };
  const options: ProblemOptions = {
    ...importing,
    loss,
    lossOptions: { ignoreIndex: flags.ignoreIndex, classAxis: classes ? classAxis : undefined, outputKind },
    reduction: flags.reduction,
    l2: flags.l2,
    batchSize: batch,
    output: flags.output,
    cacheBytes: 0,
  };
  const dataset = describedDataset(model, batch, labels, precision);
  return {
    exported: exportDerivative(derivative, model, dataset, options, batch),
    frame: {
      ...frameOf({ shell, flags, seed: 0, checks: [unproven("there are no data to run the file on")] }),
      model: modelSummary(source, chosenParameters(model, named), named),
      precision,
    },
  };
}
