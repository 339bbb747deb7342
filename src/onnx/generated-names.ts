import type { OnnxNode } from "./onnx-node.ts";

/** Whether an exporter or converter made a name up; the others are those of the network's own tensors. */
export type IsGenerated = (name: string) => boolean;

/** Names that nobody gives to a tensor. */
const SIGNED = [
  // PyTorch, by tracing; tf2onnx, Paddle, ONNX GraphSurgeon and the optimisers.
  /^(\/|onnx::|\d+$)/,
  /(^|\/)(const_fold_opt|const|zeros|ones|fill)(__\d+|(_\d+)?:\d+)$/i,
  /^(p2o|helper|auto|onnx_graphsurgeon)[._]/,
  /_output_\d+$/,
];

/** Words that torch.export names what it computes by, and with which a person may name a tensor. */
const WORDS = [
  /^_?(val|const|tensor_constant|lifted_tensor|scalar_tensor|clone|detach|arange|zeros|ones|full|fill)(_like)?(_?\d+)?$/,
  /^constant(_|\d|$)/i,
];

/** The same of those that write graphs by hand, or convert from other formats. */
const SHORT = [/(^|\/)(const_fold_opt|const|zeros|ones|fill)$/i, /^(r|t|v|tmp|tensor)_?\d+$/];

/** Whether a node is named as PyTorch's exporter that traces does, `/encoder/MatMul_1`, or before PyTorch 1.13 what it gives: `77`, `onnx::Add_77`. */
function isTraced({ name, outputs }: OnnxNode): boolean {
  return name.startsWith("/") || outputs.some((output) => /^(\d+|onnx::\w+)$/.test(output));
}

/**
 * Tells the names that were made up in a file of that producer. PyTorch's exporters keep the names of parameters, whatever these
 * are (`t1`, `ones`), and the one that traces signs all that it makes up.
 */
export function generatedNames(producer: string, nodes: readonly OnnxNode[]): IsGenerated {
  const fromPyTorch = producer === "pytorch";
  const words = fromPyTorch && nodes.some(isTraced) ? [] : WORDS;
  const patterns = [...SIGNED, ...words, ...(fromPyTorch ? [] : SHORT)];
  return (name) => patterns.some((pattern) => pattern.test(name));
}
