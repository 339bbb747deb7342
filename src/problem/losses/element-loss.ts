import type { Value } from "../../graph/value.ts";
import { reduceSum, reshape } from "../../ops/structure.ts";
import { cast } from "../../ops/logic.ts";
import { sizeOf } from "../../util/tensor.ts";
import type { Loss, LossOptions } from "./loss.ts";

/** Losses that add up one term per output element: labels have the outputs' number of elements. */
export function elementLoss(
  rules: Pick<Loss, "name" | "title" | "formula" | "caveat" | "checkLabels" | "links"> & {
    term(z: Value, y: Value, options: LossOptions): Value;
    correct?: (z: Value, y: Value) => Value;
    fisher?: (z: Value, tangent: Value) => Value;
  },
): Loss {
  const { term, correct, fisher, ...rest } = rules;
  const align = (z: Value, y: Value) => cast(reshape(y, z.shape), z.dtype);
  return {
    ...rest,
    misfit: ({ outputs, labels }) =>
      sizeOf(outputs) === sizeOf(labels)
        ? undefined
        : `The loss ${rules.title} needs one target per output, but the outputs have the shape [${outputs.join(", ")}] and the labels [${labels.join(", ")}].`,
    perExample: (z, y, options) => {
      const examples = y.shape[0];
      const terms = term(z, align(z, y), options);
      return reshape(reduceSum(reshape(terms, [examples, sizeOf(terms.shape) / examples]), [1]), [examples]);
    },
    terms: (labels) => sizeOf(labels.shape),
    ...(correct && { correct: (z: Value, y: Value) => correct(z, align(z, y)) }),
    ...(fisher && { outputFisher: (z: Value, _y: Value, tangent: Value) => fisher(z, tangent) }),
  };
}
