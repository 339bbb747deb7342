import type { ShownSection } from "../../result/shown-section.ts";
import { formatEstimate, formatNumber, formatShare } from "../../util/format-number.ts";
import { formatCounted } from "../../util/format-size.ts";
import { aboutEmptyBatches } from "../empty-batches.ts";
import { trackedSections } from "./tracked-sections.ts";
import type { TrainResult } from "./train-result.ts";

/** A training in words and numbers. */
export function trainSections(result: TrainResult): ShownSection[] {
  const { steps, asked, stepsPerEpoch, batch, augment, labelNoise, optimizer, stopped, checkpoints } = result;
  const share = (value: number | null) => (value === null ? "–" : formatShare(value));
  const given = Object.entries(optimizer.options).map(([name, value]) => `${name} ${value}`);
  const isHeldOut = result.testLoss !== null;
  const isRight = result.accuracy !== null;
  const all = labelNoise === null ? "of all examples" : "of all examples, with the labels that it was trained on";
  return [
    {
      title: "The training",
      caveats: [
        ...(stopped === null
          ? []
          : [
              `The loss of step ${stopped.step} is not finite: the training stopped there, after ${steps} of ${asked} steps. The last checkpoint before it is ${stopped.checkpoint}.`,
            ]),
        ...aboutEmptyBatches(result.emptyBatches, steps),
      ],
      text: [
        `${optimizer.title} (${optimizer.source}), step size ${formatNumber(optimizer.lr)}, ${optimizer.schedule}${optimizer.warmup > 0 ? ` after a warm-up of ${optimizer.warmup} steps` : ""}${given.length > 0 ? `; given: ${given.join(", ")}` : ""}. Batches of ${batch}, ${stepsPerEpoch} to an epoch.${optimizer.clip === null ? "" : ` Gradients that are longer than ${formatNumber(optimizer.clip)} are cut to that.`}`,
        ...(labelNoise === null
          ? []
          : [
              `${formatCounted(labelNoise.replaced, "label")}, each label being drawn with a probability of ${formatShare(labelNoise.share)}, ${labelNoise.replaced === 1 ? "was" : "were"} replaced by another class before the training. Losses and accuracies of all examples are those of the labels as they are then${isHeldOut ? "; those of the held-out examples are of theirs as they were" : ""}.`,
            ]),
        ...(augment.length === 0
          ? []
          : [
              `The images of a step are moved, anew in each: ${augment.join(", ")}. Losses at checkpoints are of the images as they are.`,
            ]),
      ],
      readings: [
        {
          label: "Loss",
          value: formatEstimate(result.loss, 0, result.rounding ?? 0),
          note: `${all}, at the last checkpoint`,
        },
        ...(result.accuracy === null ? [] : [{ label: "Accuracy", value: share(result.accuracy), note: all }]),
        ...(result.testLoss === null
          ? []
          : [{ label: "Held-out loss", value: formatNumber(result.testLoss), note: "of the held-out examples" }]),
        ...(result.testAccuracy === null
          ? []
          : [{ label: "Held-out accuracy", value: share(result.testAccuracy), note: "of the held-out examples" }]),
        { label: "Steps", value: String(steps), note: `of ${asked}` },
      ],
      table: {
        columns: [
          "step",
          "loss",
          ...(isRight ? ["accuracy"] : []),
          ...(isHeldOut ? ["held-out loss"] : []),
          ...(isHeldOut && isRight ? ["held-out accuracy"] : []),
          "checkpoint",
        ],
        rows: checkpoints.map((each) => [
          each.step,
          formatNumber(each.loss),
          ...(isRight ? [share(each.accuracy)] : []),
          ...(isHeldOut ? [each.testLoss === null ? "–" : formatNumber(each.testLoss)] : []),
          ...(isHeldOut && isRight ? [share(each.testAccuracy)] : []),
          each.file,
        ]),
      },
    },
    ...trackedSections(result.tracked),
  ];
}
