import { roundoff } from "../estimators/products.ts";
import type { Desk } from "./desk.ts";

/** A difference from float64 is the error itself; the little more is for what float64 rounds. */
export const MEASURED = 1.01;

/** A weight rounded once stands for the few roundings that each number behind it has met. */
export const ROUNDINGS = 4;

/**
 * The weights, each rounded once up or down: what that moves, {@link ROUNDINGS} times, is what rounding leaves of a
 * number, for none says more than its weights do. Where there is no float64 to compare with, what one rounding of every
 * number behind the weights moves, as often, is added: the weights alone do not show the quantum of 1 − p, p near 1.
 */
export function roundedParameters({ problem, point, random }: Desk): Float64Array {
  const signs = random.split("rounding").rademacherVector(problem.space.dimension);
  return point.parameters.map((x, i) => x * (1 + 2 * roundoff(problem.options) * signs[i]));
}
