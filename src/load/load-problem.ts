import { aboutKeptStatistics } from "./about-kept-statistics.ts";
import { aboutLeftOut } from "./about-left-out.ts";
import { elementsPerExample } from "../graph/elements-per-example.ts";
import { availableParallelism, totalmem } from "node:os";
import { summarizeLabels } from "../data/labels.ts";
import { type OpenDataset, openDatasetPath } from "../io/open-dataset-path.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { examplesAxes } from "../onnx/examples-axes.ts";
import type { LossOptions } from "../problem/losses/loss.ts";
import { lastUnitAxis } from "../problem/last-unit-axis.ts";
import { Problem } from "../problem/problem.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import { createRandom } from "../random/random-stream.ts";
import { nodeRuntime, type NodeRuntimeOptions } from "../runtime/node-runtime.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { isFloat, sizeOf } from "../util/tensor.ts";
import { aboutCoupling, aboutMeeting } from "./about-coupling.ts";
import { boundedBy, siteOf } from "./bound-memory.ts";
import { aboutUnreached } from "../problem/about-unreached.ts";
import { askedLoss } from "./asked-loss.ts";
import { doubtsOnData } from "./doubts-on-data.ts";
import { dataPath, dataSpec, inputRequests } from "./data-spec.ts";
import { labelsAsTaken } from "./labels-as-taken.ts";
import { chooseBatches, WHOLE_ELEMENTS } from "./choose-batches.ts";
import { chooseTensors } from "./choose-parameters.ts";
import { chooseLoss } from "./choose-loss.ts";
import { defaultPrecision } from "../onnx/default-precision.ts";
import { doubtSentence } from "../onnx/doubtful-parameters.ts";
import { heldConstant, heldSentence } from "../onnx/held-constant.ts";
import type { KeptEngines } from "./kept-engines.ts";
import { loadModel } from "./load-model.ts";
import type { LoadedProblem } from "./loaded-problem.ts";
import type { LoadOptions } from "./load-options.ts";
import { proofWarnings, proveLoad } from "./load-proofs.ts";
import { openHeldOut } from "./held-out.ts";
import { lookAtOutputs } from "./look-at-outputs.ts";
import { planDraws } from "./plan-draws.ts";
import { type Importing, type NetworkProbe, probeAt, probeNetwork, type ProbeQuestion } from "./probe-network.ts";
import { onlyBatchSize } from "./only-batch-size.ts";
import { noFloat64, requireDevice } from "./require-device.ts";
import { requireSameNetwork } from "./require-same-network.ts";
import { spansExamples } from "./spans-examples.ts";
import { withDraws } from "./with-draws.ts";
import { withOtherOutputs } from "./with-other-outputs.ts";

/** Elements up to which the examples looked at are computed in float64, whatever the model is in. */
const PROMOTED_ELEMENTS = 2 ** 24;
/** Examples of a batch that is looked at. */
const LOOKED_AT = 5;

/** Not more than this is kept between products. */
const CACHE_BYTES = 2 ** 30;

/**
 * Opens a model and data as a problem.
 *
 * @param engines keep what is compiled for the next problem; without, it goes with the problem
 * @throws ThalwegError of kind "input" where files or what they hold do not fit, of kind "usage" for options
 */
