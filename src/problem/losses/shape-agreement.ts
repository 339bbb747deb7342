import type { Shape } from "../../util/tensor.ts";

const core = (shape: Shape) => shape.filter((extent) => extent !== 1).join();

/**
 * Whether two shapes with the examples first hold the same elements in the same order: they agree up to
 * axes of length 1. An equal number of elements is not enough: their order may differ.
 *
 * @example
 * agree([8, 1, 5], [8, 5]); // true
 * agree([8, 2, 5], [8, 5, 2]); // false
 */
export function agree(a: Shape, b: Shape): boolean {
  return a[0] === b[0] && core(a.slice(1)) === core(b.slice(1));
}

/** Whether the outputs have the labels' shape with some leading axes merged into one, [B·T, …] for [B, T, …]. */
export function mergedAgree(outputs: Shape, labels: Shape): boolean {
  let rows = labels[0];
  for (let axis = 1; axis < labels.length; axis++) {
    rows *= labels[axis];
    if (rows === outputs[0] && core(outputs.slice(1)) === core(labels.slice(axis + 1))) return true;
  }
  return false;
}
