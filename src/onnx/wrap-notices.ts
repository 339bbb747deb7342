import type { Notice, OnnxGraph, OnnxNode, StoredTensor } from "./onnx-node.ts";

/** Nodes that a notice names. */
const NAMED = 3;

/** Start, end and axis of a slice along one axis with steps of one; undefined for any other node. */
function sliceOf(
  { op, inputs, attributes }: OnnxNode,
  tensors: ReadonlyMap<string, StoredTensor>,
): { readonly of: string; readonly start: number; readonly end: number; readonly axis: number } | undefined {
  if (op !== "Slice") return undefined;
  const numberAt = (input: number, name: string) => {
    const attribute = attributes.get(name);
    const values = attribute?.kind === "ints" ? attribute.value : tensors.get(inputs[input] ?? "")?.tensor?.data;
    return values?.length === 1 ? values[0] : undefined;
  };
  const [start, end, axis] = [numberAt(1, "starts"), numberAt(2, "ends"), numberAt(3, "axes")];
  const isPlain = (inputs[4] ?? "") === "" || numberAt(4, "steps") === 1;
  return start === undefined || end === undefined || axis === undefined || !isPlain
    ? undefined
    : { of: inputs[0], start, end, axis };
}

/**
 * That padding which wraps around is wrong in the file: x[−p−1 : −1], x, x[0 : p] side by side, where the last p come before the first.
 * PyTorch wrote circular padding so until 1.13 (github.com/pytorch/pytorch/issues/86690); nothing else does.
 */
export function wrapNotices(graph: OnnxGraph, tensors: ReadonlyMap<string, StoredTensor>): Notice[] {
  const slices = new Map(
    graph.nodes.flatMap((node) => {
      const slice = sliceOf(node, tensors);
      return slice ? [[node.outputs[0], slice] as const] : [];
    }),
  );
  const wrong = graph.nodes.filter(({ op, inputs, attributes }) => {
    const [before, x, behind] = inputs;
    const [first, last] = [slices.get(before), slices.get(behind)];
    const along = attributes.get("axis");
    if (op !== "Concat" || inputs.length !== 3 || first?.of !== x || last?.of !== x || along?.kind !== "int")
      return false;
    const isAlong = first.axis === along.value && last.axis === first.axis;
    return isAlong && first.end === -1 && first.start < -1 && last.start === 0 && last.end > 0;
  });
  if (wrong.length === 0) return [];
  const names = wrong.slice(0, NAMED).map(({ name }) => name);
  return [
    {
      code: "wrapped-padding",
      message: `Padding that wraps around (padding_mode="circular") takes the numbers beside the last ones before the first, and not the last ones, in ${names.join(", ")}${wrong.length > NAMED ? ", …" : ""}: PyTorch exported it so until 1.13. The file computes another function than the network that it was exported from, and all numbers are those of the file.`,
      hint: "Export with PyTorch 2.0 or newer.",
    },
  ];
}
