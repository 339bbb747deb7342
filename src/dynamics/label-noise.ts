import type { Dataset } from "../data/dataset.ts";
import { withLabels } from "../data/labels.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { sizeOf } from "../util/tensor.ts";

/**
 * The dataset with a share of its labels replaced by another of the classes that it holds, each alike (symmetric label noise, Zhang 2017).
 * Which ones hangs on the stream alone; labels that the loss leaves out stay.
 *
 * @throws usage error `labels-no-classes` for labels that are no classes, or of one class
 */
export function withLabelNoise(
  dataset: Dataset,
  { share, ignoreIndex }: { readonly share: number; readonly ignoreIndex: number },
  random: RandomStream,
): Dataset {
  const { dtype, shape, array } = dataset.labels;
  const labels = Float64Array.from(dataset.y(0, dataset.examples).data);
  const classes = [...new Set(labels)].filter((label) => label !== ignoreIndex).toSorted((a, b) => a - b);
  if (dtype !== "int64" || classes.length < 2)
    throw new ThalwegError({
      kind: "usage",
      code: "labels-no-classes",
      message: `The labels ${array} are ${dtype === "int64" ? "of one class" : "no classes"}: none can be replaced by another.`,
      hint: "Leave --label-noise out.",
    });
  const drawn = random.split("label noise");
  for (let i = 0; i < labels.length; i++) {
    // Every label takes its numbers, so that those behind it hang on nothing but their place.
    const [isReplaced, which] = [drawn.uniform() < share, drawn.uniform()];
    const at = classes.indexOf(labels[i]);
    if (isReplaced && at >= 0)
      labels[i] = classes[(at + 1 + Math.floor(which * (classes.length - 1))) % classes.length];
  }
  const each = sizeOf(shape);
  return withLabels(dataset, dataset.labels, (y, first) => ({
    ...y,
    data: labels.slice(first * each, first * each + y.data.length),
  }));
}
