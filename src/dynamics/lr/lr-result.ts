import { z } from "zod";
import { estimate } from "../../result/estimates.ts";
import { about, aside, sampled, within } from "../../result/known.ts";
import { count, extended, real } from "../../result/real.ts";

const limit = about(
  z.object({
    stepSize: real.describe("Largest that is stable."),
    error: extended.describe("From what the curvature is off."),
  }),
  { known: ({ stepSize, error }) => within(stepSize, error) },
);

/** The curvature that decides, by its matrix. */
const sharpness = about(
  z.object({
    value: real,
    error: extended.describe("Residual, and what another draw of batches would change."),
  }),
  { known: ({ value, error }) => within(value, error) },
);

const direction = z.object({
  curvature: real.describe("vᵀHv along the eigenvector, from the examples' curvatures."),
  variance: real.describe("Of the curvature of single examples along it, (1/n) Σ (aᵢ − a)²."),
  stepSize: real
    .nullable()
    .describe("Largest that is stable in mean square at this batch size; null where the curvature is not positive."),
});

const batchPart = z.object({
  directions: aside(z.array(direction)),
  stepSize: about(real.nullable(), { title: "Mean-square stable step" }).describe(
    "The smallest of them: along other directions it may be smaller.",
  ),
});

/** What the curvature says of the step size. */
export const curvaturePart = z.object({
  loss: real,
  gradientNorm: real,
  sharpness: about(sharpness, { title: "λmax" }).describe("Of H."),
  preconditioned: about(sharpness, { title: "λmax of D⁻¹H" })
    .nullable()
    .describe(
      "Of D⁻¹H, D what the optimiser divides by; of D⁻¹(H + wI) where a weight decay w is part of the gradient; null where it divides by nothing.",
    ),
  preconditionedBatches: aside(count).nullable().describe("Batches that v is the mean over."),
  fullBatch: about(limit, { title: "Stable step on the full batch" })
    .nullable()
    .describe("On the full batch; null where no curvature is positive, or no fixed step is stable by it."),
  formula: z.string().nullable(),
  isPlain: z.boolean().default(false).describe("Whether a step is η times the gradient, and nothing is kept."),
  note: z.string().describe("Of what update, or of which matrix the curvature is."),
  atBatch: batchPart.nullable(),
  noAtBatch: z.string().nullable().describe("Why there is none, in a sentence."),
  batchSharpness: about(estimate, { title: "Batch sharpness" }).nullable(),
  momenta: aside(
    z.array(
      z.object({
        momentum: real,
        fullBatch: real,
        atBatch: real.nullable(),
        effective: real.describe("η/(1 − β) at the smaller of the two limits: how far a lasting slope is followed."),
      }),
    ),
  ).nullable(),
  criticalBatch: about(
    z.object({ value: extended, lower: extended, upper: extended, about: z.enum(["population", "sample"]) }),
    {
      title: "Critical batch size",
      known: ({ value, lower, upper }) => sampled(value, { lower, upper }, 0, "examples"),
    },
  )
    .nullable()
    .describe("tr Σ/‖∇L‖², with its 95 % interval."),
  noCriticalBatch: z.string().nullable(),
  converged: z.boolean(),
});

export const rampPart = z.object({
  from: real,
  to: real,
  asked: count.describe("Steps."),
  passedOver: count.default(0).describe("Batches in which no label counts, which no step was taken on."),
  stepSize: z.array(real),
  loss: z.array(real).describe("Of the batch before each step."),
  smoothed: z.array(real),
  rises: z.object({ value: real, least: real, most: real }).nullable(),
  steepest: real.nullable(),
});

/** Advice on a step size. */
export const lrResult = z.object({
  optimizer: z.object({
    name: z.string(),
    title: z.string(),
    source: z.string(),
    options: z.record(z.string(), z.union([z.number(), z.boolean()])).describe("Numbers that were given."),
  }),
  asked: aside(real).nullable().describe("The step size that is to be judged; null where none was given."),
  batch: aside(count),
  examples: aside(count),
  ...curvaturePart.omit({ converged: true }).shape,
  ramp: aside(rampPart).nullable(),
});

export type CurvaturePart = z.output<typeof curvaturePart>;
export type RampPart = z.output<typeof rampPart>;
export type LrResult = z.output<typeof lrResult>;
