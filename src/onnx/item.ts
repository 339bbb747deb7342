import type { Value } from "../graph/value.ts";

/** A list of tensors: what sequence operators make and take apart. */
export interface Sequence {
  readonly elements: readonly Value[];
}

/** What a name of an ONNX graph stands for. */
export type Item = Value | Sequence;

export function isSequence(item: Item): item is Sequence {
  return "elements" in item;
}
