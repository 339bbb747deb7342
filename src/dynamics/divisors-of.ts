import { numberArithmetic } from "../optimizers/arithmetic.ts";
import type { MatrixRule } from "../optimizers/optimizer.ts";
import type { Problem } from "../problem/problem.ts";
import { sizeOf } from "../util/tensor.ts";
import { stateName } from "./parameter-packs.ts";
import type { TrainState } from "./trainer.ts";

/** Where an optimiser stands behind some steps. */
export interface StandingRule {
  /** Steps that were done. */
  readonly step: number;
  readonly rule: MatrixRule;
  readonly stepSize: number;
  readonly state: TrainState;
}

/** D that the optimiser divides each coordinate by, behind its last step; undefined before the first, and where it divides by nothing. */
export function divisorsOf(
  problem: Problem,
  { rule: { coordinates: rule }, step, stepSize, state }: StandingRule,
): Float64Array | undefined {
  if (rule?.preconditioner === undefined || step === 0) return undefined;
  const numbers = rule.numbers(step - 1, stepSize);
  const found = new Float64Array(problem.space.dimension);
  for (const { name, offset, shape } of problem.space.tensors) {
    const states = rule.state.map((each) => state.state.get(stateName(each, name))?.data ?? []);
    for (let i = 0; i < sizeOf(shape); i++)
      found[offset + i] = rule.preconditioner(numberArithmetic, {
        state: states.map((data) => data[i]),
        numbers,
        stepSize,
      });
  }
  return found;
}
