import type { Value } from "../graph/value.ts";
import type { Shape } from "../util/tensor.ts";
import { classLayout } from "./losses/class-layout.ts";
import type { Loss, LossOptions } from "./losses/loss.ts";
import type { OutputKind } from "./losses/output-kind.ts";
import { outputLink } from "./output-link.ts";

/** What a loss works on. */
export interface LossOutputs {
  readonly values: Value;
  readonly outputKind: OutputKind;
  /** What the outputs are before anything is taken off. */
  readonly given: OutputKind;
  /** The final Softmax, LogSoftmax or Sigmoid that was taken off, by name. */
  readonly stripped: string | undefined;
}

/**
 * The outputs as a loss takes them. Where their last operation makes (log-)probabilities of logits in the
 * way of the loss, a softmax along the class axis for cross-entropy, it is taken off: the loss of the logits is
 * the same function without cancellation. Any other last operation stays, and the numbers are taken for
 * what they are. `outputKind` "logits" takes the outputs as they stand.
 */
export function lossOutputs(outputs: Value, labels: Shape, loss: Loss, options: LossOptions): LossOutputs {
  const { outputKind: given, classAxis } = options;
  const asTheyAre = (outputKind: OutputKind): LossOutputs => ({
    values: outputs,
    outputKind,
    given: outputKind,
    stripped: undefined,
  });
  if (!loss.kinds || given === "logits") return asTheyAre("logits");
  const link = outputLink(outputs);
  const isOfLoss = link !== undefined && loss.links?.includes(link.name) === true;
  const alongClasses = link && (!link.normalises || link.axis === classLayout(outputs.shape, labels, classAxis)?.axis);
  if (link?.logits && alongClasses && isOfLoss && (given ?? link.kind) === link.kind)
    return { values: link.logits, outputKind: "logits", given: link.kind, stripped: link.name };
  // What makes no distribution over classes makes none for a loss of classes.
  const made = link && !link.isRescaled && (link.normalises || isOfLoss) && loss.kinds.includes(link.kind);
  return asTheyAre(given ?? (made ? link.kind : "logits"));
}
