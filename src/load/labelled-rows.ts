import { classLayouts } from "../problem/losses/class-layout.ts";
import { type Shape, sizeOf } from "../util/tensor.ts";
import type { OutputSamples } from "./output-evidence.ts";

/** One line of outputs along the classes, with its label. */
export interface LabelledRow {
  /** A number for each class. */
  readonly scores: readonly number[];
  /** The class, or the weight of each class. */
  readonly target: number | readonly number[];
}

/** Labels beside outputs that were looked at. */
export interface LabelsBeside {
  /** The labels of one example. */
  readonly labelsOf: (example: number) => ArrayLike<number>;
  /** Shape of the labels of a batch, examples first. */
  readonly shape: Shape;
}

/** The rows of one example after the other, with the classes on an axis of the outputs; labels that are no classes are left out. */
export function* labelledRows(axis: number, samples: OutputSamples, labels: LabelsBeside): Generator<LabelledRow[]> {
  const { shape, batches, examples } = samples;
  const layout = classLayouts(shape, [shape[0], ...labels.shape.slice(1)]).find((each) => each.axis === axis);
  if (!layout) return;
  const { classes, soft } = layout;
  const stride = sizeOf(shape.slice(axis + 1));
  const size = sizeOf(shape.slice(1));
  for (const [batch, values] of batches.entries()) {
    for (const [at, example] of examples[batch].entries()) {
      const y = labels.labelsOf(example);
      const along = (of: ArrayLike<number>, from: number) =>
        Array.from({ length: classes }, (_, c) => of[from + c * stride]);
      yield Array.from({ length: size / classes }, (_, row): LabelledRow => {
        const first = Math.floor(row / stride) * classes * stride + (row % stride);
        return { scores: along(values, at * size + first), target: soft ? along(y, first) : y[row] };
      }).filter(({ target }) => typeof target !== "number" || (target >= 0 && target < classes));
    }
  }
}
