import { z } from "zod";
import { count } from "./real.ts";

/** What a worker did: `thalweg work`. */
export const workDocument = z.object({
  schema: z.literal("thalweg/work@1"),
  path: z.string().describe("The folder of the run."),
  done: count.describe("Tasks that this worker has done."),
});
