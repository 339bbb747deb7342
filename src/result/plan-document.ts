import { z } from "zod";
import { count, real } from "./real.ts";

/** Null in plans that did not know it. */
const bytes = count.nullable().default(null);

/** What a run would cost: `--dry-run`. */
export const planDocument = z.object({
  schema: z.literal("thalweg/plan@1"),
  msPerProduct: real.describe("Measured on this machine, on the same problem."),
  products: count.describe("Matrix–vector products of all steps, without those that only measure rounding."),
  seconds: real,
  bytes: bytes.describe(
    "Memory at the peak, at least: what was held after a product on this problem, and large arrays. The engine takes more for every other derivative.",
  ),
  tasks: count.default(1).describe("How often all of it is done; the products of a step are those of one time."),
  noun: z.string().default("instrument").describe("What a step is."),
  instruments: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      products: count,
      work: real
        .optional()
        .describe("What it takes in all, in the time of a product; absent where that is its products alone."),
      bytes: bytes.describe("Large arrays at its peak, with what earlier steps keep."),
      skipped: z.string().nullable().describe("Why it will not run; null when it will."),
    }),
  ),
});
