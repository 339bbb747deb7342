import { z } from "zod";

export const flatnessParameters = z.object({
  boxEpsilon: z.number().positive().default(1e-3).describe("ε of Keskar's box, |zᵢ| ≤ ε(|θᵢ| + 1)"),
  rho: z.number().positive().default(0.05).describe("radius of the ball of worst-case sharpness (SAM)"),
  adaptiveRho: z
    .number()
    .positive()
    .default(0.5)
    .describe("radius relative to the weights of adaptive sharpness (ASAM)"),
  sigma: z
    .number()
    .positive()
    .default(0.01)
    .describe("standard deviation of the weight noise of the expected sharpness"),
  sigmaSamples: z
    .number()
    .int()
    .min(2)
    .default(16)
    .describe("pairs of opposite weight perturbations for the expected sharpness"),
  ascentSteps: z.number().int().min(1).default(10).describe("most steps of each ascent to a worst case"),
  rescale: z
    .array(z.number().positive())
    .default([2, 5])
    .describe("factors by which layers are rescaled, to see which measures move"),
});

/** Gradients and losses of all measures at one point take the time of so many products. */
export function costOfMeasures({ ascentSteps, sigmaSamples }: z.output<typeof flatnessParameters>): number {
  return 5 * ascentSteps + 2 * sigmaSamples;
}
