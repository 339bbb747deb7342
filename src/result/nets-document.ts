import { z } from "zod";

const net = z.object({
  name: z.string(),
  form: z.string().describe("As it is typed where a model is expected."),
  summary: z.string(),
  source: z.string().describe("Author and year."),
  examples: z.array(z.string()).describe("Whole names."),
});

const initialization = z.object({ name: z.string(), summary: z.string(), source: z.string() });

/** The built-in networks, and those that were written: `thalweg nets`. */
export const netsDocument = z.object({
  schema: z.literal("thalweg/nets@1"),
  nets: z.array(net),
  initializations: z.array(initialization),
  written: z
    .object({ name: z.string(), path: z.string(), bytes: z.int().min(0) })
    .nullable()
    .describe("The network that was asked for, and its file."),
});
