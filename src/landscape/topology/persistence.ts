import { z } from "zod";

/** How deep a basin must be to count. */
export const persistence = z.number().min(0).default(0).meta({
  description: "least depth of a basin, as a difference of losses (never less than what rounding could make)",
  group: "Topology",
});
