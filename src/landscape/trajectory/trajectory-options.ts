import { z } from "zod";
import { COORDINATE_OPTIMIZERS } from "../../optimizers/registry.ts";

const OPTIMISER = "The optimiser that made the checkpoints";

/** What a trajectory is told besides its checkpoints. */
export const trajectoryOptions = z.object({
  lr: z
    .number()
    .positive()
    .optional()
    .meta({ description: "its step size η, for the stability line", group: OPTIMISER }),
  optimizer: z
    .enum(COORDINATE_OPTIMIZERS.map(({ name }) => name))
    .default("sgd")
    .meta({ description: "its kind", group: OPTIMISER }),
  momentum: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .meta({ description: "its momentum β (default: the optimiser's own)", group: OPTIMISER }),
  divisors: z.array(z.string()).default([]).meta({
    description:
      "files of what it divided by (Adam, RMSProp), each of the name of its checkpoint, as train writes them: its stability line is one of D⁻¹H",
    placeholder: "FILES",
    group: OPTIMISER,
  }),
  batch: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "examples in its batches, for the batch sharpness", group: OPTIMISER }),
  batches: z
    .int()
    .min(3)
    .default(64)
    .describe(
      "random batches that the batch sharpness is the mean over; more where they hold fewer than 8 examples, so that 512 are drawn",
    ),
  tol: z.number().positive().default(1e-4).describe("residual of λmax and λmin relative to the largest"),
  traceTolerance: z
    .number()
    .positive()
    .default(0.05)
    .describe("half-width of the interval of the trace, relative to it"),
  flat: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe("curvature below this share of λmax is flat: the part of a step along it follows the river"),
  passes: z.int().min(2).default(6).describe("most forward passes for the critical step along each update"),
  layers: z.boolean().default(false).describe("the largest eigenvalue of each layer's block, and the step it allows"),
  chain: z
    .int()
    .min(1)
    .default(10)
    .describe("consecutive checkpoints of one task, in which each search begins where the one before ended"),
});

export type TrajectoryOptions = z.output<typeof trajectoryOptions>;
