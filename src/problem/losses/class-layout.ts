import { sameShape } from "../../graph/broadcast.ts";
import type { Value } from "../../graph/value.ts";
import { cast, equal } from "../../ops/logic.ts";
import { reshape, transpose } from "../../ops/structure.ts";
import { sizeOf, type Shape } from "../../util/tensor.ts";

/** Where the class axis of the outputs is, and how many labels an example has. */
export interface ClassLayout {
  readonly axis: number;
  readonly classes: number;
  /** Whether labels are distributions over classes instead of class numbers. */
  readonly soft: boolean;
}

/**
 * Finds the class axis: the last one (language models, plain classifiers) or the second (PyTorch's
 * images: logits [B, C, H, W] with labels [B, H, W], also where C = W). A model that merged examples
 * and positions, logits [B·T, C] with labels [B, T], is the first case. Undefined when nothing fits.
 */
export function classLayout(outputs: Shape, labels: Shape, soft: boolean): ClassLayout | undefined {
  const rank = outputs.length;
  if (rank < 2) return undefined;
  const last = outputs[rank - 1];
  const second = { axis: 1, classes: outputs[1], soft };
  if (rank > 3 && sameShape(labels, soft ? outputs : [outputs[0], ...outputs.slice(2)])) return second;
  if (soft) {
    return sizeOf(outputs) === sizeOf(labels) && last === labels[labels.length - 1]
      ? { axis: rank - 1, classes: last, soft }
      : undefined;
  }
  if (sizeOf(outputs.slice(0, -1)) === sizeOf(labels)) return { axis: rank - 1, classes: last, soft };
  if (rank > 2 && outputs[0] * sizeOf(outputs.slice(2)) === sizeOf(labels)) return second;
  return undefined;
}

/** Logits as a matrix [terms, classes], in the order of the labels. */
export function termMatrix(z: Value, layout: ClassLayout): Value {
  const axes = z.shape.map((_, axis) => axis);
  const moved = transpose(z, [...axes.filter((axis) => axis !== layout.axis), layout.axis]);
  return reshape(moved, [sizeOf(moved.shape) / layout.classes, layout.classes]);
}

/** Class numbers as rows of a unit matrix, [terms, classes]; a label outside the classes gives a row of zeros. */
export function oneHot(y: Value, classes: number, like: Value): Value {
  const column = reshape(y, [sizeOf(y.shape), 1]);
  const names = y.graph.constant({
    dtype: "int64",
    shape: [1, classes],
    data: Float64Array.from({ length: classes }, (_, i) => i),
  });
  return cast(equal(column, names), like.dtype);
}
