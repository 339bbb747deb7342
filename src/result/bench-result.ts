import { z } from "zod";
import { count, real } from "./real.ts";

const timing = z.object({
  medianMs: real.describe("Median wall-clock milliseconds per vector."),
  runs: count,
  minMs: real,
  maxMs: real,
});

export const benchResult = z.object({
  examples: count,
  batchSize: count,
  forward: timing,
  gradient: timing,
  hessianVector: timing,
  hessianVectorBlock: timing.extend({ block: count.describe("Vectors multiplied together at one fixed point.") }),
  gaussNewtonVector: timing.nullable(),
  gemm: z.object({
    gflops: real.describe("Speed of a plain matrix product in the same engine: what the machine can do."),
    size: count,
    medianMs: real,
    runs: count,
  }),
});

export type Timing = z.output<typeof timing>;
export type BenchResult = z.output<typeof benchResult>;
