import { z } from "zod";
import { defineMatrixOptimizer, tensorRule } from "./optimizer.ts";
import { coupledDecay, decayRate, stepSize } from "./parameters.ts";
import { sgdRule } from "./sgd-rule.ts";

/**
 * SGD with the gradient at θ + ρ∇L(θ)/‖∇L(θ)‖, the worst point at distance ρ to first order. Cost of a step: two gradients, of the same
 * examples.
 */
export const sharpnessAware = defineMatrixOptimizer({
  name: "sam",
  title: "SAM",
  summary: "SGD with the gradient as it is a little way uphill: sharp minima repel",
  formula: String.raw`\theta_{t+1} = \theta_t - \eta\,\nabla L\bigl(\theta_t + \rho\,\nabla L(\theta_t)/\lVert\nabla L(\theta_t)\rVert\bigr)`,
  source: "Foret, Kleiner, Mobahi & Neyshabur (2021)",
  parameters: z.object({
    lr: stepSize(1e-3),
    rho: z.number().positive().default(0.05).describe("how far uphill ρ"),
    momentum: decayRate(0, "momentum β"),
    weightDecay: coupledDecay,
  }),
  rule: ({ rho, ...options }) => ({
    ...tensorRule(sgdRule({ ...options, dampening: 0, nesterov: false })),
    // The gradient is none at the weights: the curvature there decides nothing.
    coordinates: undefined,
    uphill: rho,
  }),
});
