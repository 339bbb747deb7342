import { z } from "zod";
import type { Evidence, Predicted } from "./evidence.ts";

/** Standard errors that a law must be away from what was measured to be excluded. */
export const SEPARATION = 5;

/** What can become of a statement. */
export const VERDICTS = ["holds", "conditional", "fails", "undecided"] as const;

export const verdict = z.enum(VERDICTS);

export type Verdict = z.output<typeof verdict>;

/** Which of the two laws a statement amounts to, as people put it. */
export type Says = "law" | "rival";

export interface Judgement {
  readonly verdict: Verdict;
  /** Whether the law is met by all evidence. */
  readonly accepted: boolean;
  /** Whether the other law is away from some of it by more than is allowed and by {@link SEPARATION} standard errors. */
  readonly rivalExcluded: boolean;
}

export function isMet({ misfit }: Predicted, { allowed }: Pick<Evidence, "allowed">): boolean {
  return misfit <= allowed;
}

export function isExcluded(law: Predicted, { allowed, standardError }: Pick<Evidence, "allowed" | "standardError">) {
  return !isMet(law, { allowed }) && law.misfit >= SEPARATION * standardError;
}

/**
 * What the evidence makes of a statement: the one rule for all claims.
 *
 * The law must be met by all evidence and the rival excluded by some; else nothing is decided, but where the statement is
 * the law and is excluded: it fails. Of a statement that amounts to the law, the verdict then is that it holds; of one that
 * amounts to the rival, that it fails, or, where other evidence is met by both laws, that it holds under the condition in
 * which that evidence was taken.
 *
 * @example
 * judge("rival", evidence); // { verdict: "fails", accepted: true, rivalExcluded: true }
 */
export function judge(says: Says, all: readonly Evidence[]): Judgement {
  const accepted = all.length > 0 && all.every((each) => isMet(each.law, each));
  const rivals = all.flatMap(({ rival, ...each }) => (rival === null ? [] : [{ rival, ...each }]));
  const rivalExcluded = rivals.some((each) => isExcluded(each.rival, each));
  const decided = { accepted, rivalExcluded };
  if (!accepted) {
    const isLawExcluded = says === "law" && all.some((each) => isExcluded(each.law, each));
    return { verdict: isLawExcluded ? "fails" : "undecided", ...decided };
  }
  if (!rivalExcluded) return { verdict: "undecided", ...decided };
  if (says === "law") return { verdict: "holds", ...decided };
  const isMetSomewhere = all.some(({ rival, ...each }) => rival === null || isMet(rival, each));
  return { verdict: isMetSomewhere ? "conditional" : "fails", ...decided };
}

/** The evidence with each law in the place of the other: a claim that is accepted of this, too, tells nothing. */
export function exchanged(all: readonly Evidence[]): Evidence[] {
  return all.map((each) => (each.rival === null ? each : { ...each, law: each.rival, rival: each.law }));
}
