import { z } from "zod";
import { defineInstrument } from "./instrument.ts";
import { figure, percent } from "./numbers.ts";

export const lossInstrument = defineInstrument({
  name: "loss",
  title: "Loss and accuracy",
  parameters: z.object({}),
  cost: () => 1,
  run: async (measurement) => {
    const { loss, accuracy } = await measurement.value();
    return { parts: { loss, accuracy: accuracy ?? null }, converged: true };
  },
  measures: "The loss over all examples, each counted once, and the share of right predictions where the loss has them.",
  means: ({ loss, accuracy }) =>
    accuracy === null || accuracy === undefined
      ? `The loss is ${figure(loss)}. Everything below describes its surface at these weights and on these data.`
      : `The loss is ${figure(loss)} and ${percent(accuracy)} of the predictions are right. Everything below describes the surface of this loss, not of the accuracy.`,
  doesNotMean: "It is the loss on the data that were given. If these are the training data, it says nothing about new data.",
  tryNext: "Profile held-out data too: the difference of the two losses is the generalisation gap.",
  verdicts: () => [],
});
