import { z } from "zod";
import { about, aside, between } from "./known.ts";
import { count, real } from "./real.ts";

const times = z.object({
  medianMs: real.describe("Median wall-clock milliseconds per vector."),
  runs: count,
  minMs: real,
  maxMs: real,
});

type Times = z.output<typeof times>;

/** A median between the least and the most that was measured. */
const known = ({ medianMs, minMs, maxMs }: Times) => between(medianMs, { lower: minMs, upper: maxMs });

const timing = about(times, { known });

export const benchResult = z.object({
  examples: aside(count),
  batchSize: aside(count),
  forward: about(timing, { title: "Forward pass, ms" }),
  gradient: about(timing, { title: "Gradient, ms" }),
  hessianVector: about(timing, { title: "Hessian · vector, ms" }),
  hessianVectorBlock: about(
    times.extend({ block: count.describe("Vectors multiplied together at one fixed point.") }),
    {
      title: "Hessian · vector, several together, ms",
      known: (each) => ({ ...known(each), meaning: `${each.block} vectors together` }),
    },
  ),
  gaussNewtonVector: about(timing, { title: "Gauss–Newton · vector, ms" }).nullable(),
  gemm: z.object({
    gflops: about(real, { title: "Matrix product, Gflop/s" }).describe(
      "Speed of a plain matrix product in the same engine: what the machine can do.",
    ),
    size: aside(count),
    medianMs: aside(real),
    runs: aside(count),
  }),
});

export type Timing = Times;
export type BenchResult = z.output<typeof benchResult>;
