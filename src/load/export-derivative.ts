import type { Dataset } from "../data/dataset.ts";
import { Graph } from "../graph/graph.ts";
import type { Target } from "../graph/operation.ts";
import { inputNameOf } from "../graph/leaf.ts";
import { rebuild } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { chosenParameters } from "../onnx/chosen-parameters.ts";
import type { ModelFile } from "../onnx/decode-model.ts";
import { lowerGraph } from "../onnx/emit-lower.ts";
import { emitModel, type EmittedModel } from "../onnx/emit-model.ts";
import { add, div, mul } from "../ops/arithmetic.ts";
import { sumAll } from "../ops/structure.ts";
import { nameInFile } from "../problem/file-names.ts";
import { LABELS, type LossGraph } from "../problem/loss-graph.ts";
import { buildNetwork } from "../problem/network.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import { gradientOf, jacobianVector, PRODUCTS } from "../problem/products.ts";
import { allocate, sizeOf } from "../util/tensor.ts";
import { withDefaultWeights } from "./with-default-weights.ts";

/** What a derivative graph is made from. */
interface Site {
  readonly graph: LossGraph;
  readonly options: ProblemOptions;
  readonly names: readonly string[];
  /** A sum over the terms of the batch, divided as the reduction says. */
  reduced(sum: Value): Value;
  /** A sum over the examples of the batch as their mean. */
  perExample(sum: Value): Value;
  /** The input `v:<name>` of each parameter. */
  vectors(): Value[];
}

/** A derivative that can be written as a file of its own. */
export interface ExportableDerivative {
  readonly name: string;
  /** What the outputs are, for help and the file's description. */
  readonly summary: string;
  outputs(site: Site): Map<string, Value>;
}

const PRODUCT_DERIVATIVES = PRODUCTS.map((product): ExportableDerivative => {
  const prefix = `${product.name
    .split("-")
    .map((word) => word[0])
    .join("")}v`;
  return {
    name: `${product.name}-vector`,
    summary: `${prefix}:<parameter>, the ${product.summary} times the vector v:<parameter>`,
    outputs: (site) => {
      const vectors = site.vectors();
      const scaled = product.perExample ? site.perExample : site.reduced;
      const l2 = product.regularized ? site.options.l2 : 0;
      return named(
        site.names,
        prefix,
        product.build(site.graph, vectors).map((value, i) => plus(scaled(value), vectors[i], l2)),
      );
    },
  };
});

/** Everything that `thalweg export` writes. */
export const EXPORTABLE: readonly ExportableDerivative[] = [
  {
    name: "gradient",
    summary: "loss, and grad:<parameter>, its gradient",
    outputs: ({ graph, options, names, reduced }) => {
      const { parameters } = graph;
      const l2 = options.l2;
      const squares = parameters.reduce<Value | undefined>(
        (sum, p) => (sum ? add(sum, sumAll(mul(p, p))) : sumAll(mul(p, p))),
        undefined,
      );
      const loss = reduced(graph.total);
      const gradients = gradientOf(graph).map((value, i) => plus(reduced(value), parameters[i], l2));
      return new Map([["loss", squares ? plus(loss, squares, l2 / 2) : loss], ...named(names, "grad", gradients)]);
    },
  },
  ...PRODUCT_DERIVATIVES,
  {
    name: "jacobian-vector",
    summary: "jv, the change of the outputs along the vector v:<parameter>",
    outputs: (site) => new Map([["jv", jacobianVector(site.graph, site.vectors())]]),
  },
  {
    name: "example-losses",
    summary: "losses, the loss of every example",
    outputs: ({ graph }) => new Map([["losses", graph.perExample]]),
  },
];

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

function named(names: readonly string[], prefix: string, values: readonly Value[]): Map<string, Value> {
  return new Map(values.map((value, i) => [`${prefix}:${names[i]}`, value]));
}

/** value + factor · other */
function plus(value: Value, other: Value, factor: number): Value {
  return factor === 0 ? value : add(value, mul(other, factor));
}

/** The number of terms where the labels decide it. */
function countedTerms({ outputs, labels }: LossGraph, { loss, lossOptions }: ProblemOptions): Value | undefined {
  return loss.countTerms?.(outputs, labels, lossOptions);
}

function reduction(graph: LossGraph, options: ProblemOptions): (sum: Value) => Value {
  if (options.reduction === "sum") return (sum) => sum;
  const counted = countedTerms(graph, options);
  if (counted) return (sum) => div(sum, counted);
  const { dtype, shape } = graph.labels;
  const zeros = { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
  const terms = options.loss.terms(zeros, graph.outputs.shape, options.lossOptions);
  return (sum) => mul(sum, 1 / terms);
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
  derivative: ExportableDerivative,
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
  const built = derivative.outputs({
    graph,
    options,
    names,
    reduced: reduction(graph, options),
    perExample: (sum) => mul(sum, 1 / batch),
    vectors: () =>
      graph.parameters.map(({ shape }, i) => graph.total.graph.input(vectorName(names[i]), precision, shape)),
  });
  const labelName = claimName(["y", "labels"], taken);
  const home = new Graph();
  const renamed = rebuild([...built.values()], home, (value) => {
    const fed = inputNameOf(value);
    if (fed === undefined) return undefined;
    const name = nameInFile(fed) ?? (fed === LABELS ? labelName : claimName([fed], taken));
    return home.input(name, value.dtype, value.shape);
  });
  const target = { precision, portable: true, device };
  const lowered = lowerGraph(renamed, target);
  const outputs = new Map([...built.keys()].map((name, i) => [claimName([name], taken), lowered[i]]));
  const description = [
    `${derivative.name} of ${model.file}: ${options.loss.title}, ${options.reduction} over batches of ${batch}${countedTerms(graph, options) ? `, labels ${options.lossOptions.ignoreIndex} left out` : ""}.`,
    `Outputs: ${derivative.summary}.`,
    `Inputs: the model's own, the labels ${labelName}, and the parameters, whose defaults are the model's weights.`,
  ].join(" ");
  const emitted = emitModel(outputs, target, description);
  const weights = chosenParameters(model, options.parameters).map(({ name, shape, data }) => ({
    name,
    shape,
    data: precision === "float32" ? Float32Array.from(data) : Float64Array.from(data),
  }));
  return { ...emitted, bytes: withDefaultWeights(emitted.bytes, weights, precision), description };
}
