import type { Dataset } from "../data/dataset.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { toExamplesFirst } from "../onnx/bind-inputs.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { importGraph } from "../onnx/import-graph.ts";
import type { ImportOptions } from "../onnx/import-options.ts";
import { transpose } from "../ops/structure.ts";
import { countedOutput } from "../problem/counted-output.ts";
import { fedName } from "../problem/file-names.ts";
import { sizeOf } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { bakedBatchError } from "./baked-batch.ts";
import { coupledTooLarge, WHOLE_ELEMENTS } from "./choose-batches.ts";

/** How the model is imported, whatever the batch. */
export type Importing = Omit<ImportOptions, "batch" | "inputShapes" | "dimensions">;

/** The outputs of a network on a small batch. */
export interface NetworkProbe {
  /** The output that counts, by name. */
  readonly output: string;
  /** Outputs of the file that cannot be imported. */
  readonly unread: readonly string[];
  /** The output that counts, with the examples first. */
  readonly outputs: Value;
  readonly parameters: ReadonlyMap<string, Value>;
  readonly batch: number;
  /** The axis of the model's output that counts examples. */
  readonly outputExamplesAxis: number;
  readonly usesBatchStatistics: boolean;
  /**
   * Axes of the outputs beside that of the examples which grow with the batch too: every example has an output
   * for each example beside it. The batch is then the one that the network is evaluated on.
   */
  readonly growingAxes: readonly number[];
}

export interface ProbeQuestion {
  readonly model: ModelFile;
  readonly dataset: Dataset;
  readonly importing: Importing;
  readonly output?: string;
  /** The batch size that the user wants. */
  readonly asked?: number;
}

/**
 * Imports the graph on a small batch, to see its outputs; on the batch that the model was exported with where no
 * other works; and on the batch asked for, or all examples, where an axis of the outputs beside that of the examples
 * grows with the batch.
 *
 * @throws ThalwegError `coupled-too-large` where such outputs of all examples are too many for one batch
 */
export function probeNetwork(question: ProbeQuestion): NetworkProbe {
  const probed = probeSmall(question);
  const growingAxes = growingAxesOf(question, probed);
  if (growingAxes.length === 0) return probed;
  const batch = question.asked ?? question.dataset.examples;
  const outputs = sizeOf(probed.outputs.shape) * (batch / probed.batch) ** (1 + growingAxes.length);
  if (outputs > WHOLE_ELEMENTS) throw coupledTooLarge(batch);
  return { ...probeAt(question, batch), growingAxes };
}

function probeSmall(question: ProbeQuestion): NetworkProbe {
  const { model, dataset, asked } = question;
  const batch = asked ?? Math.min(2, dataset.examples);
  try {
    return probeAt(question, batch);
  } catch (error) {
    if (!(error instanceof ThalwegError) || error.kind !== "input") throw error;
    const declared = exportedBatch(model);
    if (declared === undefined)
      throw bakedBatchError(model, batch, error, (size) => takesBatch(question, size)) ?? error;
    if (asked !== undefined || error.code !== "fixed-batch") throw error;
    return probeAt(question, declared);
  }
}

/** Axes but the examples' that are longer with one more example; none where the file says how long each is. */
function growingAxesOf(question: ProbeQuestion, probed: NetworkProbe): number[] {
  const { output, outputs, batch, outputExamplesAxis } = probed;
  const declared = question.model.outputs.find(({ name }) => name === output)?.shape ?? [];
  const isOpen = (axis: number) => axis !== outputExamplesAxis && typeof declared[axis] !== "number";
  if (!outputs.shape.some((_, axis) => isOpen(axis)) || !takesBatch(question, batch + 1)) return [];
  const larger = probeAt(question, batch + 1).outputs.shape;
  return outputs.shape.flatMap((extent, axis) => (axis > 0 && larger[axis] > extent ? [axis] : []));
}

/** The graph and its output on a batch of a given size. */
export function probeAt(question: ProbeQuestion, batch: number): NetworkProbe {
  const { importing } = question;
  const { name, found, parameters, notices, leftOut } = imported(question, batch);
  const turns = [...(importing.examplesAxes?.values() ?? [])].some((axis) => axis > 0);
  const outputExamplesAxis = turns ? examplesAxisOf(found, imported(question, batch + 1).found) : 0;
  const axes = found.shape.map((_, axis) => axis);
  return {
    output: name,
    unread: [...leftOut.keys()],
    outputs: transpose(found, toExamplesFirst(axes, outputExamplesAxis)),
    parameters,
    batch,
    outputExamplesAxis,
    usesBatchStatistics: notices.some(({ code }) => code === "batch-statistics"),
    growingAxes: [],
  };
}

/** Whether the graph can be built for a batch of this size: not where another is written into it. */
export function takesBatch(question: ProbeQuestion, batch: number): boolean {
  try {
    probeAt(question, batch);
    return true;
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "input") return false;
    throw error;
  }
}

function imported({ model, dataset, importing, output }: ProbeQuestion, batch: number) {
  const inputShapes = Object.fromEntries(dataset.inputs.map(({ name, shape }) => [name, [batch, ...shape]]));
  const graph = importGraph(model, new Graph(), {
    ...importing,
    batch,
    inputShapes,
    inputName: fedName,
  });
  const { name, values } = countedOutput(model, graph, output);
  return { name, found: values, ...graph };
}

/** The axis of an output that grows with the batch. */
function examplesAxisOf(small: Value, large: Value): number {
  const grown = small.shape.flatMap((extent, axis) => (large.shape[axis] === extent ? [] : [axis]));
  if (small.shape.length === large.shape.length && grown.length <= 1) return grown[0] ?? 0;
  throw new ThalwegError({
    kind: "input",
    code: "output-examples",
    message: `It cannot be told which axis of the output counts examples: [${small.shape.join(", ")}] becomes [${large.shape.join(", ")}] with one more.`,
    hint: "Export the model with the examples on the first axis of its inputs and outputs.",
  });
}

/** The batch size that a file fixes, if it does. */
export function exportedBatch({ inputs }: ModelFile): number | undefined {
  const extent = inputs[0]?.shape[0];
  return typeof extent === "number" ? extent : undefined;
}
