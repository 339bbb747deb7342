import { binaryCrossEntropy } from "../problem/losses/binary-cross-entropy.ts";
import { classLayouts } from "../problem/losses/class-layout.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import type { Loss } from "../problem/losses/loss.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { outputLoss } from "../problem/losses/output-loss.ts";
import { agree, mergedAgree } from "../problem/losses/shape-agreement.ts";
import { outputLink } from "../problem/output-link.ts";
import { sizeOf } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { labelAxesInOutputs } from "./choose-class-axis.ts";
import { type LossEvidence, namedLosses, notClear } from "./loss-evidence.ts";
import { distributionsAlong, isBounded } from "./output-evidence.ts";

export interface GuessedLoss {
  readonly loss: Loss;
  /** Why, as a clause: "integer labels 0 to 9, 10 outputs". */
  readonly because: string;
  /** Whether labels −1 and 1 stand for 0 and 1. */
  readonly signs?: boolean;
}

/**
 * The loss that outputs and labels speak for, where only one fits.
 *
 * @throws ThalwegError `loss-not-clear`, `label-outside-classes`
 */
export async function guessLoss(evidence: LossEvidence): Promise<GuessedLoss> {
  const { outputs, labels, labelsMissing, modelReadsLabels } = evidence;
  const { shape } = outputs;
  if (shape.length === 0 && labels[0] > 1)
    return {
      loss: outputLoss,
      because: modelReadsLabels ? "the model takes the labels itself" : "the model returns one number for a batch",
    };
  if (labelsMissing) throw evidence.growingAxes.length > 0 ? noPartners(evidence, labelsMissing) : labelsMissing;
  if (modelReadsLabels && sizeOf(shape) === shape[0])
    return { loss: outputLoss, because: "the model takes the labels itself and returns one number for each example" };
  const layouts = classLayouts(shape, labels);
  const [layout] = layouts;
  if (layouts.some(({ soft }) => !soft)) return ofClassNumbers(evidence, layout.classes);
  if (agree(shape, labels) || mergedAgree(shape, labels)) {
    if (!modelReadsLabels || layout) return ofPairs(evidence);
    throw notClear(
      "The model takes the labels itself and returns a number for each of them: it could be the loss of each or a prediction.",
      `Name the loss with --loss (${namedLosses()}).`,
      labels,
    );
  }
  throw unclear(evidence, layout?.classes ?? 0);
}

/** One class number for each row of outputs. */
function ofClassNumbers(evidence: LossEvidence, classes: number): GuessedLoss {
  const { kind, numbers } = evidence.summary;
  if (!numbers) throw unclear(evidence, classes);
  if (numbers.max < classes) {
    const stored = kind === "classes" ? "integer labels" : "whole-number labels";
    return {
      loss: crossEntropy,
      because: `${stored} ${numbers.min === numbers.max ? `that are only ${numbers.min}` : `${numbers.min} to ${numbers.max}`}, ${classes} outputs`,
    };
  }
  if (evidence.growingAxes.length > 0) throw partnersOutside(evidence, classes, numbers);
  throw new ThalwegError({
    kind: "input",
    code: "label-outside-classes",
    message: `The labels run from ${numbers.min} to ${numbers.max}, but the network has ${classes} outputs: classes 0 to ${classes - 1}.`,
    where: { input: "y" },
    hint: "Check that data and model belong together and that classes count from 0; --ignore-index marks labels to leave out.",
  });
}

const PARTNERS =
  "The network has an output for each example of its batch, as a contrastive loss takes them: the classes are the examples of the batch.";

/** Which example of the batch belongs to each is not in the outputs. */
function noPartners({ labels: [examples] }: LossEvidence, labelsMissing: ThalwegError): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: labelsMissing.code,
    message: `${labelsMissing.message} ${PARTNERS}`,
    where: labelsMissing.where,
    hint: `Save the place in the batch of the example that belongs to each: y = numpy.arange(${examples}) where each belongs to itself.`,
  });
}

