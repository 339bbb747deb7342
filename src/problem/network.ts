import { Graph } from "../graph/graph.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { importGraph, type ImportedGraph } from "../onnx/import-graph.ts";
import { toExamplesFirst } from "../onnx/bind-inputs.ts";
import { transpose } from "../ops/structure.ts";
import { anchor } from "../ops/unary.ts";
import { countedOutput } from "./counted-output.ts";
import { fedName } from "./file-names.ts";
import { lossGraph, type LossGraph } from "./loss-graph.ts";
import { lossOutputs } from "./loss-outputs.ts";
import type { OutputKind } from "./losses/output-kind.ts";
import type { ProblemOptions } from "./problem-options.ts";

/** A model on one batch shape with its loss behind it. */
export interface Network {
  readonly imported: ImportedGraph;
  /** The output that the loss takes, by name. */
  readonly output: string;
  readonly graph: LossGraph;
  /** The final Softmax, LogSoftmax or Sigmoid that was taken off, by name. */
  readonly strippedLink: string | undefined;
  /** What the file's own outputs are to the loss: those of `graph` are logits where a link was taken off. */
  readonly fileOutputKind: OutputKind;
}

/** Builds the graph of a model and its loss for batches of a given size. */
export function buildNetwork(model: ModelFile, dataset: Dataset, options: ProblemOptions, batch: number): Network {
  const inputShapes = Object.fromEntries(dataset.inputs.map(({ name, shape }) => [name, [batch, ...shape]]));
  const imported = importGraph(model, new Graph({ inspect: options.inspect }), {
    precision: options.precision,
    batch,
    inputShapes,
    freeze: options.freeze,
    parameters: options.parameters,
    inputName: fedName,
    batchNormalization: options.batchNormalization,
    examplesAxes: options.examplesAxes,
    draws: options.draws,
  });
  const { name: output, values: found } = countedOutput(model, imported, options.output);
  const axes = found.shape.map((_, axis) => axis);
  const outputs = transpose(found, toExamplesFirst(axes, options.outputExamplesAxis ?? 0));
  const labels = {
    dtype: dataset.labels.dtype === "int64" ? dataset.labels.dtype : options.precision,
    shape: [batch, ...dataset.labels.shape],
  };
  const parameters = [...imported.parameters.values()];
  const { loss, lossOptions } = options;
  const { values, outputKind, stripped, given } = lossOutputs(outputs, labels.shape, loss, lossOptions);
  const graph = lossGraph(values.graph, parameters, anchor(values), labels, loss, { ...lossOptions, outputKind });
  return { imported, output, graph, strippedLink: stripped, fileOutputKind: given };
}
