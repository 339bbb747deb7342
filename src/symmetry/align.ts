import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";
import { balance, type Balanced, gainsThatStay } from "./balance.ts";
import { deriveSymmetry, type Network } from "./derive-symmetry.ts";
import { GROUP_MAPS } from "./group-maps.ts";
import { matchUnits, type Matching } from "./matching.ts";
import { type Evidence, evidenceOf } from "./unit-sums.ts";
import { randomElement } from "./random-element.ts";
import type { NetworkSymmetry, Symmetry } from "./symmetry.ts";
import { applyElement, type GroupElement, identityElement } from "./unit-map.ts";
import type { Freedom } from "../graph/unit-freedom.ts";

/** Two networks in their balanced forms, ready to be matched. */
export interface Pair {
  readonly symmetry: NetworkSymmetry;
  readonly mine: Balanced;
  readonly theirs: Balanced;
}

/**
 * Brings two networks of one architecture into their balanced forms.
 *
 * @param within the largest group of maps that is asked for
 */
export function balancedPair(
  network: Network,
  mine: Float64Array,
  theirs: Float64Array,
  within: Freedom = "general",
): Pair {
  let symmetry = deriveSymmetry(network, { within });
  for (;;) {
    const staying = [mine, theirs].flatMap((theta) => gainsThatStay(symmetry, theta));
    if (staying.length === 0) break;
    symmetry = deriveSymmetry(network, { within, held: new Set([...symmetry.held, ...staying]) });
  }
  return { symmetry, mine: balance(symmetry, mine), theirs: balance(symmetry, theirs) };
}

/** The weights of both as evidence: what is far apart weighs by its square. */
export function weightEvidence({ symmetry: { symmetry }, mine, theirs }: Pair): Evidence[] {
  return evidenceOf(symmetry, mine.theta, theirs.theta);
}

/** The other network, sent through the element that was found: the same function, in units like those of the first. */
export function aligned({ symmetry: { symmetry }, mine, theirs }: Pair, element: GroupElement): Float64Array {
  return mine.back(applyElement(symmetry, element, theirs.theta));
}

/** Maps to begin with: the identity, then random ones. */
export function startingElement(symmetry: Symmetry, start: number, random: RandomStream) {
  if (start === 0) return identityElement(symmetry);
  // A shear or a scale would undo the balance.
  const compact: Symmetry = {
    ...symmetry,
    classes: symmetry.classes.map((each) => ({
      ...each,
      freedom: GROUP_MAPS[each.freedom].compact,
    })),
  };
  return randomElement(compact, random.split(`start ${start}`));
}

/** Matches by the evidence from a start. */
export function matchPair(
  { symmetry: { symmetry } }: Pair,
  evidence: readonly Evidence[],
  start: Matching["element"],
  random: RandomStream,
  context: RunContext = {},
): Promise<Matching> {
  return matchUnits(symmetry, evidence, start, random, context);
}
