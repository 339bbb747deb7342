import { z } from "zod";
import { WORK_KINDS } from "../problem/work.ts";
import { count, real } from "./real.ts";

/** Null in plans that did not know it. */
const bytes = count.nullable().default(null);

/** What a run would cost: `--dry-run`. */
export const planDocument = z.object({
  schema: z.literal("thalweg/plan@1"),
  msPerProduct: real
    .nullable()
    .describe("Measured on this machine, on the same problem; null where there are losses alone."),
  products: count.describe("Matrix–vector products of all steps, without those that only measure rounding."),
  opening: real.default(0).describe("Seconds that reading, opening and proving the subject took; part of `seconds`."),
  checks: real.default(0).describe("Seconds of the checks before the first step; part of `seconds`."),
  checkBytes: bytes.describe("Large arrays that these checks hold at their peak."),
  programs: real.default(0).describe("Seconds in which programs are derived and opened; part of `seconds`."),
  seconds: real,
  bytes: bytes.describe(
    "Memory at the peak, at least: what was held after one of everything was computed, and large arrays. The engine takes more for other derivatives and larger blocks.",
  ),
  tasks: count.default(1).describe("How often all of it is done; the products of a step are those of one time."),
  noun: z.string().default("instrument").describe("What a step is."),
  instruments: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      products: count,
      work: z
        .partialRecord(z.enum(WORK_KINDS), real)
        .default({})
        .describe("What it takes, in one task, by the kinds that are timed; `wide` ones are in float64."),
      seconds: real.default(0).describe("What that takes in one task."),
      bytes: bytes.describe("Large arrays at its peak, with what earlier steps keep."),
      skipped: z.string().nullable().describe("Why it will not run; null when it will."),
    }),
  ),
});
