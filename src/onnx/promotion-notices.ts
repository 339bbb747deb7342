import { TensorProto_DataType } from "onnx-buf";
import { allNodes, type Notice, type OnnxGraph, type StoredTensor } from "./onnx-node.ts";

/** Where a model asks for floats narrower than any that is computed in: mixed precision is computed without its rounding. */
export function promotionNotices(graph: OnnxGraph, tensors: ReadonlyMap<string, StoredTensor>): Notice[] {
  return [...promotedWeights(tensors), ...promotedCasts(graph)];
}

function promotedWeights(tensors: ReadonlyMap<string, StoredTensor>): Notice[] {
  const halves = [...tensors.values()].filter(({ storedAs }) => storedAs === "float16" || storedAs === "bfloat16");
  if (halves.length === 0) return [];
  const types = [...new Set(halves.map(({ storedAs }) => storedAs))].join(" and ");
  return [
    {
      code: "promoted-weights",
      message: `${halves.length} tensors stored as ${types} are computed with in float32: the weights are exact, the arithmetic is finer than the model's own.`,
    },
  ];
}

/** Types of floats that are narrower than any that is computed in, by their number in a file. */
const NARROW_FLOATS: ReadonlyMap<number, string> = new Map([
  [TensorProto_DataType.FLOAT16, "float16"],
  [TensorProto_DataType.BFLOAT16, "bfloat16"],
]);

/** Casts to narrower floats leave numbers as they are: mixed precision is computed without its rounding. */
function promotedCasts(graph: OnnxGraph): Notice[] {
  const types = [...allNodes(graph.nodes)].flatMap(({ op, attributes }) => {
    const to = op === "Cast" ? attributes.get("to") : undefined;
    return to?.kind === "int" ? (NARROW_FLOATS.get(to.value) ?? []) : [];
  });
  if (types.length === 0) return [];
  return [
    {
      code: "promoted-casts",
      message: `${types.length === 1 ? "1 node casts" : `${types.length} nodes cast`} to ${[...new Set(types)].join(" and ")}, which is not done: the arithmetic is finer than the model's own, without the rounding of these casts.`,
    },
  ];
}
