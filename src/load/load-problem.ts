import { availableParallelism, totalmem } from "node:os";
import type { Batch, Dataset, InputRequest } from "../data/dataset.ts";
import { summarizeLabels, withClassNumbers } from "../data/labels.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { type OpenDataset, openDatasetPath } from "../io/open-dataset-path.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import type { DeclaredValue } from "../onnx/onnx-node.ts";
import { importGraph } from "../onnx/import-graph.ts";
import type { Loss, LossOptions } from "../problem/losses/loss.ts";
import { LOSSES } from "../problem/losses/registry.ts";
import { Problem } from "../problem/problem.ts";
import { createRandom } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import { type Device, nodeRuntime } from "../runtime/node-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type FloatType, isFloat, type Shape, sizeOf } from "../util/tensor.ts";
import { chooseBatches, elementsPerExample } from "./choose-batches.ts";
import { chooseParameters } from "./choose-parameters.ts";
import { heldConstant, heldSentence } from "./held-constant.ts";
import { guessLoss } from "./guess-loss.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import { proofWarnings, proveLoad } from "./load-proofs.ts";
import { runtimeFault } from "./runtime-fault.ts";

/** What to open and how; everything but the data has a default. */
export interface LoadOptions {
  /** A .npz, .safetensors or CSV file, a folder of IDX files, or a built-in set: "digits". */
  readonly data?: string;
  /** Inputs and labels in files of their own, instead of `data`. */
  readonly x?: string;
  readonly y?: string;
  /** The array or the CSV column that holds the labels. */
  readonly label?: string;
  /** Only the first so many examples. */
  readonly limit?: number;
  /** By name; guessed from outputs and labels when absent. */
  readonly loss?: string;
  readonly reduction?: "mean" | "sum";
  /** λ of a term λ/2‖θ‖². */
  readonly l2?: number;
  readonly ignoreIndex?: number;
  /** Where Huber's loss turns from quadratic to linear. */
  readonly delta?: number;
  /** The output of the model to take; the first when absent. */
  readonly output?: string;
  /** Patterns of the parameters to differentiate with respect to; all when absent. */
  readonly params?: readonly string[];
  /** A .safetensors file whose tensors replace the model's. */
  readonly weights?: string;
  /** Nodes whose outputs count as constants. */
  readonly freeze?: readonly string[];
  readonly bn?: "inference" | "training";
  readonly batchSize?: number;
  readonly precision?: FloatType;
  readonly threads?: number;
  readonly device?: Device;
  /** How much is proven at load: one batch, or several. */
  readonly proofs?: "one-batch" | "several-batches";
}

