import { z } from "zod";
import { aside } from "../result/known.ts";
import { real } from "../result/real.ts";
import { formatEstimate, formatMeasured, formatShare } from "../util/format-number.ts";
import { lossRounding } from "../quantities/loss-rounding.ts";
import { lossValue } from "../quantities/loss-value.ts";
import { defineInstrument } from "./instrument.ts";

/** How well the loss is known. */
export const lossPart = {
  lossRounding: aside(real).nullable().default(null).describe("What rounding may have changed the loss by."),
};

export const lossInstrument = defineInstrument({
  name: "loss",
  title: "Loss and accuracy",
  part: lossPart,
  parameters: z.object({}),
  needs: [lossValue, lossRounding],
  isKnown: true,
  run: async (desk) => {
    const { loss, accuracy } = await desk.get(lossValue);
    const rounding = await desk.get(lossRounding);
    return { parts: { loss, lossRounding: rounding, accuracy: accuracy ?? null }, converged: true };
  },
  readings: ({ loss, lossRounding, accuracy }) => [
    {
      label: "Loss",
      symbol: "L",
      value: formatEstimate(loss, 0, lossRounding ?? 0),
      key: {
        label: "Loss",
        value:
          Math.abs(loss) > (lossRounding ?? 0)
            ? formatMeasured(loss, lossRounding ?? 0)
            : formatEstimate(loss, 0, lossRounding ?? 0),
        number: { value: loss, error: lossRounding },
      },
    },
    {
      label: "Accuracy",
      value: formatShare(accuracy),
      note: accuracy === null ? "not defined for this loss" : "share of right predictions",
      ...(accuracy !== null && { key: { label: "Accuracy", number: { value: accuracy, error: null } } }),
    },
  ],
  measures:
    "The loss over all examples, each counted once, and the share of right predictions where the loss has them.",
  means: ({ loss, lossRounding, accuracy }) =>
    accuracy === null
      ? `The loss is ${formatMeasured(loss, lossRounding ?? 0)}. Everything below describes its surface at these weights and on these data.`
      : `The loss is ${formatMeasured(loss, lossRounding ?? 0)} and ${formatShare(accuracy)} of the predictions are right. Everything below describes the surface of this loss, not of the accuracy.`,
  doesNotMean:
    "It is the loss on the data that were given. If these are the training data, it says nothing about new data.",
  tryNext: "Profile held-out data too: the difference of the two losses is the generalisation gap.",
  verdicts: () => [],
});
