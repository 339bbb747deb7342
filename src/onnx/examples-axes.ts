import { batchAxes, BATCH_NAME } from "./bind-inputs.ts";
import type { ModelFile } from "./decode-model.ts";
import type { OnnxGraph, OnnxNode } from "./onnx-node.ts";

/** Which axis of each input counts examples, by name; inputs without such an axis are left out. */
export interface ExamplesAxes {
  readonly axes: ReadonlyMap<string, number>;
  /** Inputs whose axis has a name for it in the file. */
  readonly named: ReadonlySet<string>;
  /** The axes that the layout of a recurrent operator fixes. */
  readonly recurrent: ReadonlyMap<string, number>;
}

/**
 * The axis that counts examples: one with a name for it; else the batch axis of the recurrent operator
 * that the input goes into (time comes first in ONNX unless `layout` is 1); else the first open one.
 */
export function examplesAxes({ graph, inputs }: ModelFile): ExamplesAxes {
  const recurrent = recurrentAxes(graph);
  const axes = new Map<string, number>();
  const named = new Set<string>();
  batchAxes(inputs).forEach((axis, i) => {
    const { name, shape } = inputs[i];
    const isNamed = shape.some((extent) => typeof extent === "string" && BATCH_NAME.test(extent));
    const chosen =
      isNamed || typeof shape[recurrent.get(name) ?? 0] === "number" ? axis : (recurrent.get(name) ?? axis);
    if (chosen !== undefined) axes.set(name, chosen);
    if (isNamed) named.add(name);
  });
  return { axes, named, recurrent };
}

/** An input of the model seen in a value: which axis of the input each axis of the value is. */
interface Trace {
  readonly input: string;
  readonly axes: readonly (number | undefined)[];
}

const RECURRENT = new Set(["RNN", "GRU", "LSTM"]);

/** Operators with one varying operand that keep its axes where they are. */
const KEEPS_AXES = new Set(
  "Identity Cast Dropout Add Sub Mul Div Relu LeakyRelu Elu Gelu Tanh Sigmoid Clip LayerNormalization".split(" "),
);

function recurrentAxes(graph: OnnxGraph): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const traces = new Map<string, Trace | undefined>(
    graph.inputs.map((name) => [name, { input: name, axes: [0, 1, 2, 3, 4] }]),
  );
  const fixed = new Set(graph.initializers.keys());
  for (const node of graph.nodes) {
    const [first] = node.inputs;
    if (RECURRENT.has(node.op)) {
      const trace = traces.get(first);
      const layout = node.attributes.get("layout");
      const axis = trace?.axes[layout?.kind === "int" && layout.value === 1 ? 0 : 1];
      if (trace && axis !== undefined && !found.has(trace.input)) found.set(trace.input, axis);
    }
    if (node.op === "Constant") fixed.add(node.outputs[0]);
    else traces.set(node.outputs[0], traced(node, traces, fixed));
  }
  return found;
}

function traced(
  node: OnnxNode,
  traces: ReadonlyMap<string, Trace | undefined>,
  fixed: ReadonlySet<string>,
): Trace | undefined {
  const varying = node.inputs.filter((name) => name !== "" && !fixed.has(name));
  const trace = varying.length === 1 ? traces.get(varying[0]) : undefined;
  if (!trace) return undefined;
  const { input, axes } = trace;
  if (KEEPS_AXES.has(node.op)) return trace;
  if (node.op === "MatMul" && node.inputs[0] === varying[0]) return { input, axes: axes.slice(0, 2) };
  if (node.op === "Gather" && node.inputs[1] === varying[0]) return { input, axes: axes.slice(0, 2) };
  const perm = node.op === "Transpose" ? node.attributes.get("perm") : undefined;
  return perm?.kind === "ints" ? { input, axes: perm.value.map((axis) => axes[axis]) } : undefined;
}
