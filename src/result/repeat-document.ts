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
  gone: z.array(z.string()).default([]).describe("Those that only the result holds: they did not come out again."),
  agree: z
    .boolean()
    .nullable()
    .describe(
      "true where all numbers came out again, the same or within what rounding and bounds leave; false where some differ by more, or are gone with the same version and samples; null where that cannot be told of some, or some are gone otherwise.",
    ),
  sameSamples: z
    .boolean()
    .default(false)
    .describe("Whether both drew the same random numbers, so that no sampling error explains a difference."),
  explained: count.describe(
    "Measured numbers that differ by no more than rounding and bounds leave, or sampling where other samples were drawn.",
  ),
  undecided: count.describe("Measured numbers that differ, and state no error that could explain or exclude it."),
  unclear: z
    .array(z.object({ name: z.string(), title: z.string(), why: z.string() }))
    .default([])
    .describe("The undecided ones, each with the reason."),
  differences: z
    .array(z.object({ name: z.string(), title: z.string(), before: extended.nullable(), now: extended.nullable() }))
    .describe("Numbers that differ by more."),
  recipe: z
    .array(z.object({ name: z.string(), before: z.json(), now: z.json() }))
    .describe("What differs in how the two were made: version, engine, machine."),
});

export type RepeatDocument = z.output<typeof repeatDocument>;
