import type { Freedom } from "../../graph/unit-freedom.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import type { RunContext } from "../../util/run-context.ts";
import type { Terrain } from "../terrain.ts";
import { type Alignment, type Attempt, type Ends, findAlignment, heightOf } from "./find-alignment.ts";

/** What exchanges of units alone give, and all that the graph allows; undefined where it allows nothing. */
export interface Tried {
  readonly permuted: Alignment | undefined;
  readonly whole: Alignment | undefined;
}

export async function alignBoth(
  terrain: Terrain,
  ends: Ends,
  { starts, matchSteps }: { readonly starts: number; readonly matchSteps: number },
  random: RandomStream,
  context: RunContext,
): Promise<Tried> {
  const within = (freedom: Freedom) =>
    findAlignment(terrain, ends, { within: freedom, starts, steps: matchSteps }, random.split(freedom), context);
  const permuted = await within("permutation");
  // λ/2·‖θ‖² is kept by exchanges, and not by scales and shears.
  return { permuted, whole: terrain.problem.options.l2 > 0 ? undefined : await within("general") };
}

/** The one with the lowest loss half-way: exchanges are among all that the graph allows, but searches find what they find. */
export function lowest({ permuted, whole }: Tried): Attempt | undefined {
  const [exchanged, best] = [permuted?.attempts[0], whole?.attempts[0]];
  return exchanged && best && heightOf(exchanged) <= heightOf(best) ? exchanged : best;
}
