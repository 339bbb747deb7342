import { z } from "zod";
import { about, aside, counted, within } from "../../result/known.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, real } from "../../result/real.ts";
import { trackedResult } from "./tracked-result.ts";

const measured = z.object({
  loss: real.describe("Of all examples, running statistics as they stand."),
  accuracy: real.nullable().describe("Share of right predictions; null for regression."),
  testLoss: real.nullable().describe("Of the held-out examples; null where there are none."),
  testAccuracy: real.nullable(),
});

const training = z.object({
  loss: about(real, { title: "Loss" }).describe("Of all examples at the last checkpoint."),
  rounding: aside(real).nullable().default(null).describe("What rounding may have changed that loss by."),
  accuracy: about(real.nullable(), { title: "Accuracy" }),
  testLoss: about(real.nullable(), { title: "Held-out loss" }),
  testAccuracy: about(real.nullable(), { title: "Held-out accuracy" }),
  steps: aside(count).describe("Steps that were done."),
  asked: aside(count).describe("Steps that were asked for."),
  stepsPerEpoch: aside(count),
  batch: aside(count).describe("Examples of a step."),
  emptyBatches: aside(count).default(0).describe("Steps whose batch had no label that counts: its loss is 0."),
  optimizer: z.object({
    name: z.string(),
    title: z.string(),
    source: z.string(),
    lr: aside(real).describe("The step size, before the schedule."),
    options: z.record(z.string(), z.union([z.number(), z.boolean()])).describe("Numbers that were given."),
    schedule: z.string(),
    warmup: aside(count),
    clip: aside(real).nullable(),
  }),
  augment: z.array(z.string()).default([]).describe("What images were moved by, anew in each step."),
  labelNoise: z
    .object({ share: aside(real), replaced: aside(count).describe("Labels that are another class than in the data.") })
    .nullable()
    .default(null)
    .describe(
      "Labels that were replaced; losses and accuracies but for the held-out ones are of those that are there then.",
    ),
  checkpoints: aside(z.array(z.object({ step: count, file: z.string(), ...measured.shape }))).describe(
    "From the start, step 0, on.",
  ),
  curve: aside(z.object({ step: z.array(count), loss: z.array(real) })).describe(
    "Loss of the batch of a step before it, some of the steps; all are in arrays.npz.",
  ),
  losses: arrayReference.describe("Loss of the batch of every step before it."),
  order: arrayReference
    .nullable()
    .describe("Examples in the order in which they were taken, an epoch a row; null for long ones."),
  tracked: trackedResult.nullable().default(null).describe("What was measured meanwhile; null where nothing was."),
  stopped: z
    .object({ step: count, checkpoint: z.string() })
    .nullable()
    .describe("The step whose loss was not finite, and the last checkpoint before it."),
});

/** A training: how it ended, and how it went. Losses are those of the weights that it ended at, whatever others it could have. */
export const trainResult = about(training, {
  members: ({ loss, rounding, accuracy, testLoss, testAccuracy }) => ({
    loss: within(loss, rounding),
    // Rounded in proportion to that of all examples.
    ...(testLoss !== null && {
      testLoss: within(testLoss, rounding === null || loss === 0 ? rounding : rounding * Math.abs(testLoss / loss)),
    }),
    ...(accuracy !== null && { accuracy: counted(accuracy) }),
    ...(testAccuracy !== null && { testAccuracy: counted(testAccuracy) }),
  }),
});

export type TrainResult = z.output<typeof trainResult>;
