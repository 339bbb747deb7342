import { z } from "zod";
import { aside } from "./known.ts";
import { count, extended } from "./real.ts";

export const reading = z
  .object({
    label: z.string(),
    symbol: z.string().optional().describe("TeX."),
    value: z.string().describe("With its error, in plain spelling."),
    note: z.string().optional().describe("Method, cost, interval; what the number is."),
    key: z
      .object({
        label: z.string(),
        value: z.string().optional(),
        number: z
          .object({ value: extended, error: extended.nullable() })
          .optional()
          .describe("The same as a number, with what stands after ±: what is followed over many points."),
      })
      .optional()
      .describe("One of the few numbers that are looked for first, and what it is called there."),
  })
  .describe("One line of numbers, as it is shown.");

export const verdict = z.object({ instrument: z.string(), level: z.enum(["pass", "note", "warn"]), text: z.string() });

export const section = z.object({
  instrument: z.string(),
  title: z.string(),
  status: z.enum(["measured", "not-converged", "not-reached", "skipped", "failed"]),
  reason: z.string().nullable().describe("Why it was skipped, failed or did not converge."),
  fault: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Where it failed: whether by a fault of Thalweg's own, which the exit code tells too."),
  products: aside(count),
  readings: z
    .array(reading)
    .nullable()
    .default(null)
    .describe("The numbers as they are shown; null as 0.1.0 wrote it, which left that to whoever shows them."),
  figures: z.array(z.string()).nullable().default(null).describe("The figures of its numbers, by file name."),
  measures: z.string(),
  means: z.string(),
  doesNotMean: z.string(),
  tryNext: z.string(),
});

export type Verdict = z.output<typeof verdict>;
export type Section = z.output<typeof section>;
export type Reading = z.output<typeof reading>;
