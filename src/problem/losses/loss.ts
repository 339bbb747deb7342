import type { z } from "zod";
import type { Value } from "../../graph/value.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { DType, Shape, Tensor } from "../../util/tensor.ts";
import type { OutputKind } from "./output-kind.ts";
import type { PlainTerms } from "./plain-terms.ts";

/** What a loss needs to know of the labels and outputs before a graph is built. */
export interface LossShapes {
  /** Outputs of the network, examples first. */
  readonly outputs: Shape;
  /** Labels, examples first. */
  readonly labels: Shape;
  readonly labelType: DType;
  /** The axis of the outputs that the classes lie on, where it was chosen. */
  readonly classAxis?: number;
}

export interface LossOptions {
  /** Class label whose terms are left out. */
  readonly ignoreIndex: number;
  /** The axis of the outputs that the classes lie on; by convention when absent (see `classLayout`). */
  readonly classAxis?: number;
  /** What the outputs are; when absent, what their last operation makes them, else logits. */
  readonly outputKind?: OutputKind;
}

/**
 * A loss: a function of the outputs z and the labels y that is summed per example. The mean over all
 * terms, as PyTorch's default reduction takes it, divides by `terms` summed over the data.
 */
export interface Loss {
  readonly name: string;
  /** For reports: "cross-entropy". */
  readonly title: string;
  /** One line of mathematics, in TeX. */
  readonly formula: string;
  /** A sentence that says why these outputs and labels do not fit, or undefined when they do. */
  misfit(shapes: LossShapes): string | undefined;
  /** The terms, as many for each example and those of one in a row; 0 where a label is left out. */
  perTerm(z: Value, y: Value, options: LossOptions): Value;
  /**
   * The same by definition, in float64 and without a graph, from outputs and labels with the examples first: what the
   * graph is checked against. It shares the choice of the class axis with it, and nothing else.
   */
  evaluate(outputs: Tensor, labels: Tensor, options: LossOptions): PlainTerms;
  /** How many terms the examples contribute to a mean: one per label, or per output element; their weight, where they have one. */
  terms(labels: Tensor, outputs: Shape, options: LossOptions): number;
  /** `terms` as a scalar of the graph, where it depends on the labels' values; absent where shapes tell it. */
  countTerms?(z: Value, y: Value, options: LossOptions): Value | undefined;
  /** Whether a label whose term weighs 0 in the mean may have a loss all the same, as one that is spread over the other classes has. */
  readonly hasWeightlessLosses?: boolean;
  /** Checks label values against the outputs; throws a ThalwegError that names the first bad one. */
  checkLabels?(labels: Tensor, outputs: Shape, options: LossOptions, firstExample: number): void;
  /** How many predictions the examples hold, which accuracy is a share of; absent where it is `terms`. */
  predictions?(labels: Tensor, outputs: Shape, options: LossOptions): number;
  /** Number of right predictions among them, as a scalar; absent for regression. */
  correct?(z: Value, y: Value, options: LossOptions): Value;
  /**
   * F ż, the Fisher information of the model's own output distribution times a tangent of the outputs
   * (summed over classes exactly); absent when the loss is no negative log-likelihood with a known one.
   */
  outputFisher?(z: Value, y: Value, tangent: Value, options: LossOptions): Value;
  /**
   * Labels drawn from the model's own distribution at these outputs, of the shape and kind of those that are given; there is
   * one where there is an `outputFisher`. Labels that are left out stay so.
   */
  draw?(outputs: Tensor, labels: Tensor, options: LossOptions, random: RandomStream): Tensor;
  /** Whether the network computes its loss itself, so that no outputs behind the loss are known: no Jacobian, Gauss–Newton or Fisher matrix. */
  readonly givesLossOnly?: boolean;
  /** Whether labels are not read, so that data may be without. */
  readonly readsNoLabels?: boolean;
  /** Whether its outputs have an axis of classes, which one must know. */
  readonly hasClasses?: boolean;
  /** What the outputs may be to this loss; absent where it compares numbers as they are. */
  readonly kinds?: readonly OutputKind[];
  /**
   * Final operations that turn logits into the (log-)probabilities of this loss; taken off, the loss works on
   * the logits. Those that normalise count along the class axis only.
   */
  readonly links?: readonly string[];
  /** Where it has no derivative, or what its derivatives cannot tell: a sentence without its full stop. */
  readonly caveat?: string;
  /** Numbers of its own, each with a default and a description: what `--loss-option NAME=VALUE` takes. */
  readonly parameters?: z.ZodObject;
  /** The same loss with other numbers of its own. */
  configured?(this: void, values: Readonly<Record<string, unknown>>): Loss;
}

export function labelError(code: string, message: string, hint?: string): ThalwegError {
  return new ThalwegError({ kind: "input", code, message, where: { input: "y" }, hint });
}
