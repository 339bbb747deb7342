import type { Problem } from "../../problem/problem.ts";
import type { CheckBench, Measurement } from "./check.ts";
import { Ledger, type Trial } from "./ledger.ts";
import { nearbyPoints } from "./nearby-points.ts";
import { isNotFinite } from "../../util/thalweg-error.ts";

/** A comparison of a derivative with something that must equal it, tensor by tensor. */
export interface Comparison {
  /** What is compared with what, in sentences. */
  readonly method: string;
  /** What the derivative is called in a sentence: "gradient". */
  readonly subject: string;
  /** One trial for each kind of comparison that is made, always in the same order. */
  tryAt(point: Float64Array, isHome: boolean): Promise<Trial[]>;
}

/**
 * Makes a comparison at the point itself, and at points nearby as long as a tensor has not been found right: kinks, zeros
 * and rounding may spoil it at one of them.
 */
export async function compareNearby({ problem, random }: CheckBench, comparison: Comparison): Promise<Measurement> {
  const ledgers: Ledger[] = [];
  const places: string[] = [];
  let directions = 0;
  for (const { part, point } of nearbyPoints(problem, problem.point.parameters, random)) {
    let trials: Trial[];
    try {
      trials = await comparison.tryAt(point, part === 0);
    } catch (error) {
      if (part === 0 || !isNotFinite(error)) throw error;
      continue;
    }
    places.push(part === 0 ? "at the point itself" : `${part * 100} % away from it`);
    for (const [i, trial] of trials.entries()) {
      (ledgers[i] ??= new Ledger(trial.limit)).add(trial);
      directions += trial.directions;
    }
    const isSettled = ledgers.every(({ suspects, right }) => suspects.size === 0 && right.size > 0);
    if (isSettled || trials.some(({ proven }) => proven.size > 0)) break;
  }
  const why = places.length > 1 ? ", as kinks, zeros or rounding decide nothing at some" : "";
  const { method, subject } = comparison;
  const failing = ledgers.flatMap((ledger) => ledger.failing);
  const [first] = ledgers;
  const isDecided = failing.length > 0 || first.right.size > 0;
  const rest =
    failing.length > 0
      ? `It is wrong among ${labelsOf(
          problem,
          failing.map(([number]) => number),
        )}.`
      : first.right.size === 0
        ? `Nothing was decided: rounding or jumps of the loss are larger than what the ${subject} says, or it is not finite a step away.`
        : first.suspects.size > 0
          ? `Nothing was decided about ${labelsOf(problem, [...first.suspects])}.`
          : "";
  const { worst, limit } = ledgers.reduce((a, b) => (b.worst / b.limit > a.worst / a.limit ? b : a));
  return {
    measured: isDecided ? worst : 0,
    limit,
    undecided: !isDecided,
    detail:
      `${method} Done ${places.join(", ")}${why}; ${directions} direction${directions === 1 ? "" : "s"}. ${rest}`.trim(),
  };
}

function labelsOf({ space }: Problem, numbers: readonly number[]): string {
  return [...new Set(numbers)]
    .slice(0, 3)
    .map((number) => `"${space.tensors[number].label}"`)
    .join(", ");
}
