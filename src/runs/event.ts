import { z } from "zod";

const said = z.object({
  task: z.string().optional().describe("The task that says it, where it is one of many."),
  by: z.string().optional().describe("Who says it, where that is another process."),
});

/** What a run says while it goes on. */
export const runEvent = z.discriminatedUnion("type", [
  said.extend({ type: z.literal("section"), name: z.string(), state: z.enum(["begun", "done", "known"]) }),
  said.extend({
    type: z.literal("progress"),
    stage: z.string(),
    done: z.number(),
    total: z.number().optional(),
    unit: z.string().optional(),
    estimate: z.string().optional(),
  }),
  said.extend({ type: z.literal("note"), text: z.string() }),
  said.extend({ type: z.literal("warning"), text: z.string() }),
]);

export type RunEvent = z.output<typeof runEvent>;

/** Whoever listens to a run: a terminal, a file, a page. */
export type Listener = (event: RunEvent) => void;
