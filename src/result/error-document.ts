import { z } from "zod";

/** What went wrong, on stdout with `--json`. */
export const errorDocument = z.object({
  schema: z.literal("thalweg/error@1"),
  error: z.object({
    kind: z.enum(["usage", "input", "check", "internal", "interrupted"]).describe("Who has to act."),
    code: z.string().describe("Stable, kebab-case, for programs."),
    message: z.string(),
    where: z
      .object({
        file: z.string(),
        node: z.string(),
        op: z.string(),
        opset: z.number(),
        input: z.string(),
        parameter: z.string(),
        option: z.string(),
        batch: z.number(),
        shape: z.array(z.number()),
      })
      .partial()
      .describe("Only what is known."),
    hint: z.string().nullable().describe("What to do about it."),
  }),
  exitCode: z.number().int(),
});
