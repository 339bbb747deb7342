import type { ShownSection } from "../../result/shown-section.ts";
import { formatNumber, formatShare } from "../../util/format-number.ts";
import { trackedSections } from "./tracked-sections.ts";
import type { TrainResult } from "./train-result.ts";

/** A training in words and numbers. */
export function trainSections(result: TrainResult): ShownSection[] {
  const { steps, asked, stepsPerEpoch, batch, augment, optimizer, stopped, checkpoints } = result;
  const share = (value: number | null) => (value === null ? "–" : formatShare(value));
  const given = Object.entries(optimizer.options).map(([name, value]) => `${name} ${value}`);
  const isHeldOut = result.testLoss !== null;
  return [
    {
      title: "The training",
      caveats:
        stopped === null
          ? []
          : [
              `The loss of step ${stopped.step} is not finite: the training stopped there, after ${steps} of ${asked} steps. The last checkpoint before it is ${stopped.checkpoint}.`,
            ],
      text: [
        `${optimizer.title} (${optimizer.source}), step size ${formatNumber(optimizer.lr)}, ${optimizer.schedule}${optimizer.warmup > 0 ? ` after a warm-up of ${optimizer.warmup} steps` : ""}${given.length > 0 ? `; given: ${given.join(", ")}` : ""}. Batches of ${batch}, ${stepsPerEpoch} to an epoch.`,
        ...(augment.length === 0
          ? []
          : [
              `The images of a step are moved, anew in each: ${augment.join(", ")}. Losses at checkpoints are of the images as they are.`,
            ]),
      ],
      readings: [
        { label: "Loss", value: formatNumber(result.loss), note: "of all examples, at the last checkpoint" },
        ...(result.accuracy === null
          ? []
          : [{ label: "Accuracy", value: share(result.accuracy), note: "of all examples" }]),
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
          "accuracy",
          ...(isHeldOut ? ["held-out loss", "held-out accuracy"] : []),
          "checkpoint",
        ],
        rows: checkpoints.map((each) => [
          each.step,
          formatNumber(each.loss),
          share(each.accuracy),
          ...(isHeldOut ? [each.testLoss === null ? "–" : formatNumber(each.testLoss), share(each.testAccuracy)] : []),
          each.file,
        ]),
      },
    },
    ...trackedSections(result.tracked),
  ];
}
