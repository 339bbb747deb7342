import type { Value } from "../../graph/value.ts";
import { reshape } from "../../ops/structure.ts";
import { cast } from "../../ops/logic.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { sizeOf, type Shape, type Tensor } from "../../util/tensor.ts";
import type { Loss, LossOptions } from "./loss.ts";
import { labelsEach, plainTerms } from "./plain-terms.ts";
import { agree, mergedAgree } from "./shape-agreement.ts";

/** Losses that add up one term per output element: labels have the outputs' shape, up to axes of length 1. */
export function elementLoss(
  rules: Pick<Loss, "name" | "title" | "formula" | "caveat" | "checkLabels" | "kinds" | "links"> & {
    term(z: Value, y: Value, options: LossOptions): Value;
    /** One term by definition, in float64; `place` counts the outputs of all examples. */
    plain(z: number, y: number, options: LossOptions, place: number): number;
    /** Why outputs that the labels fit do not fit this loss. */
    unfit?(outputs: Shape): string | undefined;
    /** By how much a prediction is right, where there are any. */
    margin?: (z: number, y: number, options: LossOptions) => number;
    correct?: (z: Value, y: Value, options: LossOptions) => Value;
    fisher?: (z: Value, tangent: Value, options: LossOptions) => Value;
    /** A label of the model's own at an output; there is one where there is a `fisher`. */
    drawn?: (z: number, random: RandomStream, options: LossOptions) => number;
  },
): Loss {
  const { term, plain, unfit, margin, correct, fisher, drawn, ...rest } = rules;
  const align = (z: Value, y: Value) => cast(reshape(y, z.shape), z.dtype);
  return {
    ...rest,
    misfit: ({ outputs, labels }) =>
      agree(outputs, labels) || mergedAgree(outputs, labels)
        ? unfit?.(outputs)
        : `The loss ${rules.title} needs one target per output, but the outputs have the shape [${outputs.join(", ")}] and the labels [${labels.join(", ")}].`,
    perTerm: (z, y, options) => term(z, align(z, y), options),
    evaluate: ({ data: outputs }, labels, options) =>
      plainTerms(labels, labelsEach(labels), (t) => ({
        value: plain(outputs[t], labels.data[t], options, t),
        margin: margin?.(outputs[t], labels.data[t], options),
      })),
    terms: (labels) => sizeOf(labels.shape),
    ...(correct && { correct: (z: Value, y: Value, options: LossOptions) => correct(z, align(z, y), options) }),
    ...(fisher && {
      draw: (outputs: Tensor, labels: Tensor, options: LossOptions, random: RandomStream) => ({
        ...labels,
        data: Float64Array.from(labels.data, (y, t) => drawn?.(outputs.data[t], random, options) ?? y),
      }),
      outputFisher: (z: Value, _y: Value, tangent: Value, options: LossOptions) => fisher(z, tangent, options),
    }),
  };
}
