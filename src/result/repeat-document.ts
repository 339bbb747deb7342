import { z } from "zod";
import { count, extended } from "./real.ts";

/** What came out when a result was made once more: `thalweg run`. */
export const repeatDocument = z.object({
  schema: z.literal("thalweg/repeat@1"),
  path: z.string().describe("The result that was repeated."),
  kind: z.string(),
  command: z.array(z.string()).describe("How it was made."),
  shared: count.describe("Numbers that both hold."),
  changed: z.array(z.string()).describe("Those that are not the same bit for bit."),
  unshared: z.array(z.string()).describe("Those that only one of them holds."),
  agree: z
    .boolean()
    .nullable()
    .describe(
      "true where all shared numbers are the same, or their errors explain every difference; false where errors tell some apart; null where some differ of which their errors say nothing.",
    ),
  explained: count.describe("Measured numbers that differ by no more than their errors."),
  undecided: count.describe("Measured numbers that differ, and state no error that could explain or exclude it."),
  differences: z
    .array(z.object({ name: z.string(), title: z.string(), before: extended.nullable(), now: extended.nullable() }))
    .describe("Numbers that their errors tell apart."),
  recipe: z
    .array(z.object({ name: z.string(), before: z.json(), now: z.json() }))
    .describe("What differs in how the two were made: version, engine, machine."),
});

export type RepeatDocument = z.output<typeof repeatDocument>;
