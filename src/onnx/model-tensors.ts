import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { isFloat, type FloatType, type Tensor } from "../util/tensor.ts";
import type { ModelFile } from "./decode-model.ts";
import { toPrecision } from "./decode-tensor.ts";
import { keptBy } from "../util/kept-by.ts";
import { intakeError } from "./intake-error.ts";
import type { StoredTensor } from "./onnx-node.ts";
import { snapConstant } from "./snap-constant.ts";
import { UnsupportedNode } from "./unsupported-node.ts";

/** Tensors of files in another precision, each made once: what is imported for several batch sizes shares them. */
const promotions = { float32: keptBy<Tensor>(), float64: keptBy<Tensor>() };

/** How the tensors of a file enter a graph. */
export interface TensorsInGraph {
  readonly precision: FloatType;
  /** Those that are parameters: inputs of the graph. */
  readonly parameters: ReadonlySet<string>;
  /** What the graph's input for a parameter of this name is called. */
  readonly inputName: (name: string) => string;
}

/** The tensors of a model file as values of a graph, each once: parameters as inputs, all others as constants. */
export class ModelTensors {
  private readonly model: ModelFile;
  private readonly graph: Graph;
  private readonly plan: TensorsInGraph;
  private readonly values = new Map<string, Value>();
  private readonly stored = new Set<Value>();
  private count = 0;

  constructor(model: ModelFile, graph: Graph, plan: TensorsInGraph) {
    this.model = model;
    this.graph = graph;
    this.plan = plan;
  }

  /** How many numbers were restored to those that they stand for ({@link snapConstant}). */
  get restored(): number {
    return this.count;
  }

  /** Whether a value is a tensor of the file, and none that nodes made. */
  has(value: Value): boolean {
    return this.stored.has(value);
  }

  /** @throws ThalwegError `unknown-parameter`, `bad-parameter` */
  parameter(name: string): Value {
    const { file, tensors } = this.model;
    const stored = tensors.get(name);
    if (!stored) throw intakeError("unknown-parameter", `The model has no tensor ${name}.`, { file, parameter: name });
    if (!stored.tensor || !isFloat(stored.tensor.dtype)) {
      throw intakeError("bad-parameter", `${name} cannot be a parameter: it holds ${stored.storedAs}.`, {
        file,
        parameter: name,
      });
    }
    return this.valueOf(stored);
  }

  /** An initialiser, or the tensor of a Constant node. @throws UnsupportedNode where its type is none of the graph's */
  valueOf({ name, tensor, storedAs }: StoredTensor): Value {
    const known = this.values.get(name);
    if (known) return known;
    if (!tensor) throw new UnsupportedNode(`reads ${name}, a tensor of ${storedAs}`);
    const { precision, parameters, inputName } = this.plan;
    const value =
      parameters.has(name) && isFloat(tensor.dtype)
        ? this.graph.input(inputName(name), precision, tensor.shape)
        : this.constant(tensor);
    this.values.set(name, value);
    this.stored.add(value);
    return value;
  }

  private constant(tensor: Tensor): Value {
    const { precision } = this.plan;
    const promoted = promotions[precision](tensor, () => toPrecision(tensor, precision));
    if (tensor.dtype !== "float32" || precision !== "float64" || tensor.data.length !== 1)
      return this.graph.constant(promoted);
    const exact = snapConstant(tensor.data[0]);
    if (exact !== tensor.data[0]) this.count++;
    return this.graph.constant({ dtype: "float64", shape: tensor.shape, data: Float64Array.of(exact) });
  }
}
