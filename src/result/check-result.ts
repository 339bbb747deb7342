import { z } from "zod";
import { check } from "./envelope.ts";

export const checkResult = z.object({
  passed: z.boolean(),
  checks: z.array(check),
  caveats: z.array(z.string()).describe("Points without derivative that the network passes through."),
});
