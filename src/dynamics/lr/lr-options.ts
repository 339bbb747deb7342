import { trainOptions } from "../train/train-options.ts";
import { z } from "zod";

const RAMP = "Ramp";

const {
  optimizer,
  batch,
  epochs: _epochs,
  steps: _steps,
  schedule: _schedule,
  warmup: _warmup,
  clip: _clip,
  every: _every,
  ...numbers
} = trainOptions.shape;

/** What the choice of a step size is told: the optimiser with its numbers, and the batch. */
export const lrOptions = z.object({
  optimizer,
  batch,
  batches: z.int().min(3).default(64).describe("random batches that batch sharpness and second moments are means over"),
  directions: z
    .int()
    .min(1)
    .default(3)
    .describe("eigenvectors along which the curvature of single examples is looked at"),
  tol: z.number().positive().default(1e-4).describe("residual of λmax relative to the largest"),
  ramp: z
    .int()
    .min(0)
    .default(200)
    .meta({ description: "steps of the learning-rate finder; 0 for none", placeholder: "N", group: RAMP }),
  rampFrom: z
    .number()
    .positive()
    .optional()
    .meta({ description: "its smallest step size (default: a thousandth of the stable limit)", group: RAMP }),
  rampTo: z
    .number()
    .positive()
    .optional()
    .meta({ description: "its largest (default: a hundred times the stable limit)", group: RAMP }),
  ...numbers,
});

export type LrOptions = z.output<typeof lrOptions>;