export async function loadProblem(path: string, options: LoadOptions, engines?: KeptEngines): Promise<LoadedProblem> {
  const asked = askedLoss(options);
  const source = loadModel(path, options);
  const { model } = source;
  const precision = options.precision ?? defaultPrecision(model);
  const device = options.device ?? "cpu";
  const threads = options.threads ?? availableParallelism();
  if (device === "webgpu" && precision === "float64") throw noFloat64(device, options.precision === undefined);
  if (device !== "cpu") await requireDevice(nodeRuntime({ threads, device }), device);
  const spec = dataSpec(options);
  const axes = examplesAxes(model);
  const requests = inputRequests(model, axes, precision);
  const read = openDatasetPath(spec, { inputs: requests, label: options.label, limit: options.limit });
  let heldOut: OpenDataset | undefined;
  try {
    const { parameters, freeze, doubtful } = chooseTensors(model, options);
    const plain: Importing = { precision, freeze, parameters, batchNormalization: options.bn, examplesAxes: axes.axes };
    const draws = planDraws(model, read, plain);
    const turned = [...draws].flatMap(([name, { axis }]) => (axis > 0 ? [[name, axis] as const] : []));
    const importing: Importing = { ...plain, draws, examplesAxes: new Map([...axes.axes, ...turned]) };
    const reads = (dataset: OpenDataset) => withDraws(dataset, draws, precision);
    const opened = reads(read);
    const { output } = options;
    const whole = spansExamples(model, opened, axes.axes) ? opened.examples : undefined;
    // At most so many: there are no more than there are.
    const wanted = options.batchSize === undefined ? whole : Math.min(options.batchSize, opened.examples);
    const probed = probeNetwork({ model, dataset: opened, importing, output, asked: wanted });
    const { outputs, batch } = probed;
    if (!isFloat(outputs.dtype)) throw integerOutput(model, probed.output, outputs.dtype);
    const fixed = onlyBatchSize({ model, dataset: opened, importing, output, asked: wanted }, batch);
    const perExample = elementsPerExample([outputs], batch);
    const count = countParameters(model, parameters);
    const cutting = {
      perExample,
      parameters: count,
      nodes: model.graph.nodes.length,
      threads: device === "cpu" ? threads : 1,
      asked: wanted,
      fixed,
    };
    const lossOptions: LossOptions = { ignoreIndex: options.ignoreIndex ?? -100 };
    const looked = await lookAtOutputs({
      model,
      dataset: opened,
      importing,
      output,
      fixed,
      axes,
      usesBatchStatistics: probed.usesBatchStatistics,
      growingAxes: probed.growingAxes,
      threads,
      isSmall: Math.max(perExample * LOOKED_AT, count) <= PROMOTED_ELEMENTS,
      cut: {
        size: chooseBatches({ ...cutting, examples: opened.examples, coupling: undefined }).batchSize,
        most: Math.floor(WHOLE_ELEMENTS / Math.max(1, perExample)),
      },
      choose: (observer) =>
        chooseLoss({
          outputs,
          growingAxes: probed.growingAxes,
          labels: [batch, ...opened.labels.shape],
          summary: summarizeLabels(opened, lossOptions.ignoreIndex),
          labelsMissing: opened.labelsMissing,
          modelReadsLabels: opened.modelReadsLabels === true,
          observer,
          unitAxis: learnedUnitAxis({ model, dataset: opened, importing, output }, probed),
          classNames: opened.labels.classNames,
          labelsOf: (example) => opened.y(example, example + 1).data,
          asked: {
            loss: asked,
            outputKind: options.outputKind,
            classAxis: options.classAxis,
          },
        }).catch((error: unknown) => {
          throw withOtherOutputs(error, model, output, probed);
        }),
    });
    const { chosen, coupling, meeting } = looked;
    const { loss, classAxis, outputKind } = chosen;
    const { dataset: seen, notes: ofLabels } = labelsAsTaken(opened, chosen, outputs.shape, batch);
    const both =
      options.test === undefined
        ? undefined
        : openHeldOut(options.test, { inputs: requests, label: options.label, reads }, seen, {
            loss,
            outputs: outputs.shape,
            batch,
            classAxis,
            signs: chosen.signs,
          });
    const dataset = both?.dataset ?? seen;
    const unseen = both?.heldOut;
    heldOut = unseen;
    const { batchSize, isWhole, ...chosenLanes } = chooseBatches({
      ...cutting,
      examples: dataset.examples,
      // What may be coupled is one batch where that fits, which is right either way.
      coupling: coupling ?? (meeting && { isMean: true }),
    });
    const alone = meeting && aboutMeeting(meeting, dataset.examples, batchSize);
    const unbounded: ProblemOptions = {
      loss,
      lossOptions: { ...lossOptions, classAxis, outputKind },
      reduction: options.reduction ?? "mean",
      l2: options.l2 ?? 0,
      precision,
      batchSize,
      output: options.output,
      parameters,
      freeze,
      doubtful: doubtful.map(({ name }) => name),
      batchNormalization: options.bn,
      examplesAxes: importing.examplesAxes,
      draws,
      outputExamplesAxis: probed.outputExamplesAxis,
      coupled: coupling?.reason,
      heldOut: unseen,
      cacheBytes: Math.min(CACHE_BYTES, totalmem() / 4),
    };
    const most = options.oneEngine === true ? 1 : chosenLanes.lanes;
    const bound = boundedBy(
      options.memory,
      (asked = precision) => siteOf(model, dataset, { ...unbounded, precision: asked }),
      most,
    );
    const engine: NodeRuntimeOptions = { threads, device, lanes: bound?.lanes ?? most, isFrugal: bound && true };
    const runtime = engines?.of(engine) ?? nodeRuntime(engine);
    const problem = Problem.open(
      model,
      dataset,
      runtime,
      { ...unbounded, ...bound?.options },
      {
        shelf: engines?.shelf,
        onClose: async () => {
          if (engines === undefined) await runtime.close();
          dataset.close();
          unseen?.close();
        },
      },
    );
    if (source.saved) requireSameNetwork(problem, model, source.saved);
    const held = heldConstant(model, parameters);
    const doubt = doubtSentence(doubtful);
    const notes = [
      ...source.notes,
      ...dataset.notes,
      ...(held ? [heldSentence(held)] : []),
      ...chosen.notes,
      ...ofLabels,
      ...(both?.notes ?? []),
      ...(bound?.notes ?? []),
    ];
    const unreached = aboutUnreached({
      output: problem.network.output,
      values: problem.network.graph.outputs,
      parameters: problem.network.imported.parameters,
      outputs: [...problem.network.imported.outputs.keys()],
      labels: model.labels,
    });
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
      dataPath: dataPath(spec),
      device,
      lossGuessed: chosen.isGuessed,
      notes,
      proofs,
      warnings: [
        ...proofWarnings(proofs),
        ...(dataset.warnings ?? []),
        ...(unseen?.warnings ?? []),
        ...chosen.warnings,
        ...(bound?.warnings ?? []),
        ...aboutLeftOut(source),
        // Those of the batch take no others.
        ...(probed.usesBatchStatistics ? [] : aboutKeptStatistics(source)),
        ...(options.bn === "training" && !probed.usesBatchStatistics ? [NOTHING_TO_NORMALIZE] : []),
        ...(coupling
          ? [aboutCoupling(coupling, dataset.examples, batchSize, isWhole || wanted !== options.batchSize)]
          : []),
        ...(alone === undefined ? [] : [alone]),
        ...(unreached === undefined ? [] : [unreached]),
        ...(doubt === undefined ? [] : [doubt]),
        ...new Set([...model.notices, ...problem.network.imported.notices].map(({ message }) => message)),
        ...(await doubtsOnData(problem)),
        ...problem.caveats.map((caveat) => `${caveat}.`),
      ],
      close: () => problem.close(),
    };
  } catch (error) {
    read.close();
    heldOut?.close();
    throw error;
  }
}

