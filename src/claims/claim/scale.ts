import { z } from "zod";

/** How large claims are measured, beside their usual sizes. */
export const scale = z.number().positive().max(1e6).default(1).meta({
  description:
    "times the usual draws and sizes of a claim, which take less than a minute; never less than it can fail with",
  group: "Claim",
});
