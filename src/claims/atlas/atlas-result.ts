import { z } from "zod";
import { about, counted } from "../../result/known.ts";
import { count } from "../../result/real.ts";
import { claimResult } from "../claim/claim-result.ts";
import { VERDICTS } from "../claim/judge.ts";

/** Claims with what was measured of each. */
export const atlasResult = z.object({
  verdicts: z.array(
    about(z.object({ verdict: z.enum(VERDICTS), claims: count }), {
      key: "verdict",
      members: ({ claims }) => ({ claims: counted(claims) }),
    }),
  ),
  claims: z.array(about(claimResult, { key: "id" })),
});

export type AtlasResult = z.output<typeof atlasResult>;
