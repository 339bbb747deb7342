import { z } from "zod";
import { eigenvalue } from "../../result/estimates.ts";
import { about, aside } from "../../result/known.ts";
import { count, extended, real } from "../../result/real.ts";
import { PATHS } from "../paths/registry.ts";

const series = z.array(extended);

const losses = z.object({
  loss: series,
  accuracy: z.array(real.nullable()).describe("Null for regression."),
});

const profile = z
  .object({
    name: z
      .string()
      .describe("What is followed, for people: “straight line”, “line to the aligned network”, “Bézier curve”."),
    path: z.string().describe(`By name: ${PATHS.map(({ name }) => name).join(", ")}.`),
    isAligned: z.boolean(),
    asked: count
      .nullable()
      .default(null)
      .describe("Points that were asked for, where the time was spent before all were measured; null where they were."),
    t: z.array(real).describe("From 0, the first network, to 1, the other."),
    arc: z.array(real).describe("Length of the way up to there."),
    train: losses,
    test: losses.nullable().describe("Null where no held-out examples were given."),
  })
  .describe("The loss along one way.");

const heights = z.object({
  train: extended,
  test: extended.nullable().describe("Null where no held-out examples were given."),
});

export const attempt = z.object({
  maps: z
    .string()
    .describe(
      "What units may be sent through: permutations, or all maps that are looked for: sign flips of odd units are not.",
    ),
  by: z
    .string()
    .describe("What was compared: weights, activations, or the loss half-way; none where the units stay as they are."),
  start: count.describe("0 begins with the units as they are, others at random."),
  agreement: real.describe("Σ ⟨weights, weights of the other⟩ that was reached."),
  steps: count.describe("Steps that raised it; none lowered it."),
  distance: real.describe("Between the two networks then."),
  middle: extended.describe("Loss half-way."),
});

export const connectResult = z.object({
  other: z.string().describe("The other network’s file."),
  barrier: z
    .object({
      before: about(heights, { title: "Barrier of the straight line" }).describe(
        "On the straight line between the networks as they are.",
      ),
      after: about(heights, { title: "Barrier of the way asked for" })
        .nullable()
        .describe("On the way that was asked for; null where that is the straight line."),
      aligned: about(heights, { title: "Barrier to the aligned network" })
        .nullable()
        .default(null)
        .describe("On the straight line to the aligned network."),
      permuted: about(heights, { title: "Barrier to the network with its units exchanged" })
        .nullable()
        .default(null)
        .describe("The same where units were exchanged only."),
    })
    .describe("max over the t of the profile of L(t) − ((1−t)·L(0) + t·L(1)): between them the loss may be higher."),
  rounding: aside(extended).describe("What rounding may have changed a loss on these ways by."),
  profiles: z.array(profile),
  bends: z
    .array(z.string())
    .default([])
    .describe(
      "Weights of the points that the last way is made of, beside its ends, in its order: files in the folder of the run. Running statistics that are taken anew are those of the place.",
    ),
  maxOutputDifference: real
    .nullable()
    .describe("Largest difference of an output of the aligned network from the one that it was made of, on the data."),
  outputSize: real.nullable().default(null).describe("Largest output of that network, beside it."),
  alignment: z
    .object({
      file: z.string().describe("In the folder of the run."),
      attempts: z.array(attempt).describe("The one that was taken is first."),
      distance: z.object({ before: real, after: real }),
      classes: z.array(
        z.object({
          units: count,
          maps: z.string(),
          places: count.describe("How many such maps: one for each head."),
          tensors: z.array(z.string()),
        }),
      ),
    })
    .nullable(),
  estimatesStatistics: z.boolean().describe("Whether running statistics were taken from the data at every point."),
  statisticsBatch: count.nullable().default(null).describe("Examples of the batches that they were taken from."),
  highest: z
    .object({
      t: aside(real),
      loss: about(extended, { title: "Loss at the highest point" }),
      gradientNorm: about(real, { title: "Slope at the highest point" }),
      negative: z
        .array(about(eigenvalue, { title: "Negative curvature at the highest point" }))
        .describe("Negative eigenvalues of the Hessian there, most negative first."),
      isWhole: z.boolean().describe("Whether those are all of them."),
    })
    .nullable()
    .default(null)
    .describe(
      "The highest point of the last way; null where that is an end to rounding, and where running statistics are taken anew: what holds them has other derivatives.",
    ),
});

export type ConnectResult = z.output<typeof connectResult>;
