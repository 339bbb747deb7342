import { z } from "zod";

const term = z.object({
  name: z.string().describe("Kebab-case, unique."),
  title: z.string(),
  formula: z.string().describe("TeX."),
  text: z.string().describe("What it is and why it matters, for a reader who trains networks."),
  measured: z.string().describe("How Thalweg measures it."),
  source: z.string().describe("Author and year."),
  see: z.array(z.string()).describe("Names of terms to read next."),
});

/** Terms of the field: `thalweg explain`. */
export const explainDocument = z.object({ schema: z.literal("thalweg/explain@1"), terms: z.array(term) });

/** One term of the field, explained: `thalweg explain`, the documentation and the reports are made from these. */
export type Term = Readonly<z.output<typeof term>>;
