import type { Value } from "../graph/value.ts";
import type { FloatType } from "../util/tensor.ts";
import type { BindOptions } from "./bind-inputs.ts";
import type { ExampleDraw } from "./draw.ts";
import type { OnnxNode } from "./onnx-node.ts";
import type { OnnxRule } from "./rule.ts";

/** How a model enters a graph. */
export interface ImportOptions extends BindOptions {
  /** The type of every float of the graph, whatever the file holds. */
  readonly precision: FloatType;
  /** Nodes (by name, or by an output) whose outputs derivatives treat as constants. */
  readonly freeze?: readonly string[];
  /** Tensors that become parameters instead of those that the model file proposes; any float tensor of the file may be named. */
  readonly parameters?: readonly string[];
  /** How the rule of a node is found; the registry when absent. */
  readonly rules?: (node: OnnxNode) => OnnxRule | undefined;
  /**
   * What stands in for a float output of a node that is no constant; the output itself when absent. `size` is that of
   * what kernels compute it by way of, where its rule knows of any ({@link OnnxRule.roundsAt}).
   */
  readonly standIn?: (output: Value, size: Value | number | undefined) => Value;
  /** What the graph's input for an input or parameter of this name is called; the name itself when absent. */
  readonly inputName?: (name: string) => string;
  /** What is drawn for each example, by name, as inputs of the graph; other draws are constants. */
  readonly draws?: ReadonlyMap<string, Pick<ExampleDraw, "axis" | "shape">>;
  /** Overrides what each BatchNormalization node says. */
  readonly batchNormalization?: "inference" | "training";
}
