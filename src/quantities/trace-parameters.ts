import { z } from "zod";

/** How narrow the intervals of traces and norms are to become. */
export const traceParameters = z.object({
  traceTolerance: z
    .number()
    .positive()
    .default(0.02)
    .describe("half-width of the 95 % interval of traces and norms, relative"),
});
