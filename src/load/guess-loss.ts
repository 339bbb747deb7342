import type { LabelSummary } from "../data/labels.ts";
import type { Value } from "../graph/value.ts";
import { logitsBehind } from "../problem/loss-graph.ts";
import { binaryCrossEntropy } from "../problem/losses/binary-cross-entropy.ts";
import { classLayout } from "../problem/losses/class-layout.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import type { Loss } from "../problem/losses/loss.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { outputLoss } from "../problem/losses/output-loss.ts";
import { LOSSES } from "../problem/losses/registry.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";

export interface LossEvidence {
  /** The model's output on a batch of at least two examples. */
  readonly outputs: Value;
  /** Labels of that batch, examples first. */
  readonly labels: Shape;
  readonly summary: LabelSummary;
  /** Whether the model itself takes the labels as an input. */
  readonly modelReadsLabels: boolean;
}

export interface GuessedLoss {
  readonly loss: Loss;
  /** Why, as a clause: "integer labels 0 to 9, 10 outputs". */
  readonly because: string;
}

/**
 * The loss that outputs and labels speak for, where only one fits.
 *
 * @throws ThalwegError `loss-not-clear`
 */
export function guessLoss({ outputs, labels, summary, modelReadsLabels }: LossEvidence): GuessedLoss {
  const { shape } = outputs;
  if (modelReadsLabels || (shape.length === 0 && labels[0] > 1)) {
    return {
      loss: outputLoss,
      because: modelReadsLabels ? "the model takes the labels itself" : "the model returns one number for a batch",
    };
  }
  const { min, max } = summary;
  const oneTarget = sizeOf(shape) === sizeOf(labels);
  const zeroOne = min >= 0 && max <= 1;
  const layout = classLayout(shape, labels, false);
  const classes = layout?.classes ?? 0;
  const { numbers } = summary;
  if (numbers && classes > 1) {
    if (numbers.max < classes) {
      const stored = summary.kind === "classes" ? "integer labels" : "whole-number labels";
      return { loss: crossEntropy, because: `${stored} ${numbers.min} to ${numbers.max}, ${classes} outputs` };
    }
    throw new ThalwegError({
      kind: "input",
      code: "label-outside-classes",
      message: `The labels run from ${numbers.min} to ${numbers.max}, but the network has ${classes} outputs: classes 0 to ${classes - 1}.`,
      where: { input: "y" },
      hint: "Check that data and model belong together and that classes count from 0; --ignore-index marks labels to leave out.",
    });
  }
  if (summary.kind === "classes" && oneTarget && zeroOne)
    return { loss: binaryCrossEntropy, because: "one logit for each label, labels 0 and 1" };
  if (summary.kind === "distribution" && classLayout(shape, labels, true)) {
    return { loss: crossEntropy, because: `labels are distributions over ${summary.classes} classes` };
  }
  const sigmoid = logitsBehind(outputs, binaryCrossEntropy).stripped !== undefined;
  if (oneTarget && zeroOne && (summary.kind === "binary" || sigmoid)) {
    return { loss: binaryCrossEntropy, because: "one logit for each label, labels between 0 and 1" };
  }
  if (summary.kind === "real" && oneTarget)
    return { loss: meanSquaredError, because: "one real target for each output" };
  throw new ThalwegError({
    kind: "input",
    code: "loss-not-clear",
    message: `The loss cannot be told from the data: on a batch of ${labels[0]} the outputs have the shape [${shape.join(", ")}] and the labels [${labels.join(", ")}], from ${min} to ${max}.`,
    where: { input: "y", shape: labels },
    hint:
      classes > 1
        ? `If the labels are class numbers, they must be whole numbers from 0 to ${classes - 1}; --ignore-index names a label to leave out.`
        : `Name it with --loss (${LOSSES.map(({ name }) => name).join(", ")}), or check that data and model belong together.`,
  });
}
