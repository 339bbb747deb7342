import { z } from "zod";
import { knownAtWeights, unmeasuredWeights, weightsFile } from "../../result/at-weights.ts";
import { check } from "../../result/envelope.ts";
import { heldOutPart } from "../../instruments/held-out.ts";
import { eigenvalue, estimate, inPlace, limitOfSearch } from "../../result/estimates.ts";
import { about, aside } from "../../result/known.ts";
import { count, real } from "../../result/real.ts";

/** A number that is followed from one checkpoint to the next. */
const followed = z.object({
  instrument: z.string(),
  label: z.string(),
  symbol: z.string().nullable().describe("TeX."),
  value: z.string().describe("With its error, in plain spelling."),
  number: z.object({ value: real, error: real.nullable() }).nullable(),
});

const checkpointNumbers = weightsFile.extend({
  loss: about(real, { title: "Loss" }),
  lossRounding: aside(real).nullable().describe("What rounding leaves of the loss unknown."),
  accuracy: about(real, { title: "Accuracy" }).nullable(),
  gradientNorm: about(real, { title: "Length of the gradient" }),
  gradientRounding: aside(real).nullable().describe("What rounding leaves of ‖g‖ unknown."),
  top: z
    .array(about(eigenvalue, { title: "Largest eigenvalue of H" }))
    .nullable()
    .describe("Largest eigenvalues of H, descending."),
  bottom: z
    .array(about(eigenvalue, { title: "Smallest eigenvalue of H" }))
    .nullable()
    .describe("Smallest eigenvalues of H, ascending."),
  searchMargin: aside(real)
    .nullable()
    .describe(
      "How far beyond the last reported eigenvalue one that was missed may lie; null where none was looked for.",
    ),
  trace: about(estimate, { title: "Trace of H" }).nullable(),
  frobenius: about(estimate, { title: "Frobenius norm of H" }).nullable(),
  gaussNewtonTop: z
    .array(about(eigenvalue, { title: "Largest found of G" }))
    .nullable()
    .describe("Largest eigenvalues of G, descending."),
  gaussNewtonTrace: about(estimate, { title: "Trace of G" }).nullable(),
  noiseTrace: about(estimate, { title: "Total gradient noise, tr Σ" }).nullable(),
  heldOut: heldOutPart.heldOut.default(null).describe("The loss on held-out examples, where --test names some."),
  followed: aside(z.array(followed))
    .default([])
    .describe("The numbers of all instruments that are looked for first, whatever instruments there are."),
  verdicts: z.array(z.object({ instrument: z.string(), level: z.enum(["pass", "note", "warn"]), text: z.string() })),
  sections: aside(
    z.array(z.object({ instrument: z.string(), title: z.string(), status: z.string(), reason: z.string().nullable() })),
  ).describe("What became of each measurement."),
  converged: z.boolean().describe("Whether every measurement reached its tolerance."),
  products: aside(count),
});

/** What was measured at one file of weights; a part that was not measured is null. */
export const checkpointResult = about(checkpointNumbers, {
  key: "weights",
  keyIsPath: true,
  members: (at) => ({
    ...knownAtWeights(at),
    gaussNewtonTop: inPlace(at.gaussNewtonTop, "top", limitOfSearch({ top: at.gaussNewtonTop }, "top")),
  }),
});

/** One network at many weights, in the order in which they were given: `thalweg profile --weights 'step-*'`. */
export const checkpointsResult = z.object({
  checkpoints: z.array(checkpointResult),
  unmeasured: aside(z.array(unmeasuredWeights))
    .default([])
    .describe("Those at which weights, loss or gradient are not finite, with the reason: nothing was measured there."),
  converged: z
    .boolean()
    .describe("Whether every measurement at every checkpoint reached its tolerance, and none is left out."),
  products: aside(count).describe(
    "Matrix–vector products that the numbers of all checkpoints are made of; those that only measure rounding are not among them.",
  ),
});

/** What a task measures at one checkpoint: its numbers, and what the envelope says of all of them. */
const measuredTask = z.object({
  numbers: checkpointResult,
  loss: z.string().describe("Name of the loss, with what its outputs are: alike at all checkpoints."),
  checks: z.array(check),
  warnings: z.array(z.string()),
  faults: z.array(z.string()).describe("What failed by a fault of ours."),
});

/** That, or why there is nothing to measure. */
export const checkpointTaskResult = z.union([measuredTask, z.object({ unmeasured: unmeasuredWeights })]);

export type CheckpointsResult = z.output<typeof checkpointsResult>;
export type CheckpointResult = z.output<typeof checkpointResult>;
