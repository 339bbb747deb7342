import type { Dataset } from "../data/dataset.ts";
import { Graph } from "../graph/graph.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import { defaultPrecision } from "../onnx/default-precision.ts";
import { importGraph } from "../onnx/import-graph.ts";
import type { Parameter } from "../onnx/decode-model.ts";
import { countedOutput } from "../problem/counted-output.ts";
import { lastUnitAxis } from "../problem/last-unit-axis.ts";
import { configuredLoss } from "../problem/losses/parametric-loss.ts";
import { LOSSES } from "../problem/losses/registry.ts";
import { buildNetwork } from "../problem/network.ts";
import { outputLink } from "../problem/output-link.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { chooseTensors } from "./choose-parameters.ts";
import { describedDataset } from "./described-dataset.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import type { LoadOptions } from "./load-options.ts";
import { requireSameNetwork } from "./require-same-network.ts";

/** A problem without examples. */
export interface DescribedProblem {
  readonly source: LoadedModel;
  readonly dataset: Dataset;
  readonly options: ProblemOptions;
  /** What counts as parameters. */
  readonly parameters: readonly Parameter[];
}

/**
 * A problem without data: the shapes come from the model, and the loss has to be named.
 *
 * @param batch examples in a pass
 * @throws usage error `no-data` where batch or loss are missing, and what loadModel and importGraph throw
 */
export function describeProblem(path: string, batch: number | undefined, flags: LoadOptions): DescribedProblem {
  const source = loadModel(path, flags);
  const { model } = source;
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
  const { parameters: named, freeze } = chooseTensors(model, flags);
  const importing = { precision, freeze, parameters: named, batchNormalization: flags.bn };
  const imported = importGraph(model, new Graph(), { ...importing, batch });
  const { parameters } = imported;
  const { values: found } = countedOutput(model, imported, flags.output);
  const shape = found.shape.slice(1);
  // The classes lie where they are said to, where a final softmax is, where the last layer's units are, on axis 1.
  const { classAxis: asked, outputKind } = flags;
  const fromEnd = asked !== undefined && asked < 0 ? asked + shape.length + 1 : asked;
  const classAxis = fromEnd ?? outputLink(found)?.axis ?? lastUnitAxis(found, new Set(parameters.values())) ?? 1;
  const positions = shape.filter((_, i) => i + 1 !== classAxis);
  // Class numbers where the loss takes them, else one target for each output.
  const classes =
    loss.misfit({ outputs: [batch, ...shape], labels: [batch, ...positions], labelType: "int64", classAxis }) ===
    undefined;
  const labels = classes ? { dtype: "int64" as const, shape: positions } : { dtype: precision, shape };
  const dataset = describedDataset(model, batch, labels, precision);
  const options: ProblemOptions = {
    ...importing,
    loss,
    lossOptions: { ignoreIndex: flags.ignoreIndex ?? -100, classAxis: classes ? classAxis : undefined, outputKind },
    reduction: flags.reduction ?? "mean",
    l2: flags.l2 ?? 0,
    batchSize: batch,
    output: flags.output,
    cacheBytes: 0,
  };
  if (source.saved) {
    const network = buildNetwork(model, dataset, options, batch);
    requireSameNetwork({ dataset, options, network, point: { batchSize: batch } }, model, source.saved);
  }
  return { source, dataset, options, parameters: chosenParameters(model, named) };
}