/** A problem with the decisions that led to it. */
export interface LoadedProblem {
  readonly problem: Problem;
  readonly source: LoadedModel;
  readonly dataset: OpenDataset;
  /** What `--data` said. */
  readonly dataPath: string;
  readonly device: Device;
  readonly lossGuessed: boolean;
  /** What was chosen, guessed or changed on the way, in sentences. */
  readonly notes: readonly string[];
  /** What was proven at load: that the imported graph is the file's. */
  readonly proofs: readonly Check[];
  /** What may spoil the result: how the exporter left the file, and points without derivative. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** Not more than this is kept between products. */
const CACHE_BYTES = 2 ** 30;

/** Names that exporters of whole losses give to their labels. */
const LABEL_INPUTS = ["y", "label", "labels", "target", "targets"];

/**
 * Opens a model and data as a problem.
 *
 * @throws ThalwegError of kind "input" where files or what they hold do not fit, of kind "usage" for options
 */
export async function loadProblem(path: string, options: LoadOptions): Promise<LoadedProblem> {
  const source = loadModel(path, options.weights);
  const { model } = source;
  const precision =
    options.precision ?? (model.parameters.some(({ dtype }) => dtype === "float64") ? "float64" : "float32");
  const device = options.device ?? "cpu";
  const threads = options.threads ?? availableParallelism();
  if (device === "webgpu" && precision === "float64") throw noFloat64(device, options.precision === undefined);
  if (device !== "cpu") await requireDevice(nodeRuntime({ threads, device }), device);
  const spec = dataSpec(options);
  const labelInput = labelInputOf(model, options.label);
  const requests = model.inputs
    .filter((input) => input !== labelInput)
    .map((input): InputRequest => ({
      name: input.name,
      dtype: isFloat(input.dtype) ? precision : input.dtype,
      shape: input.shape,
    }));
  const opened = openDatasetPath(spec, { inputs: requests, label: options.label, limit: options.limit });
  try {
    const read: OpenDataset =
      labelInput === undefined
        ? opened
        : { ...withLabelsAsInput(opened, labelInput), close: opened.close, outdated: opened.outdated };
    const parameters = options.params && chooseParameters(model, options.params);
    const importing = { precision, freeze: options.freeze, parameters, batchNormalization: options.bn };
    const { outputs, batch, usesBatchStatistics } = probe(model, read, options, importing);
    const lossOptions: LossOptions = { ignoreIndex: options.ignoreIndex ?? -100, delta: options.delta ?? 1 };
    const guessed =
      options.loss === undefined
        ? guess(outputs, read, batch, labelInput !== undefined, lossOptions.ignoreIndex)
        : undefined;
    const loss = guessed?.loss ?? lossNamed(options.loss ?? "");
    const numbered = takesNumbersOnly(loss, outputs.shape, batch, read);
    const dataset = numbered ? withClassNumbers(read) : read;
    const { batchSize, lanes } = chooseBatches({
      examples: dataset.examples,
      perExample: elementsPerExample([outputs], batch),
      parameters: countParameters(model, parameters),
      threads: device === "cpu" ? threads : 1,
      asked: options.batchSize,
      fixed: onlyBatchSize(model, dataset, batch),
      cutMatters: usesBatchStatistics || loss.givesLossOnly === true,
    });
    const runtime = nodeRuntime({ threads, device, lanes });
    const problem = Problem.open(model, dataset, runtime, {
      loss,
      lossOptions,
      reduction: options.reduction ?? "mean",
      l2: options.l2 ?? 0,
      precision,
      batchSize,
      output: options.output,
      parameters,
      freeze: options.freeze,
      batchNormalization: options.bn,
      cacheBytes: Math.min(CACHE_BYTES, totalmem() / 4),
    });
    const held = heldConstant(model, parameters);
    const notes = [...source.notes, ...dataset.notes, ...(held ? [heldSentence(held)] : [])];
    if (guessed) notes.push(`The loss was taken to be ${loss.title}: ${guessed.because}. Name another with --loss.`);
    if (numbered)
      notes.push(`The labels are stored as ${read.labels.dtype}; they were read as the class numbers that they are.`);
    const proofs = await proveLoad({
      source,
      problem,
      device,
      thorough: options.proofs === "several-batches",
      random: createRandom(0).split("load"),
    });
    if (problem.network.strippedLink !== undefined)
      notes.push(`The final ${problem.network.strippedLink} was taken off; the loss works on what is before it.`);
    return {
      problem,
      source,
      dataset,
      dataPath: typeof spec === "string" ? spec : `${spec.x} ${spec.y}`,
      device,
      lossGuessed: guessed !== undefined,
      notes,
      proofs,
      warnings: [
        ...proofWarnings(proofs),
        ...new Set([...model.notices, ...problem.network.imported.notices].map(({ message }) => message)),
        ...problem.caveats.map((caveat) => `${caveat}.`),
      ],
      close: async () => {
        await problem.close();
        await runtime.close();
        dataset.close();
      },
    };
  } catch (error) {
    opened.close();
    throw error;
  }
}

function dataSpec({ data, x, y }: LoadOptions): string | { x: string; y: string } {
  if (data !== undefined && x === undefined && y === undefined) return data;
  if (data === undefined && x !== undefined && y !== undefined) return { x, y };
  const halves = x === undefined ? ["--y", "--x"] : ["--x", "--y"];
  throw new ThalwegError({
    kind: "usage",
    code: "no-data",
    message:
      data !== undefined
        ? "The data is given twice: by --data and by --x or --y."
        : x === undefined && y === undefined
          ? "The data is missing."
          : `${halves[0]} is given without ${halves[1]}.`,
    hint: "Give --data FILE.npz (arrays x and y), --x FILE and --y FILE, or --data digits to try.",
  });
}

function lossNamed(name: string): Loss {
  const loss = LOSSES.find((each) => each.name === name);
  if (loss) return loss;
  throw new ThalwegError({
    kind: "usage",
    code: "unknown-loss",
    message: `There is no loss "${name}"; there are ${LOSSES.map((each) => each.name).join(", ")}.`,
  });
}

/** Whether the loss fits these labels as whole numbers, and not as the floats that they are. */
function takesNumbersOnly(loss: Loss, outputs: Shape, batch: number, { labels }: Dataset): boolean {
  if (!isFloat(labels.dtype)) return false;
  const shapes = { outputs, labels: [batch, ...labels.shape] };
  return (
    loss.misfit({ ...shapes, labelType: labels.dtype }) !== undefined &&
    loss.misfit({ ...shapes, labelType: "int64" }) === undefined
  );
}

/** The model's input that takes labels, for models that compute their own loss. */
function labelInputOf(model: ModelFile, label: string | undefined): DeclaredValue | undefined {
  if (model.inputs.length < 2) return undefined;
  const names = label === undefined ? LABEL_INPUTS : [label];
  return model.inputs.find(({ name }) => names.includes(name.toLowerCase()));
}

/** A dataset whose labels are also fed to an input of the model. */
function withLabelsAsInput(opened: Dataset, { name, dtype: wanted }: DeclaredValue): Dataset {
  const dataset = isFloat(opened.labels.dtype) && !isFloat(wanted) ? withClassNumbers(opened) : opened;
  const { array, dtype, shape } = dataset.labels;
  return {
    ...dataset,
    inputs: [...dataset.inputs, { name, array, dtype, shape }],
    batch(start, end): Batch {
      const { inputs, y } = dataset.batch(start, end);
      return { inputs: { ...inputs, [name]: y }, y };
    },
  };
}

interface Probe {
  readonly outputs: Value;
  readonly batch: number;
  readonly usesBatchStatistics: boolean;
}

/** The graph on a small batch, to see its outputs; on the batch that the model was exported with where no other works. */
function probe(
  model: ModelFile,
  dataset: Dataset,
  options: LoadOptions,
  importing: { precision: FloatType; freeze?: readonly string[]; parameters?: readonly string[] },
): Probe {
  const at = (batch: number): Probe => {
    const inputShapes = Object.fromEntries(dataset.inputs.map(({ name, shape }) => [name, [batch, ...shape]]));
    const { outputs, notices } = importGraph(model, new Graph(), { ...importing, batch, inputShapes });
    const name = options.output ?? [...outputs.keys()][0];
    const found = outputs.get(name);
    if (found)
      return { outputs: found, batch, usesBatchStatistics: notices.some(({ code }) => code === "batch-statistics") };
    throw new ThalwegError({
      kind: "usage",
      code: "unknown-output",
      message: `The model has no output "${name}"; it has ${[...outputs.keys()].join(", ")}.`,
    });
  };
  try {
    return at(options.batchSize ?? Math.min(2, dataset.examples));
  } catch (error) {
    const declared = fixedBatch(model);
    if (
      options.batchSize !== undefined ||
      declared === undefined ||
      !(error instanceof ThalwegError) ||
      error.code !== "fixed-batch"
    )
      throw error;
    return at(declared);
  }
}

function fixedBatch(model: ModelFile): number | undefined {
  const extent = model.inputs[0]?.shape[0];
  return typeof extent === "number" ? extent : undefined;
}

/** The batch size of a model that was exported for one only; undefined for all others. */
function onlyBatchSize(model: ModelFile, { examples }: Dataset, probed: number): number | undefined {
  if (probed <= 2 || probed !== fixedBatch(model)) return undefined;
  const rest = examples % probed;
  if (rest === 0) return probed;
  throw new ThalwegError({
    kind: "input",
    code: "fixed-batch",
    message: `The model was exported for batches of ${probed}, and ${examples} examples are no multiple of it.`,
    where: { file: model.file },
    hint: `Export it with a dynamic batch axis (dynamic_axes), or give --limit ${examples - rest || probed}.`,
  });
}

function countParameters(model: ModelFile, chosen: readonly string[] | undefined): number {
  return chosenParameters(model, chosen).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

function guess(outputs: Value, dataset: Dataset, batch: number, modelReadsLabels: boolean, ignoreIndex: number) {
  return guessLoss({
    outputs,
    labels: [batch, ...dataset.labels.shape],
    summary: summarizeLabels(dataset, ignoreIndex),
    modelReadsLabels,
  });
}

function noFloat64(device: Device, byModel: boolean): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "device-precision",
    message: `The device ${device} computes in float32 only${byModel ? ", and the model is float64" : ""}.`,
    hint: byModel
      ? "Give --precision float32, or leave --device out to compute in float64 on the processor."
      : "Leave --device or --precision out.",
  });
}

async function requireDevice(runtime: Runtime, device: Device): Promise<void> {
  const reason = await runtimeFault(runtime);
  if (reason === undefined) return;
  throw new ThalwegError({
    kind: "usage",
    code: "device-not-available",
    message: `The device ${device} cannot be used on this machine: ${reason}`,
    hint: "Leave --device out to compute on the CPU; `thalweg doctor` says what each device needs.",
  });
}
