import { z } from "zod";
import { aside } from "../../result/known.ts";
import { arrayReference } from "../../result/named-arrays.ts";
import { count, real } from "../../result/real.ts";

const attributed = z.object({
  index: count,
  eigenvalue: real,
  vector: arrayReference,
  tensors: z
    .array(z.object({ name: z.string(), share: real }))
    .describe("Squared mass of the eigenvector per tensor; sums to 1."),
  effectiveParameters: real.describe("1 / Σ vᵢ⁴: over how many parameters the eigenvector spreads."),
  gradientCosine: real.nullable().describe("Null where the gradient is zero; 0 as 0.1.0 wrote it."),
  classes: z
    .array(z.object({ class: count, cosine: real, outputChange: real }))
    .nullable()
    .describe(
      "For each class: the cosine of the eigenvector with the class's mean gradient, and the root mean square change of the outputs of its examples per unit step.",
    ),
});

/** The stiffest directions. What an eigenvector points at has no error to compare by, and its sign no meaning. */
export const attributionPart = { attribution: aside(z.array(attributed)).nullable() };

export type AttributionPart = z.output<typeof attributed>;
