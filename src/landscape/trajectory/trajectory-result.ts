import { z } from "zod";
import { knownAtWeights, unmeasuredWeights, weightsFile } from "../../result/at-weights.ts";
import { check } from "../../result/envelope.ts";
import { eigenvalue, estimate, inPlace, limitOfSearch } from "../../result/estimates.ts";
import { about, aside, within } from "../../result/known.ts";
import { count, extended, real } from "../../result/real.ts";

const layer = about(
  z.object({
    name: z.string(),
    top: about(eigenvalue, { title: "Largest eigenvalue of the layer's block of H" }),
    stepSize: aside(real)
      .nullable()
      .describe("2/λ: the largest stable step where this layer alone moves; null where λ is not above its residual."),
  }),
  { key: "name" },
);

const behindDivisor = about(
  z.object({
    top: about(eigenvalue, { title: "Largest eigenvalue of D⁻¹H" }),
    searchMargin: aside(real)
      .nullable()
      .describe("How far above it one that was missed may lie; null where that was not bounded."),
  }),
  {
    members: ({ top, searchMargin }) => {
      const limit = limitOfSearch({ top: [top] }, "top", searchMargin ?? Number.POSITIVE_INFINITY);
      return { top: inPlace([top], "top", limit)[0] };
    },
  },
);

/** What takes derivatives; where the graph has none, the defaults stand. */
const derivativeNumbers = z.object({
  gradientNorm: about(real, { title: "Length of the gradient" })
    .nullable()
    .default(null)
    .describe("null, as all that takes derivatives, where the graph has none."),
  gradientRounding: aside(real).nullable().default(null).describe("What rounding leaves of ‖g‖ unknown."),
  top: z
    .array(about(eigenvalue, { title: "Largest eigenvalue of H" }))
    .default([])
    .describe("λmax of H; empty without derivatives."),
  bottom: z
    .array(about(eigenvalue, { title: "Smallest eigenvalue of H" }))
    .default([])
    .describe("λmin of H; empty without derivatives."),
  preconditioned: behindDivisor
    .nullable()
    .default(null)
    .describe("Of D⁻¹H, D what the optimiser divided by; null where it was not given."),
  searchMargin: aside(real)
    .nullable()
    .default(null)
    .describe("How far beyond λmax and λmin one that was missed may lie; null where that was not bounded."),
  missProbability: aside(real).nullable().default(null).describe("That one lies further out all the same, at most."),
  searchProducts: aside(count).default(0).describe("Products of the search for λmax and λmin."),
  trace: about(estimate, { title: "Trace of H" }).nullable().default(null),
  gradientCurvature: about(real, { title: "Curvature along the gradient" })
    .nullable()
    .default(null)
    .describe("gᵀHg/‖g‖²; null where g is 0."),
  batchSharpness: about(estimate, { title: "Batch sharpness" })
    .nullable()
    .default(null)
    .describe("E g_Bᵀ H_B g_B / ‖g_B‖² over random batches; null where no --batch is given."),
  batchSharpnessWeighted: about(estimate, { title: "Batch sharpness, weighted by ‖g_B‖²" })
    .nullable()
    .default(null)
    .describe("E g_Bᵀ H_B g_B / E ‖g_B‖²: batches with small gradients count little."),
  layers: z.array(layer).nullable().default(null).describe("The layers' own blocks, where they were asked for."),
});

/** The numbers of a checkpoint whose graph has no derivatives. */
export const WITHOUT_DERIVATIVES = derivativeNumbers.parse({});

const numbers = weightsFile.extend({
  loss: about(real, { title: "Loss" }),
  lossRounding: aside(real).describe("What rounding leaves of the loss unknown."),
  accuracy: about(real, { title: "Accuracy" }).nullable(),
  ...derivativeNumbers.shape,
  distance: about(real, { title: "Distance from the first checkpoint" }).describe("‖θ − θ₀‖."),
  remaining: about(real, { title: "Distance from the last checkpoint" }).describe("‖θ − θ_end‖."),
  products: aside(count),
  converged: z.boolean(),
});

/** What was measured at a checkpoint. */
const point = about(numbers, {
  key: "weights",
  keyIsPath: true,
  members: knownAtWeights,
});

const enclosure = z.object({ lower: real, upper: real }).describe("The share of ‖d‖² lies between them.");

const critical = z.object({
  multiple: aside(real)
    .nullable()
    .describe(
      "The first t that the passes met at which the loss along θ + t d is back where it began; null where none was met. An earlier one between two passes is not excluded.",
    ),
  error: aside(real).nullable().describe("The loss is back where it began within this of t."),
  sharpness: aside(real)
    .nullable()
    .describe("2 |gᵀd| / (t ‖d‖²): on a quadratic dᵀHd/‖d‖², and for one step of gradient descent 2/(ηt)."),
  sharpnessError: aside(extended).nullable(),
  sharpnessByRate: aside(real)
    .nullable()
    .default(null)
    .describe("2/(ηt), for a step that is one of SGD without momentum; null where no --lr is given."),
  sharpnessByRateError: aside(extended).nullable().default(null),
  passes: aside(count).describe("Forward passes that it took."),
  reason: z.string().nullable().describe("Why there is none."),
});

