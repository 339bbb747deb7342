import { z } from "zod";
import { changeFlags } from "./change-kinds.ts";

/** What sensitivity is told: which changes, and how many bits in all. */
export const sensitivityOptions = z.object({
  ...changeFlags,
  budget: z.number().gt(0).max(1).optional().meta({
    description: "bits in all, as a share of those of 32-bit floats: which tensor gets how many",
    placeholder: "SHARE",
    group: "Changes",
  }),
});
