import type { Dataset } from "../data/dataset.ts";
import { Graph } from "../graph/graph.ts";
import type { Target } from "../graph/emitter.ts";
import { inputNameOf } from "../graph/leaf.ts";
import { rebuild } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { emitModel, type EmittedModel } from "../onnx/emit-model.ts";
import { add, mul, reciprocal } from "../ops/arithmetic.ts";
import { sumAll } from "../ops/structure.ts";
import { nameInFile } from "./file-names.ts";
import { EXAMPLE_SCALE, LABELS, SCALE, type LossGraph } from "./loss-graph.ts";
import { buildNetwork } from "./network.ts";
import type { ProblemOptions } from "./problem-options.ts";
import { DERIVATIVES } from "./derivatives/registry.ts";
import type { Derivative } from "./derivatives/derivative.ts";
import { allocate, sizeOf } from "../util/tensor.ts";
import { withDefaultWeights } from "../onnx/with-default-weights.ts";

/** A derivative under the name that it is exported by. */
export interface ExportableDerivative {
  readonly name: string;
  /** What the outputs are, for help and the file's description. */
  readonly summary: string;
  readonly derivative: Derivative;
}

function exportable(derivative: Derivative): ExportableDerivative {
  const { name, summary, symbol, takesVector, gives, loss } = derivative;
  const output = gives === "parameters" ? `${symbol}:<parameter>` : symbol;
  const vector = takesVector && gives === "parameters" ? " times the vector v:<parameter>" : "";
  return {
    derivative,
    name: takesVector ? `${name}-vector` : name,
    summary: `${loss ? "loss, and " : ""}${output}, the ${summary}${vector}`,
  };
}

/** Everything that `thalweg export` writes. */
export const EXPORTABLE: readonly ExportableDerivative[] = DERIVATIVES.map(exportable);

/** The vector for a parameter. */
function vectorName(parameter: string): string {
  return `v:${parameter}`;
}

/** The first of these names that is free, taken from now on; underscores are put behind where none is. */
function claimName(wanted: readonly string[], taken: Set<string>): string {
  let name = wanted.find((each) => !taken.has(each)) ?? wanted[0];
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
}

/** value + factor · other */
function plus(value: Value, other: Value, factor: number): Value {
  return factor === 0 ? value : add(value, mul(other, factor));
}

/** What sums over the terms of a batch are multiplied by: where the labels decide how many there are, the graph counts. */
function scaleOf(graph: LossGraph, { loss, lossOptions, reduction }: ProblemOptions): Value {
  const { graph: home, dtype } = graph.total;
  if (reduction === "sum") return home.scalar(1, dtype);
  const counted = loss.countTerms?.(graph.outputs, graph.labels, lossOptions);
  if (counted) return reciprocal(counted);
  const { dtype: labelType, shape } = graph.labels;
  const zeros = { dtype: labelType, shape, data: allocate(labelType, sizeOf(shape)) };
  return home.scalar(1 / loss.terms(zeros, graph.outputs.shape, lossOptions), dtype);
}

/** The derivative's outputs by name, with the L2 term. */
function outputsOf(
  { symbol, gives, regularised, loss, build }: Derivative,
  graph: LossGraph,
  vectors: readonly Value[],
  names: readonly string[],
  l2: number,
): Map<string, Value> {
  const values = build(graph, vectors);
  if (gives !== "parameters") return new Map([[symbol, values[0]]]);
  const { parameters } = graph;
  const added = regularised === "point" ? parameters : vectors;
  const named = values.map(
    (value, i) => [`${symbol}:${names[i]}`, regularised ? plus(value, added[i], l2) : value] as const,
  );
  if (!loss) return new Map(named);
  const squares = parameters.map((p) => sumAll(mul(p, p))).reduce((sum, each) => add(sum, each));
  return new Map([["loss", plus(graph.share, squares, l2 / 2)], ...named]);
}

export interface ExportedDerivative extends EmittedModel {
  /** The file's own description of its inputs and outputs. */
  readonly description: string;
}

/**
 * A derivative of a model on batches of a fixed size, as plain ONNX of opset 18. Inputs are the
 * model's, the labels `y`, the parameters (with the model's weights as defaults) and, for products,
 * the vector `v:<parameter>`. Sums over the batch are divided as `reduction` says: a mean is over
 * the labels that count, as the graph counts them in each batch (none: 0/0, not a number). With `device`
 * it is written without the kernels that are wrong or missing there.
 */
export function exportDerivative(
  { name, summary, derivative }: ExportableDerivative,
  model: ModelFile,
  dataset: Dataset,
  options: ProblemOptions,
  batch: number,
  device?: Target["device"],
): ExportedDerivative {
  const network = buildNetwork(model, dataset, options, batch);
  const { graph } = network;
  const names = [...network.imported.parameters.keys()];
  const taken = new Set([...network.imported.inputs.keys(), ...names]);
  const { precision } = options;
  const vectors = derivative.takesVector
    ? graph.parameters.map(({ shape }, i) => graph.total.graph.input(vectorName(names[i]), precision, shape))
    : [];
  const built = outputsOf(derivative, graph, vectors, names, options.l2);
  const labelName = claimName(["y", "labels"], taken);
  const home = new Graph();
  const renamedInput = (value: Value) => {
    const fed = inputNameOf(value);
    if (fed === undefined) return undefined;
    const name = nameInFile(fed) ?? (fed === LABELS ? labelName : claimName([fed], taken));
    return home.input(name, value.dtype, value.shape);
  };
  const [scale] = rebuild([scaleOf(graph, options)], home, renamedInput);
  const renamed = rebuild([...built.values()], home, (value) => {
    const fed = inputNameOf(value);
    if (fed === SCALE) return scale;
    return fed === EXAMPLE_SCALE ? home.scalar(1 / batch, value.dtype) : renamedInput(value);
  });
  const target = { precision, portable: true, device };
  const lowered = lowerGraph(renamed, target);
  const outputs = new Map([...built.keys()].map((name, i) => [claimName([name], taken), lowered[i]]));
  const description = [
    `${name} of ${model.file}: ${options.loss.title}, ${options.reduction} over batches of ${batch}${options.loss.countTerms?.(graph.outputs, graph.labels, options.lossOptions) ? `, labels ${options.lossOptions.ignoreIndex} left out` : ""}.`,
    `Outputs: ${summary}.`,
    `Inputs: the model's own, the labels ${labelName}, and the parameters, whose defaults are the model's weights.`,
  ].join(" ");
  const emitted = emitModel(outputs, target, { description });
  const weights = chosenParameters(model, options.parameters).map(({ name, shape, data }) => ({
    name,
    shape,
    data: precision === "float32" ? Float32Array.from(data) : Float64Array.from(data),
  }));
  return { ...emitted, bytes: withDefaultWeights(emitted.bytes, weights, precision), description };
}
