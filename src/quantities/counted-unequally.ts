import { z } from "zod";
import { aside } from "../result/known.ts";
import { real } from "../result/real.ts";
import { formatNumber } from "../util/format-number.ts";
import { maxOf, minOf } from "../util/extremes.ts";
import { contributionsOf } from "./contributions.ts";
import type { Desk } from "./desk.ts";

/** Between what the weights of single examples in the mean lie: what makes a batch's gradient a ratio (`Deviations`). */
export const countedUnequally = aside(
  z.object({
    least: real.describe("Of the example that counts least, over that of an average one."),
    most: real.describe("Of the one that counts most."),
  }),
)
  .nullable()
  .default(null)
  .describe(
    "Where examples count unequally in the mean (classes with weights, labels that are left out): between what their weights rᵢ = mᵢ/m̄ lie. The gradient of a batch is then a ratio, Σℓᵢ/Σmᵢ differentiated, and Σ that of what it is off by, dᵢ = gᵢ − rᵢg, to first order in one over the size of the batch. Null where all count alike.",
  );

export function countedUnequallyIn({ point }: Pick<Desk, "point">): z.output<typeof countedUnequally> {
  const { counts } = contributionsOf(point);
  return counts === undefined ? null : { least: minOf(counts), most: maxOf(counts) };
}

/** That as a sentence behind others; empty where all count alike. */
export function aboutCounts(counts: z.output<typeof countedUnequally>): string {
  return counts === null
    ? ""
    : ` Examples count unequally in the mean, from ${formatNumber(counts.least, 2)} to ${formatNumber(counts.most, 2)} times the average: the gradient of a batch is a ratio, and the noise is that of the ratio, for batches that are not very small.`;
}
