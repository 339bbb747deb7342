import { expand, reshape } from "../../ops/structure.ts";
import { sizeOf } from "../../util/tensor.ts";
import type { Loss } from "./loss.ts";
import { plainTerms } from "./plain-terms.ts";

/**
 * The model computes its loss itself: its output is the loss of each example, or one number, which is
 * then taken as the mean over the batch.
 */
export const outputLoss: Loss = {
  name: "output",
  title: "the model's own output",
  formula: String.raw`\ell = z`,
  misfit: ({ outputs, labels }) =>
    sizeOf(outputs) === 1 || outputs[0] === labels[0]
      ? undefined
      : `With --loss output the network must return one number or one per example, but it returns the shape [${outputs.join(", ")}].`,
  perTerm: (z, y) => {
    const examples = y.shape[0];
    // A mean over the batch: every example carries the same share of the sum.
    return sizeOf(z.shape) === 1 && examples !== 1 ? expand(reshape(z, [1]), [examples]) : z;
  },
  evaluate: ({ data }, labels) => {
    const [examples] = labels.shape;
    const width = data.length / examples;
    return plainTerms(labels, 1, (i) => {
      if (data.length === 1) return { value: data[0] };
      let value = 0;
      for (let j = i * width; j < (i + 1) * width; j++) value += data[j];
      return { value };
    });
  },
  terms: (labels) => labels.shape[0],
  givesLossOnly: true,
  readsNoLabels: true,
};