const stepNumbers = z.object({
  from: z.string(),
  to: z.string(),
  length: about(real, { title: "Length of the step" }).describe("‖d‖, d = θ_to − θ_from."),
  cosine: about(real, { title: "Cosine with the step before" }).nullable().describe("null for the first."),
  change: about(real, { title: "Change of the loss along the step" })
    .nullable()
    .describe("L(θ + d) − L(θ), statistics as they are at the start of the step; null where it is not finite."),
  changeRounding: aside(real),
  slope: about(real, { title: "First-order change, g·d" })
    .nullable()
    .describe("Without derivatives, from differences of losses; null where these were not taken."),
  slopeError: aside(real).nullable(),
  curvature: about(real, { title: "Second-order change, ½dᵀHd" }).nullable().describe("null without derivatives."),
  curvatureError: aside(real).nullable(),
  remainder: about(real, { title: "What is left of the change" })
    .nullable()
    .describe("change − g·d − ½dᵀHd: third order and beyond."),
  hill: z
    .object({
      threshold: aside(real).describe("Curvature below it, in size, is flat."),
      above: aside(enclosure).describe("Hill: the share of the step along curvature above the threshold."),
      flat: aside(enclosure).describe("River: the share along curvature of at most the threshold in size."),
      below: aside(enclosure).describe("The share along curvature below minus the threshold."),
      products: aside(count),
    })
    .nullable(),
  critical,
  doubts: z.array(z.string()).describe("What differs between the two files besides the weights, in sentences."),
});

const step = about(stepNumbers, {
  key: "from",
  keyIsPath: true,
  members: ({ change, changeRounding, slope, slopeError, curvature, curvatureError, remainder }) => ({
    ...(change !== null && { change: within(change, changeRounding) }),
    ...(slope !== null && { slope: within(slope, slopeError ?? 0) }),
    ...(curvature !== null && { curvature: within(curvature, curvatureError ?? 0) }),
    ...(remainder !== null && {
      remainder: within(remainder, changeRounding + (slopeError ?? 0) + (curvatureError ?? 0)),
    }),
  }),
});

const line = z.object({
  curvature: aside(real).nullable().describe("The largest stable curvature; null where it cannot be known."),
  formula: z.string().nullable(),
  says: z.string(),
});

/** How a curvature stands to the line over the last third of the checkpoints. */
const settledAt = z.object({
  checkpoints: count,
  mean: about(real, { title: "Mean over the line" }).describe("Of the curvature over the stability line."),
  least: real,
  most: real,
  error: aside(real).describe("Of the mean, from the errors of its numbers."),
});

export const trajectoryResult = z.object({
  points: z.array(point),
  steps: z.array(step).describe("Between checkpoints that follow each other, both finite."),
  unmeasured: aside(z.array(unmeasuredWeights)).default([]).describe("Checkpoints that diverged, with the reason."),
  plane: z
    .object({
      shares: aside(z.array(real)).describe(
        "Share of the variance of the checkpoints about their mean along each axis.",
      ),
      points: aside(z.array(z.object({ x: real, y: real, outside: real }))).describe(
        "Where each checkpoint lies in the plane of the first two principal components, and how far out of it.",
      ),
    })
    .nullable()
    .default(null)
    .describe("null where the checkpoints span no plane, or are too many and too large to be held at once."),
  optimizer: z
    .object({
      name: z.string(),
      stepSize: aside(real).nullable(),
      momentum: aside(real),
      batch: aside(count).nullable(),
      isFullBatch: z
        .boolean()
        .nullable()
        .default(null)
        .describe("Whether its batches hold all examples; null where no batch was named."),
      line: line.nullable(),
      top: settledAt.nullable().describe("λmax over the line."),
      batchSharpness: settledAt.nullable().describe("Batch sharpness times η/2, of SGD without momentum."),
      preconditioned: z
        .object({ curvature: aside(real), formula: z.string(), top: settledAt.nullable() })
        .nullable()
        .default(null)
        .describe("The line of an optimiser that divides, which is one of D⁻¹H, and how λmax of D⁻¹H stands to it."),
    })
    .describe("What made the checkpoints, as it was said."),
  withoutDerivatives: z
    .string()
    .nullable()
    .default(null)
    .describe("Why there are none, where the file itself was run for its losses alone; null where there are."),
  converged: z.boolean(),
  products: aside(count).describe("Matrix–vector products of the run, those on batches not counted."),
});

const measuredPoint = z.object({
  numbers: numbers.omit({ distance: true, remaining: true }),
  loss: z.string(),
  checks: z.array(check),
  warnings: z.array(z.string()),
});

/** What a task finds at its checkpoints, and along the steps from them. */
export const chainResult = z.object({
  points: z.array(z.union([measuredPoint, z.object({ unmeasured: unmeasuredWeights })])),
  steps: z.array(stepNumbers.omit({ cosine: true })),
});

export type TrajectoryResult = z.output<typeof trajectoryResult>;
export type ChainResult = z.output<typeof chainResult>;
export type PointNumbers = z.output<typeof measuredPoint>["numbers"];
export type MeasuredPoint = z.output<typeof measuredPoint>;
export type StepNumbers = ChainResult["steps"][number];
export type Settled = z.output<typeof settledAt>;
