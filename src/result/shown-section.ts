import { z } from "zod";
import { count } from "./real.ts";
import { reading } from "./section.ts";

/** A part of a result as it is shown to a person: whoever shows it needs nothing of what measured it. */
export const shownSection = z.object({
  title: z.string(),
  caveats: z.array(z.string()).describe("Sentences on what did not come out as it should."),
  text: z.array(z.string()).describe("Paragraphs."),
  readings: z.array(reading),
  table: z
    .object({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
      links: z
        .array(z.string())
        .optional()
        .describe("For each row, the file beside the report that says more of it; none when absent."),
      brief: z
        .object({ rows: z.array(count), columns: z.array(count) })
        .optional()
        .describe("Where there is little room: the positions of what is shown; all of it when absent."),
    })
    .nullable(),
});

export type ShownSection = z.output<typeof shownSection>;
