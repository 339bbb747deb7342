import { z } from "zod";
import { about, aside } from "../../result/known.ts";
import { count, extended, real } from "../../result/real.ts";
import { changeColumns } from "./change-kinds.ts";

/** What a change does to the loss, as derivatives predict it and as it is. */
export const changedLoss = z.object({
  distance: real.describe("‖d‖, d the change of the weights."),
  slope: real.describe("gᵀd."),
  curvature: real.describe("½ dᵀHd."),
  predicted: real.describe("gᵀd + ½ dᵀHd, the predicted change of the loss."),
  error: extended.describe("What the terms behind, estimated at ½d and −d, and rounding may add."),
  measured: real.describe("L(θ + d) − L(θ)."),
  measuredError: real.describe("What rounding leaves of that."),
  accuracy: real.nullable().describe("Share of right predictions at θ + d."),
  test: z
    .object({
      measured: real.describe("L(θ + d) − L(θ) on them."),
      measuredError: real.describe("What rounding leaves of that."),
      accuracy: real.nullable(),
    })
    .nullable()
    .default(null)
    .describe("The same on held-out examples, measured; null where none were given."),
});

export const tensorChange = changedLoss.extend({
  name: z.string(),
  ...changeColumns,
  parameters: count.describe("Weights of the tensor."),
  channels: count.describe("Channels with a scale of their own; 1 for a bias or gain."),
  relative: real.describe("‖d‖ over the length of the tensor."),
});

const together = changedLoss.extend({
  ...changeColumns,
  singly: real.describe("The sum of what the tensors do one by one, as predicted: without what they do together."),
});

const choice = z.object({
  budget: real.describe("Bits that may be used, as a share of those of 32-bit floats."),
  used: real.describe("The share that is used: numbers packed into whole bytes, and a 32-bit scale for each channel."),
  tensors: z.array(z.object({ name: z.string(), bits: count })),
  expected: real.describe(
    "The sum of the measured costs of the tensors one by one, none taken below 0: without what they do together.",
  ),
  bound: real.describe("No choice of these within the budget has a smaller sum."),
  outcome: changedLoss.describe("The change of the loss with all of these together."),
  uniform: z
    .object({ bits: count, measured: real })
    .nullable()
    .describe(
      "Of the same bits for every tensor, what costs least within the budget, all at once; null where none fit.",
    ),
  mix: real.describe(
    "The measured change of the loss with the mix of bits whose single costs add up to least, all at once. It is the choice unless `uniform` costs less.",
  ),
});

/** What rounding and pruning cost, tensor by tensor. */
export const sensitivityResult = z.object({
  loss: about(real, { title: "Loss" }),
  lossRounding: aside(real),
  accuracy: about(real, { title: "Accuracy" }).nullable(),
  test: aside(z.object({ loss: real, lossRounding: real, accuracy: real.nullable() }))
    .nullable()
    .default(null)
    .describe("Loss and accuracy on held-out examples; null where none were given."),
  tensors: aside(z.array(tensorChange)).describe("Every tensor with every change, in the order of the parameters."),
  together: aside(z.array(together)).describe("Every change made to all tensors at once."),
  ranks: aside(
    z.array(
      z.object({
        ...changeColumns,
        correlation: real
          .nullable()
          .describe(
            "Spearman's, of predicted and measured changes over the resolved tensors; null where fewer than two are.",
          ),
        tensors: count,
        resolved: count.describe("Tensors whose measured change is larger than its rounding."),
        covered: count.describe("Tensors whose measured change lies within the errors of the predicted one."),
      }),
    ),
  ),
  choice: aside(choice).nullable().describe("Which bits to give to which tensor; null without a budget."),
  products: aside(count),
});

export type SensitivityResult = z.output<typeof sensitivityResult>;
export type TensorChange = z.output<typeof tensorChange>;
