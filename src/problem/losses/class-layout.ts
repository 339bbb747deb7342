import type { Value } from "../../graph/value.ts";
import { reshape, transpose } from "../../ops/structure.ts";
import { sizeOf, type Shape } from "../../util/tensor.ts";
import { agree, mergedAgree } from "./shape-agreement.ts";

/** Where the class axis of the outputs is, and what a label is. */
export interface ClassLayout {
  readonly axis: number;
  readonly classes: number;
  /** Whether labels are distributions over classes (one-hot rows among them) instead of class numbers. */
  readonly soft: boolean;
}

/**
 * Every axis of the outputs that the classes may lie on: the labels have the outputs' shape without it
 * (class numbers) or the whole shape (distributions), up to axes of length 1. A model that merged
 * examples and positions, logits [B·T, C] with labels [B, T] or [B, T, C], has its classes last. Never
 * both kinds at once: an axis of length 1 holds no classes.
 *
 * @example
 * classLayouts([8, 3, 5], [8, 5]); // [{ axis: 1, classes: 3, soft: false }]
 * classLayouts([8, 3, 3], [8, 3]); // axes 1 and 2
 */
export function classLayouts(outputs: Shape, labels: Shape): ClassLayout[] {
  const rank = outputs.length;
  if (rank < 2) return [];
  return outputs.flatMap((classes, axis): ClassLayout[] => {
    if (axis === 0 || classes < 2) return [];
    const without = outputs.filter((_, each) => each !== axis);
    const merged = rank === 2 && outputs[0] !== labels[0];
    const fit = merged ? mergedAgree : agree;
    if (fit(without, labels)) return [{ axis, classes, soft: false }];
    return fit(outputs, labels) ? [{ axis, classes, soft: true }] : [];
  });
}

/**
 * The layout with the classes on the axis asked for; without one, by PyTorch's convention: axis 1 where
 * it fits, else the last that does. Undefined when nothing fits.
 */
export function classLayout(outputs: Shape, labels: Shape, classAxis?: number): ClassLayout | undefined {
  const layouts = classLayouts(outputs, labels);
  if (classAxis !== undefined) return layouts.find(({ axis }) => axis === classAxis);
  return layouts.find(({ axis }) => axis === 1) ?? layouts.at(-1);
}

/** Logits as a matrix [terms, classes], in the order of the labels. */
export function termMatrix(z: Value, layout: ClassLayout): Value {
  const axes = z.shape.map((_, axis) => axis);
  const moved = transpose(z, [...axes.filter((axis) => axis !== layout.axis), layout.axis]);
  return reshape(moved, [sizeOf(moved.shape) / layout.classes, layout.classes]);
}
