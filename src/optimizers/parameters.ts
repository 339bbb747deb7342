import { z } from "zod";

/** Step size η of an optimiser. */
export function stepSize(usual: number) {
  return z.number().positive().default(usual).describe("step size η");
}

/** A share of what was, between 0 and 1. */
export function decayRate(usual: number, description: string) {
  return z.number().min(0).lt(1).default(usual).describe(description);
}

/** λ‖θ‖²/2 in the loss. */
export const coupledDecay = z
  .number()
  .min(0)
  .default(0)
  .describe("weight decay w as L2 in the loss: wθ is added to the gradient");

/** What keeps a quotient finite. */
export function damping(usual: number) {
  return z.number().min(0).default(usual).describe("ε, added to the denominator");
}

/** Where the Hessian is held as a matrix. */
export const krylovDimensions = z
  .int()
  .min(1)
  .default(100)
  .describe("dimensions that the Hessian is held in: the whole space where it has no more, else a Krylov space");

/** How a linear system is solved by conjugate gradients. */
export const solving = {
  tolerance: z
    .number()
    .min(0)
    .lt(1)
    .default(1e-10)
    .describe("residual of the linear system, relative to the gradient, at which it is solved"),
  iterations: z.int().min(1).default(250).describe("products of a step at most"),
};
