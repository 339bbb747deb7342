import { z } from "zod";
import { count, real } from "./real.ts";

export const applyResult = z.object({
  operator: z.string().describe("The matrix, by name: hessian, gauss-newton, fisher, …"),
  vector: z.string().describe("Where the vector came from."),
  output: z.string().nullable().describe("The .npz written, one array per parameter; null when nothing was written."),
  dimension: count,
  products: count,
  vectorNorm: real.nullable().describe("‖v‖; null where no vector was given."),
  norm: real.describe("‖Av‖."),
  quadraticForm: real
    .nullable()
    .describe("vᵀAv; null where no vector was given, or where the product is none of its space."),
  remark: z
    .string()
    .nullable()
    .default(null)
    .describe("What has to be known to compare the numbers with others: what is summed, what is divided by."),
});
