import { z } from "zod";
import { count, extended, real } from "./real.ts";

export const interval = z
  .object({
    lower: extended,
    upper: extended,
    confidence: real.describe("Probability, over the random probes, that the range covers the truth."),
  })
  .describe("A range that holds the true value with the stated probability.");

export const estimate = z
  .object({
    value: real,
    standardError: extended.describe("0 where the value is exact up to rounding."),
    rounding: real
      .optional()
      .describe("What rounding of the products may have added, where it is not part of the standard error."),
    products: count.describe("Matrix–vector products that it cost."),
    method: z.string(),
    interval,
    converged: z.boolean().describe("Whether the requested tolerance was reached within the budget."),
  })
  .describe("A measured number with what vouches for it.");

export const eigenvalue = z
  .object({
    value: real,
    residual: extended.describe(
      "‖Av − λv‖ for a unit v, plus what rounding of the product may hide: an eigenvalue lies within this distance of `value`.",
    ),
  })
  .describe("An eigenvalue with its proof.");
export type EstimateResult = z.output<typeof estimate>;
export type EigenvalueResult = z.output<typeof eigenvalue>;
