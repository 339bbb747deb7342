import type { LabelSummary } from "../data/labels.ts";
import type { Value } from "../graph/value.ts";
import type { Loss } from "../problem/losses/loss.ts";
import type { OutputKind } from "../problem/losses/output-kind.ts";
import { LOSSES } from "../problem/losses/registry.ts";
import type { Shape } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { OutputObserver } from "./output-evidence.ts";

/** What speaks for one loss or another. */
export interface LossEvidence {
  /** The model's output on a batch of at least two examples. */
  readonly outputs: Value;
  /** Axes of the outputs beside the examples' that grow with the batch: an output for each example of the batch. */
  readonly growingAxes: readonly number[];
  /** Labels of that batch, examples first. */
  readonly labels: Shape;
  readonly summary: LabelSummary;
  /** Why there are no labels, where there are none. */
  readonly labelsMissing?: ThalwegError;
  /** Whether the model itself takes the labels as an input. */
  readonly modelReadsLabels: boolean;
  readonly observer: OutputObserver;
  /** The axis of the outputs along which the units of the last learned weights lie, where the graph tells. */
  readonly unitAxis: number | undefined;
  /** The labels of one example, by its place in the data. */
  readonly labelsOf: (example: number) => ArrayLike<number>;
  /** What the data call the classes, where their labels are text. */
  readonly classNames: readonly string[] | undefined;
  /** What was said, which is not guessed. */
  readonly asked: {
    readonly loss?: Loss;
    readonly outputKind?: OutputKind;
    readonly classAxis?: number;
  };
}

/** Two readings are possible, or none. */
export function notClear(message: string, hint: string, labels: Shape): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "loss-not-clear",
    message,
    where: { input: "y", shape: labels },
    hint,
  });
}

export function namedLosses(): string {
  return LOSSES.map(({ name }) => name).join(", ");
}
