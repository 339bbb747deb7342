import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import type { Loss } from "../problem/losses/loss.ts";
import type { OutputKind } from "../problem/losses/output-kind.ts";
import { sizeOf } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type ChosenClassAxis, chooseClassAxis } from "./choose-class-axis.ts";
import { aboutNumbering, classNumbering } from "./class-numbering.ts";
import { chooseOutputKind } from "./choose-output-kind.ts";
import { guessLoss } from "./guess-loss.ts";
import type { LossEvidence } from "./loss-evidence.ts";

/** The loss, what it takes the outputs for, and what was guessed, in sentences. */
export interface ChosenLoss {
  readonly loss: Loss;
  readonly isGuessed: boolean;
  readonly classAxis: number | undefined;
  readonly outputKind: OutputKind | undefined;
  /** Whether labels −1 and 1 stand for 0 and 1. */
  readonly signs: boolean;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * The loss as asked or guessed, the axis of the classes and the kind of the outputs: inferred where one
 * reading is possible, asked for where two are, and said always.
 *
 * @throws ThalwegError `loss-not-clear` and those of its parts
 */
export async function chooseLoss(evidence: LossEvidence): Promise<ChosenLoss> {
  const { asked, labelsMissing } = evidence;
  const guessed = asked.loss === undefined ? await guessLoss(evidence) : undefined;
  const loss = guessed?.loss ?? asked.loss ?? crossEntropy;
  if (labelsMissing && !loss.readsNoLabels) throw labelsMissing;
  if (asked.classAxis !== undefined && !loss.hasClasses) {
    throw new ThalwegError({
      kind: "usage",
      code: "class-axis",
      message: `The loss ${loss.title} has no classes; --class-axis does not fit it.`,
    });
  }
  const chosen: ChosenClassAxis = loss.hasClasses ? await chooseClassAxis(evidence) : { axis: undefined };
  const { axis, note: ofAxis } = chosen;
  const { kind, note: ofKind, warning } = await chooseOutputKind(evidence, loss, axis);
  const numbering =
    axis === undefined || evidence.growingAxes.length > 0
      ? undefined
      : classNumbering(axis, await evidence.observer.home(), { labelsOf: evidence.labelsOf, shape: evidence.labels });
  const notes = labelsMissing ? ["The data hold no labels; the loss reads none."] : [];
  if (guessed) notes.push(`The loss was taken to be ${loss.title}: ${guessed.because}. Name another with --loss.`);
  if (guessed?.signs) notes.push("The labels −1 and 1 were read as 0 and 1.");
  if (ofAxis !== undefined) notes.push(ofAxis);
  if (ofKind !== undefined) notes.push(ofKind);
  return {
    loss,
    isGuessed: guessed !== undefined,
    classAxis: axis,
    outputKind: kind,
    signs: guessed?.signs ?? false,
    notes,
    warnings: [
      chosen.warning,
      warning,
      axis === undefined ? undefined : aboutNumbering(numbering, evidence.classNames),
      aboutSum(loss, evidence),
    ].filter((each) => each !== undefined),
  };
}

/** What a loss that the model computes itself makes of several numbers for each example. */
function aboutSum(loss: Loss, { outputs: { shape }, labels: [batch] }: LossEvidence): string | undefined {
  const each = sizeOf(shape) / batch;
  if (!loss.givesLossOnly || shape.length === 0 || sizeOf(shape) === 1 || each <= 1) return undefined;
  return `The network returns ${each} numbers for each example, [N, ${shape.slice(1).join(", ")}]; the loss of an example was taken to be their sum. If they are scores and not losses, name another loss.`;
}
