import { readSpecification } from "../util/specification.ts";
import type { Claim } from "./claim/define-claim.ts";
import { CLAIMS } from "./registry.ts";

/** A claim as it was asked for: which, with which numbers, at which scale. */
export interface AskedClaim {
  readonly claim: Claim;
  readonly options: Readonly<Record<string, unknown>>;
  readonly scale: number;
}

/**
 * The claim of that id, whatever the case of its letters.
 *
 * @throws usage error `unknown-choice`
 */
export function claimOf(id: string): Claim {
  return readSpecification("claim", id.toUpperCase(), CLAIMS).chosen;
}

/**
 * A claim with its numbers, as it is typed: "B6", "B1:300", "B1:n=300".
 *
 * @throws usage errors `unknown-choice`, `bad-specification`, `unknown-option`, `bad-option`
 */
export function askedClaim(text: string, scale: number): AskedClaim {
  const [id, ...numbers] = text.split(":");
  const { chosen: claim, options } = readSpecification("claim", [id.toUpperCase(), ...numbers].join(":"), CLAIMS);
  return { claim, options: claim.optionsAt(scale, options), scale };
}