function partnersOutside(
  { labels: [batch] }: LossEvidence,
  classes: number,
  { min, max }: { readonly min: number; readonly max: number },
): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "label-outside-classes",
    message: `The labels run from ${min} to ${max}, but in batches of ${batch} there are ${classes} classes. ${PARTNERS}`,
    where: { input: "y" },
    hint: `Save each label as a place in its batch, 0 to ${classes - 1}, or leave --batch-size out for the loss of all examples as one batch.`,
  });
}

/** One label for each output. */
async function ofPairs(evidence: LossEvidence): Promise<GuessedLoss> {
  const { outputs, labels, summary, observer } = evidence;
  const { kind, min, max, numbers, simplexAxes, signs } = summary;
  const link = outputLink(outputs);
  const sigmoid = link?.normalises === false && !link.isRescaled;
  const normalises = link?.normalises === true && !link.isDivision && sizeOf(outputs.shape) > outputs.shape[0];
  const isWithin = min >= 0 && max <= 1;
  const binary = numbers !== undefined && isWithin;
  if (signs) {
    if (sigmoid) return { loss: binaryCrossEntropy, because: "one output for each label, labels −1 and 1", signs };
    throw notClear(
      "The labels are −1 and 1: they could be the two classes of a classifier or the targets of a regression.",
      "For a classifier save them as 0 and 1; for a regression give --loss mse.",
      labels,
    );
  }
  const classAxes = labelAxesInOutputs(simplexAxes, labels, outputs.shape);
  if (classAxes.length > 0) {
    if (sigmoid)
      return { loss: binaryCrossEntropy, because: `a final ${link.name}: each output is a yes or no of its own` };
    const home = normalises ? undefined : await observer.home();
    const isBits =
      home !== undefined &&
      classAxes.every((axis) => distributionsAlong(home, axis) === undefined) &&
      isBounded(home) &&
      isBounded(await observer.elsewhere());
    if (isBits) return { loss: binaryCrossEntropy, because: "each output lies between 0 and 1, whatever the others" };
    const of = classAxes.map((axis) => outputs.shape[axis]).join(" or ");
    return {
      loss: crossEntropy,
      because: `labels are ${binary ? "one-hot rows" : "distributions"} over ${of} classes`,
    };
  }
  if (normalises)
    throw notClear(
      `The network ends in ${link.name}, which makes a distribution over classes, but the labels beside it do not add up to 1.`,
      `Give class numbers, one-hot rows or distributions, or name the loss with --loss (${namedLosses()}).`,
      labels,
    );
  if (isWithin && sigmoid)
    return {
      loss: binaryCrossEntropy,
      because: `a final ${link.name}, labels ${min === max ? `that are only ${min}` : binary ? "0 and 1" : "between 0 and 1"}`,
    };
  if (binary && min === max)
    throw notClear(
      `The labels that were read are only ${min}: they could be one of the two classes of a classifier or the targets of a regression.`,
      "For targets, as a residual that shall be 0, give --loss mse; for classes give --loss bce.",
      labels,
    );
  if (binary) return { loss: binaryCrossEntropy, because: "one output for each label, labels 0 and 1" };
  if (kind === "real") return { loss: meanSquaredError, because: "one real target for each output" };
  throw unclear(evidence, 0);
}

function unclear({ outputs: { shape }, labels, summary }: LossEvidence, classes: number): ThalwegError {
  return notClear(
    `The loss cannot be told from the data: on a batch of ${labels[0]} the outputs have the shape [${shape.join(", ")}] and the labels [${labels.join(", ")}], from ${summary.min} to ${summary.max}.`,
    agree(shape, labels)
      ? `For whole numbers as targets of a regression give --loss mse (others: ${namedLosses()}); class numbers need an output for each class.`
      : sizeOf(shape) === sizeOf(labels)
        ? "The labels have as many numbers as the outputs, but in another order: transpose them to the outputs' shape."
        : classes > 1
          ? `If the labels are class numbers, they must be whole numbers from 0 to ${classes - 1}; --ignore-index names a label to leave out.`
          : `Name it with --loss (${namedLosses()}), or check that data and model belong together.`,
    labels,
  );
}
