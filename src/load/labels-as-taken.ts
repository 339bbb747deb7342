import type { Dataset } from "../data/dataset.ts";
import { withBitsForSigns, withClassNumbers } from "../data/labels.ts";
import type { OpenDataset } from "../io/open-dataset-path.ts";
import { isFloat, type Shape } from "../util/tensor.ts";
import type { ChosenLoss } from "./choose-loss.ts";

/** Data with their labels as a loss takes them, and what was done to them, in sentences. */
export interface LabelsAsTaken {
  readonly dataset: OpenDataset;
  readonly notes: readonly string[];
}

/** Signs become bits, and floats that are class numbers become these, where the loss that was chosen takes them so. */
export function labelsAsTaken(
  opened: OpenDataset,
  { loss, signs, classAxis }: Pick<ChosenLoss, "loss" | "signs" | "classAxis">,
  outputs: Shape,
  batch: number,
): LabelsAsTaken {
  const read = signs ? withBitsForSigns(opened) : opened;
  if (!takesNumbersOnly(loss, outputs, batch, read, classAxis)) return { dataset: read, notes: [] };
  return {
    dataset: withClassNumbers(read),
    notes: [`The labels are stored as ${read.labels.dtype}; they were read as the class numbers that they are.`],
  };
}

/** Whether the loss fits these labels as whole numbers, and not as the floats that they are. */
function takesNumbersOnly(
  loss: ChosenLoss["loss"],
  outputs: Shape,
  batch: number,
  { labels }: Dataset,
  classAxis: number | undefined,
): boolean {
  if (!isFloat(labels.dtype)) return false;
  const shapes = { outputs, labels: [batch, ...labels.shape], classAxis };
  return (
    loss.misfit({ ...shapes, labelType: labels.dtype }) !== undefined &&
    loss.misfit({ ...shapes, labelType: "int64" }) === undefined
  );
}
