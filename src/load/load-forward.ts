import { availableParallelism } from "node:os";
import { summarizeLabels } from "../data/labels.ts";
import { Graph } from "../graph/graph.ts";
import { type OpenDataset, openDatasetPath } from "../io/open-dataset-path.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { doubtSentence } from "../onnx/doubtful-parameters.ts";
import { examplesAxes } from "../onnx/examples-axes.ts";
import { heldConstant, heldSentence } from "../onnx/held-constant.ts";
import { noTerms } from "../problem/no-terms.ts";
import { ForwardLoss } from "../problem/forward-loss.ts";
import { createRandom } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import { nodeRuntime } from "../runtime/node-runtime.ts";
import type { Shape } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { abortingNode } from "./aborting-node.ts";
import { aboutCoupling } from "./about-coupling.ts";
import { aboutKeptStatistics } from "./about-kept-statistics.ts";
import { aboutLeftOut } from "./about-left-out.ts";
import { askedLoss } from "./asked-loss.ts";
import { chooseLoss } from "./choose-loss.ts";
import { chooseTensors } from "./choose-parameters.ts";
import { dataPath, dataSpec, inputRequests } from "./data-spec.ts";
import { findCoupling } from "./examples-independence.ts";
import { FileNetwork } from "./file-network.ts";
import { FileProbe } from "./file-probe.ts";
import { labelsAsTaken } from "./labels-as-taken.ts";
import { loadModel } from "./load-model.ts";
import type { LoadOptions } from "./load-options.ts";
import type { LoadedForward } from "./loaded-forward.ts";
import { exportedBatch } from "./probe-network.ts";
import { ownPrecision } from "./prove-import.ts";
import { withOtherOutputs } from "./with-other-outputs.ts";

/** Examples of a batch, where they are independent. */
const BATCH = 256;

/** Examples are looked at the same way in every run. */
const SEED = 0;

/** Whether that an error tells of a graph that cannot be differentiated, though the runtime may run it. */
export function isWithoutDerivatives(error: unknown): error is ThalwegError {
  return error instanceof ThalwegError && error.code === "unsupported-operator";
}

/**
 * Whether a loss without derivatives is the one that was asked for: the file is run as it is, so that nothing can be asked
 * of how it is read.
 */
export function servesForward(path: string, { bn, precision, device, ...reading }: LoadOptions): boolean {
  if (bn !== undefined || (device !== undefined && device !== "cpu")) return false;
  return precision === undefined || precision === ownPrecision(loadModel(path, reading).model);
}

/**
 * Opens a model and data as a loss that has values alone, by running the file itself at other weights: for graphs with
 * operators that have no derivative here, quantised ones among them.
 *
 * @param because why there are no derivatives: the refusal of the graph
 * @throws ThalwegError of kind "input" where files or what they hold do not fit, of kind "usage" for options
 */
export async function loadForward(path: string, options: LoadOptions, because: ThalwegError): Promise<LoadedForward> {
  const asked = askedLoss(options);
  const source = loadModel(path, options);
  const { model } = source;
  const aborting = abortingNode(model);
  if (aborting !== undefined) throw abortingFile(aborting, model.file);
  if (source.saved) requireWeightsAlone(source.saved);
  const precision = ownPrecision(model);
  const axes = examplesAxes(model);
  const spec = dataSpec(options);
  const requests = inputRequests(model, axes, precision);
  const opened = openDatasetPath(spec, { inputs: requests, label: options.label, limit: options.limit });
  try {
    const { parameters, doubtful } = chooseTensors(model, options);
    const threads = options.threads ?? availableParallelism();
    const fixed = exportedBatch(model);
    const filing = { parameters, output: options.output, examplesAxes: axes.axes, fixed, threads };
    const outputs = await outputsOf(new FileNetwork(source, filing), opened, model);
    const network = new FileNetwork(source, { ...filing, outputExamplesAxis: outputs.axis });
    const random = createRandom(SEED).split("look");
    const probe = new FileProbe(network, { model, dataset: opened, parameters, precision, fixed, random });
    const ignoreIndex = options.ignoreIndex ?? -100;
    try {
      const shape = outputs.shape;
      const chosen = await chooseLoss({
        outputs: new Graph().input("outputs", precision, shape),
        growingAxes: [],
        labels: [outputs.batch, ...opened.labels.shape],
        summary: summarizeLabels(opened, ignoreIndex),
        labelsMissing: opened.labelsMissing,
        modelReadsLabels: opened.modelReadsLabels === true,
        observer: probe,
        unitAxis: undefined,
        classNames: opened.labels.classNames,
        labelsOf: (example) => opened.y(example, example + 1).data,
        asked: { loss: asked, outputKind: options.outputKind, classAxis: options.classAxis },
      }).catch((error: unknown) => {
        throw withOtherOutputs(error, model, options.output);
      });
      const { loss, classAxis, outputKind } = chosen;
      const { dataset, notes: ofLabels } = labelsAsTaken(opened, chosen, shape, outputs.batch);
      const misfit = loss.misfit({
        outputs: shape,
        labels: [outputs.batch, ...dataset.labels.shape],
        labelType: dataset.labels.dtype,
        classAxis,
      });
      if (misfit !== undefined) throw lossMisfit(misfit, shape);
      const coupling = await findCoupling(probe, random.split("independence"));
      const isWhole = coupling !== undefined && fixed === undefined && options.batchSize === undefined;
      const batchSize = Math.min(dataset.examples, fixed ?? options.batchSize ?? (isWhole ? dataset.examples : BATCH));
      const forward = new ForwardLoss(network, dataset, {
        loss,
        lossOptions: { ignoreIndex, classAxis, outputKind },
        reduction: options.reduction ?? "mean",
        l2: options.l2 ?? 0,
        batchSize,
        precision,
      });
      const terms = termsOf(forward, shape, outputs.batch);
      const held = heldConstant(model, parameters);
      const doubt = doubtSentence(doubtful);
      return {
        forward,
        because: because.message,
        source,
        parameters,
        dataset,
        dataPath: dataPath(spec),
        lossGuessed: chosen.isGuessed,
        terms,
        engine: nodeRuntime({ threads }).description,
        threads,
        notes: [...source.notes, ...dataset.notes, ...(held ? [heldSentence(held)] : []), ...chosen.notes, ...ofLabels],
        proofs: [await repeats(forward)],
        warnings: [
          ...(dataset.warnings ?? []),
          ...chosen.warnings,
          ...aboutLeftOut(source),
          ...aboutKeptStatistics(source),
          ...(options.memory === undefined ? [] : [UNBOUNDED]),
          ...(coupling ? [aboutCoupling(coupling, dataset.examples, batchSize, isWhole)] : []),
          ...(doubt === undefined ? [] : [doubt]),
        ],
        close: () => dataset.close(),
      };
    } finally {
      await probe.close();
    }
  } catch (error) {
    opened.close();
    throw error;
  }
}

