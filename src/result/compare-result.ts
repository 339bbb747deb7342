import { z } from "zod";
import { aside } from "./known.ts";
import { count, extended, real } from "./real.ts";

const pair = z.object({
  of: z
    .tuple([count, count])
    .describe("Positions of the two results; the difference is the second's less the first's."),
  difference: real.nullable(),
  lower: extended.nullable().describe("The true difference lies between: at 95 % where something was sampled."),
  upper: extended.nullable(),
  errors: real.nullable().describe("|difference| over its error on the side of zero; null where there is none."),
  different: z.boolean().nullable().describe("null where it cannot be told."),
  why: z.string().nullable().describe("Why it cannot be told, or on what the answer rests."),
  sampled: z.boolean().describe("Whether chance has a part in the answer."),
});

const row = z.object({
  name: z.string().describe("Where the number is in `result` of each document: hessian.top[0]."),
  title: z.string(),
  section: z.string().nullable().describe("The title of the section that it belongs to."),
  leading: z.boolean().describe("Of no list, or the first of one that is in order."),
  values: z.array(extended.nullable()).describe("In the order of the results; null where it was not measured."),
  ranges: z
    .array(z.object({ lower: extended, upper: extended }).nullable())
    .describe("Between what each true value lies, errors of both kinds added; null where no error is stated."),
  different: z
    .boolean()
    .nullable()
    .describe(
      "Whether the errors tell any two of them apart: false where they explain every difference, null where it cannot be told.",
    ),
  ratio: real.nullable().describe("The last over the first; null where that has no meaning."),
  pairs: z.array(pair).describe("Every two of the results that have a value."),
  why: z.string().nullable().describe("Why it cannot be told, or on what the answer rests."),
});

/** Results side by side: `thalweg compare`. */
export const compareResult = z.object({
  kind: z.string().describe("What was compared: profile, bench, …"),
  results: z.array(
    z.object({
      name: z.string().describe("What sentences call it: A, B, …"),
      path: z.string(),
      sha256: z.string().describe("Of the result file."),
      model: z.string().nullable(),
      createdAt: z.string(),
      seed: z.number(),
      precision: z.string().nullable(),
    }),
  ),
  rows: aside(z.array(row)),
  different: aside(count).describe("Rows whose numbers the errors tell apart."),
  alike: aside(count).describe("Rows whose differences the errors explain."),
  undecided: aside(count).describe("Rows of which it cannot be told."),
  chance: aside(
    z.object({
      comparisons: count.describe("Comparisons of two numbers that rest on samples, each at 95 %."),
      expected: real.describe("How many of them come out different by chance where nothing differs."),
    }),
  ),
  sameWeights: z.boolean().describe("Whether all results are of the same weights, byte for byte."),
  recipe: z
    .array(z.object({ name: z.string(), values: z.array(z.json()) }))
    .describe("What differs in how they were made; null where it was not given."),
  forced: z.array(z.string()).describe("Why they are not comparable, where they were compared all the same."),
});

export type CompareResult = z.output<typeof compareResult>;
export type CompareRow = CompareResult["rows"][number];
