import type { Value } from "../../graph/value.ts";
import { and, cast, equal, not } from "../../ops/logic.ts";
import { markClasses } from "../../ops/relative-to-class.ts";
import { reshape } from "../../ops/structure.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import { sizeOf, type Shape } from "../../util/tensor.ts";
import { classLayout, termMatrix, type ClassLayout } from "./class-layout.ts";
import type { LossOptions } from "./loss.ts";

/** The layout of outputs that fit their labels. @throws ThalwegError `loss-misfit` for those that `misfit` has let through */
export function layoutOf(outputs: Shape, labels: Shape, { classAxis }: LossOptions): ClassLayout {
  const layout = classLayout(outputs, labels, classAxis);
  if (layout) return layout;
  throw new ThalwegError({
    kind: "internal",
    code: "loss-misfit",
    message: "A loss of classes was built on outputs that do not fit the labels.",
  });
}

/** Distributions over classes as they are given, [terms, classes]. */
export function distributions(z: Value, y: Value, layout: ClassLayout): Value {
  return termMatrix(cast(reshape(y, z.shape), z.dtype), layout);
}

/** Which terms count, [terms, 1]: all but those of ignored labels. */
export function counted(y: Value, layout: ClassLayout, { ignoreIndex }: LossOptions): Value | undefined {
  // A label outside the classes has no row in the first place, unless its probability were asked for.
  if (layout.soft) return undefined;
  return not(equal(reshape(y, [sizeOf(y.shape), 1]), y.graph.scalar(ignoreIndex, y.dtype)));
}

/** The class of each label that counts, marked in [terms, classes]. */
export function labelled(y: Value, layout: ClassLayout, options: LossOptions): Value {
  const { ignoreIndex } = options;
  const marked = markClasses(reshape(y, [sizeOf(y.shape), 1]), layout.classes, 1);
  const counts = counted(y, layout, options);
  // A label outside the classes has no row anyway.
  return !counts || ignoreIndex < 0 || ignoreIndex >= layout.classes ? marked : and(marked, counts);
}