const NOTHING_TO_NORMALIZE =
  "--bn training changes nothing: the file has no BatchNormalization, which exporters fold into the layer before unless the model is exported in training mode. What was folded keeps its running statistics.";

/** Where the last learned weights have their units: all that the network trains, whatever `--params` chose. */
function learnedUnitAxis(question: ProbeQuestion, probed: NetworkProbe): number | undefined {
  const { importing } = question;
  const all =
    importing.parameters === undefined
      ? probed
      : probeAt({ ...question, importing: { ...importing, parameters: undefined } }, probed.batch);
  return lastUnitAxis(all.outputs, new Set(all.parameters.values()));
}

/** Whole numbers, as the predicted classes, have no derivative. */
function integerOutput(model: ModelFile, name: string, dtype: string): ThalwegError {
  const others = model.outputs.flatMap((each) => (each.name !== name && isFloat(each.dtype) ? [each.name] : []));
  return new ThalwegError({
    kind: "input",
    code: "integer-output",
    message: `The model's output ${name} holds whole numbers (${dtype}), as predicted classes do; they have no derivative and cannot be trained on.`,
    where: { file: model.file },
    hint:
      others.length > 0
        ? `Take another output: ${others.map((each) => `--output ${each}`).join(" or ")}.`
        : "Export the model with the output before, the scores that the loss takes.",
  });
}

function countParameters(model: ModelFile, chosen: readonly string[] | undefined): number {
  return chosenParameters(model, chosen).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