const UNBOUNDED =
  "--memory bounds nothing here: the runtime runs the file as it is, on as many examples at a time as --batch-size says.";

interface Outputs {
  /** Examples first. */
  readonly shape: Shape;
  readonly batch: number;
  readonly axis: number;
}

/** The outputs of a small batch, and which of their axes counts examples: the one that grows with the batch. */
async function outputsOf(network: FileNetwork, dataset: OpenDataset, model: ModelFile): Promise<Outputs> {
  const run = await network.at(network.parameters);
  try {
    const shapeOf = async (count: number) => (await run.outputs(dataset.batch(0, count).inputs)).shape;
    const fixed = exportedBatch(model);
    const batch = Math.min(fixed ?? 2, dataset.examples);
    const shape = await shapeOf(batch);
    if (fixed !== undefined || dataset.examples <= batch) return { shape, batch, axis: 0 };
    const larger = await shapeOf(batch + 1);
    const grown = shape.flatMap((extent, axis) => (larger[axis] === extent ? [] : [axis]));
    const [axis = 0] = grown;
    if (grown.length > 1) throw growing(shape, larger);
    return { shape: [shape[axis], ...shape.filter((_, each) => each !== axis)].slice(0, shape.length), batch, axis };
  } finally {
    await run.release();
  }
}

/** @throws input error `no-terms`, and those of labels that do not fit */
function termsOf({ dataset, options: { loss, lossOptions } }: ForwardLoss, shape: Shape, batch: number): number {
  const labels = dataset.y(0, dataset.examples);
  const [rows = batch, ...each] = shape;
  const all = shape.length === 0 ? [] : [(rows / batch) * dataset.examples, ...each];
  loss.checkLabels?.(labels, all, lossOptions, 0);
  const terms = loss.terms(labels, all, lossOptions);
  if (terms > 0) return terms;
  throw noTerms(dataset.examples);
}

/** Whether the file gives the same loss twice: one that draws random numbers has none to follow. */
async function repeats(forward: ForwardLoss): Promise<Check> {
  const [one, other] = [
    await forward.value(forward.network.parameters),
    await forward.value(forward.network.parameters),
  ];
  const measured = Math.abs(one.loss - other.loss) / Math.max(Number.MIN_VALUE, Math.abs(one.loss));
  return {
    name: "determinism",
    title: "The file gives the same loss twice",
    passed: one.loss === other.loss,
    measured: one.loss === other.loss ? 0 : measured,
    limit: 0,
    detail:
      one.loss === other.loss
        ? "The file was run twice on all examples, with the same loss."
        : "Two runs of the file on the same examples give different losses: it draws random numbers.",
  };
}

function abortingFile(message: string, file: string): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "aborting-file",
    message,
    where: { file },
    hint: "Export the model without the noise, or in evaluation mode.",
  });
}

function lossMisfit(message: string, shape: Shape): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "loss-misfit",
    message,
    where: { shape },
    hint: "Choose a loss that fits with --loss, or check the labels.",
  });
}

function growing(small: Shape, large: Shape): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "output-examples",
    message: `It cannot be told which axis of the output counts examples: [${small.join(", ")}] becomes [${large.join(", ")}] with one more.`,
    hint: "Export the model with the examples on the first axis of its inputs and outputs.",
  });
}

/** @throws input error `another-network`: two graphs that cannot be read cannot be compared */
export function requireWeightsAlone({ file }: ModelFile): never {
  throw new ThalwegError({
    kind: "input",
    code: "another-network",
    message: `Whether ${file} is the same network cannot be told, since its graph cannot be read.`,
    where: { file },
    hint: "Give the weights alone, as .safetensors or .npz.",
  });
}
