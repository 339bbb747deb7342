import { z } from "zod";
import { count, real } from "./real.ts";

/** What a machine has and how fast it is: `thalweg doctor`. */
export const doctorDocument = z.object({
  schema: z.literal("thalweg/doctor@1"),
  thalweg: z.string().describe("The version."),
  platform: z.string(),
  engine: z.string(),
  threads: count,
  memory: z.object({ total: count, free: count }).describe("Bytes."),
  devices: z.array(
    z.object({
      device: z.string(),
      available: z.boolean(),
      reason: z.string().nullable().describe("Why it cannot be used; null when it can."),
    }),
  ),
  gemm: z
    .object({ float32: real, float64: real, size: count })
    .nullable()
    .describe("Gflop/s of a matrix product of that size; null where the engine does not run."),
  exportCall: z.string().describe("The call that exports a PyTorch network with its own parameters."),
});
