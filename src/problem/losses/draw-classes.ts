import type { RandomStream } from "../../random/random-stream.ts";
import { maxOf } from "../../util/extremes.ts";
import { sizeOf, type Tensor } from "../../util/tensor.ts";
import { layoutOf } from "./class-labels.ts";
import type { LossOptions } from "./loss.ts";

/** A class for each label, by the probabilities of its row of outputs; one-hot rows where labels are distributions. */
export function drawClasses(outputs: Tensor, labels: Tensor, options: LossOptions, random: RandomStream): Tensor {
  const { axis, classes, soft } = layoutOf(outputs.shape, labels.shape, options);
  const { outputKind = "logits", ignoreIndex } = options;
  const step = sizeOf(outputs.shape.slice(axis + 1));
  const rows = sizeOf(outputs.shape) / classes;
  const data = soft ? new Float64Array(labels.data.length) : Float64Array.from(labels.data);
  for (let row = 0; row < rows; row++) {
    if (!soft && data[row] === ignoreIndex) continue;
    const start = Math.floor(row / step) * step * classes + (row % step);
    const numbers = Float64Array.from({ length: classes }, (_, c) => outputs.data[start + c * step]);
    const most = maxOf(numbers);
    const weights = outputKind === "probabilities" ? numbers : numbers.map((x) => Math.exp(x - most));
    let left = random.uniform() * weights.reduce((sum, x) => sum + x, 0);
    let drawn = 0;
    while (drawn < classes - 1 && left >= weights[drawn]) left -= weights[drawn++];
    if (soft) data[start + drawn * step] = 1;
    else data[row] = drawn;
  }
  return { ...labels, data };
}
