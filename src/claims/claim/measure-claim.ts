import { z } from "zod";
import type { Json } from "../../runs/recipe.ts";
import { defineTask } from "../../runs/task.ts";
import type { Request } from "../../runs/subject.ts";
import { type AskedClaim, claimOf } from "../claim-of.ts";
import { claimResult, type ClaimResult, judged } from "./claim-result.ts";
import { evidence } from "./evidence.ts";
import { picture } from "./picture.ts";

const concluded = z.object({ evidence: z.array(evidence), picture: picture.nullable() });

const input = z.object({ id: z.string(), options: z.record(z.string(), z.json()), part: z.int().min(0) });

/** A part of a claim, on what it brings itself. */
export const claimPart = defineTask({
  name: "claim",
  subject: "none",
  input,
  result: z.json(),
  label: ({ id, part }) => `${id}, part ${part + 1}`,
  opens: (request: Request) => request,
  measure: ({ runtime }, { id, options, part }, _given, { random, context }) =>
    claimOf(id).measurePart(options, part, { random, context, runtime }),
});

/** A claim on a network that was given. */
export const claimOnNetwork = defineTask({
  name: "claim-on-network",
  subject: "network",
  input: z.object({ id: z.string() }),
  result: concluded,
  label: ({ id }) => `${id} on the network`,
  opens: (request: Request) => request,
  async measure({ network }, { id }, _given, { random, context }) {
    const { network: own } = claimOf(id);
    if (network === undefined || own === undefined) throw new Error(`${id} was put to no network`);
    const found = await own.measure(network, { random, context });
    return { evidence: [...found.evidence], picture: found.picture };
  },
});

/** The parts of a claim as inputs of {@link claimPart}. */
export function partsOf({ claim, options }: AskedClaim): z.output<typeof input>[] {
  const asJson = z.record(z.string(), z.json()).parse(options);
  return Array.from({ length: claim.partsOf(options) }, (_, part) => ({ id: claim.id, options: asJson, part }));
}

/** A claim with what its parts found. */
export function judgedParts({ claim, options, scale }: AskedClaim, found: readonly Json[]): ClaimResult {
  return claimResult.parse(
    claimResult.encode(
      judged(claim, {
        concluded: claim.conclude(found, options),
        onNetwork: false,
        options,
        scale,
        parts: found.length,
      }),
    ),
  );
}
