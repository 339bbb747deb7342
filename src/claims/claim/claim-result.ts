import { z } from "zod";
import { about, aside, deviating } from "../../result/known.ts";
import { count, real } from "../../result/real.ts";
import { TOPICS } from "../topics.ts";
import type { Claim, Concluded } from "./define-claim.ts";
import { evidence } from "./evidence.ts";
import { judge, verdict } from "./judge.ts";
import { picture } from "./picture.ts";

const topic = z.enum(TOPICS.map(({ name }) => name));

/** A claim as a list has it. */
export const listedClaim = z.object({
  id: z.string(),
  topic,
  statement: z.string().describe("As people put it."),
  says: z.enum(["law", "rival"]).describe("Which of the two laws the statement amounts to."),
  law: z.string(),
  rival: z.string(),
  condition: z.string().nullable(),
  source: z.string(),
  network: z.string().nullable().describe("What is measured on a reader's own network; null where it is about none."),
});

const measurement = about(z.object({ value: real, standardError: real }), {
  title: "Measurement",
  known: ({ value, standardError }) => deviating(value, standardError),
});

/** A claim with what was measured. */
export const claimResult = listedClaim.extend({
  why: z.string(),
  means: z.string(),
  breaks: z.string(),
  reading: z.array(z.string()),
  onNetwork: z.boolean().describe("Whether it was measured on a network that was given."),
  options: aside(z.record(z.string(), z.unknown())).describe("All its numbers, defaults included."),
  scale: aside(real),
  verdict,
  accepted: z.boolean().describe("Whether the law is met by all evidence."),
  rivalExcluded: z.boolean().describe("Whether some evidence excludes the other law, by five standard errors."),
  prediction: aside(real).describe("Of the leading number, by the law."),
  measurement,
  evidence: aside(z.array(evidence)),
  picture: aside(picture).nullable(),
  parts: aside(count).describe("Pieces that it was measured in."),
});

export type ListedClaim = z.output<typeof listedClaim>;
export type ClaimResult = z.output<typeof claimResult>;

/** A claim in a list. */
export function listed({
  id,
  topic: about_,
  statement,
  says,
  law,
  rival,
  condition,
  source,
  network,
}: Claim): ListedClaim {
  return {
    id,
    topic: about_,
    statement,
    says,
    law,
    rival,
    condition: condition ?? null,
    source,
    network: network?.measures ?? null,
  };
}

interface Measured {
  readonly concluded: Concluded;
  readonly onNetwork: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly scale: number;
  readonly parts: number;
}

/** A claim with what its evidence makes of it. */
export function judged(claim: Claim, { concluded, ...setting }: Measured): ClaimResult {
  const { why, means, breaks, reading } = claim;
  const question = { ...listed(claim), ...(setting.onNetwork && claim.network?.asks) };
  const { evidence: all, picture: drawn } = concluded;
  const [leading] = all;
  return {
    ...question,
    why,
    means,
    breaks,
    reading: [...reading],
    ...setting,
    options: { ...setting.options },
    ...judge(question.says, all),
    prediction: leading.law.value,
    measurement: { value: leading.measured, standardError: leading.standardError },
    evidence: [...all],
    picture: drawn,
  };
}
