import { numberArithmetic } from "./arithmetic.ts";
import { matrixWalk } from "./matrix-walk.ts";
import type { CoordinateRule, Optimizer } from "./optimizer.ts";
import type { GradientQuery, Outset, Step, Walk } from "./walk.ts";

/** An optimiser with its numbers, on its way. */
export function walkOf(tuned: ReturnType<Optimizer["with"]>, outset: Outset): Walk {
  if ("rule" in tuned) return coordinateWalk(tuned.rule, outset.start);
  return "matrixRule" in tuned ? matrixWalk(tuned.matrixRule, outset) : tuned.walk(outset);
}

/** A rule that acts coordinate by coordinate, on its way. */
function* coordinateWalk(rule: CoordinateRule, start: Float64Array): Walk {
  const weights = start.slice();
  const slope: GradientQuery = { kind: "gradient", at: weights, found: new Float64Array(start.length) };
  const done: Step = { kind: "step", weights };
  const zero = rule.state.map(() => 0);
  const states = Array.from(start, (): readonly number[] => zero);
  for (let step = 0; ; step++) {
    yield slope;
    const numbers = rule.numbers(step);
    for (let i = 0; i < weights.length; i++) {
      const { weight, state } = rule.update(numberArithmetic, {
        weight: weights[i],
        gradient: slope.found[i],
        state: states[i],
        numbers,
      });
      weights[i] = weight;
      states[i] = state;
    }
    yield done;
  }
}
