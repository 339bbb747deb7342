import type { Problem } from "../../problem/problem.ts";
import { plus, times } from "../../problem/work.ts";
import type { Plan } from "../../runs/plan.ts";
import { pointsKept } from "./path-keeper.ts";
import { batchOf, optimizerOf, type RaceOptions, USUAL } from "./race-options.ts";
import { DRAWN } from "./walks-on-toy.ts";

/**
 * What a race on a network takes, about, where every walk takes all its steps: gradients, and the losses that are shown. What an
 * optimiser asks for besides hangs on its way, and the plan says that it is not counted.
 */
export function racePlan(problem: Problem, asked: RaceOptions): Plan {
  const { starts = USUAL.network.starts, steps = USUAL.network.steps, target, optimizers, lr } = asked;
  const share = batchOf(asked, problem) / problem.examples;
  const unseen = (problem.heldOut?.examples ?? 0) / problem.examples;
  const tuned = optimizers.map((text) => ({ text, ...optimizerOf(text, lr).tuned }));
  const others = tuned.flatMap((each) => ("walk" in each ? [each.text] : []));
  const gradients = tuned.reduce(
    (sum, each) => sum + ("matrixRule" in each && each.matrixRule.uphill !== undefined ? 2 : 1),
    0,
  );
  const looks = target === undefined ? Math.min(starts, DRAWN) * pointsKept(steps) : starts * (steps + 1);
  return {
    noun: "race",
    steps: [
      {
        name: "walks",
        title: `${starts} × ${optimizers.join(", ")}: ${steps} steps at most${others.length === 0 ? "" : `; what ${others.join(", ")} may ask for besides a gradient a step is not counted`}`,
        products: 0,
        work: plus(
          { gradients: starts * steps * gradients * share },
          times(tuned.length, { losses: looks + starts * (1 + unseen), gradients: starts }),
        ),
        bytes: 0,
        skipped: undefined,
      },
    ],
    tasks: 1,
    problem,
    warnings: [],
  };
}
