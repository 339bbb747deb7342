import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { RunContext } from "../util/run-context.ts";

/** A problem to be checked. */
export interface Subject {
  /** In the precision that runs use. */
  readonly problem: Problem;
  /** The same in float64; the same object where the runs use float64. */
  readonly exact: Problem;
  readonly random: RandomStream;
  readonly context: RunContext;
}

/** One claim about the derivatives of a problem. */
export interface DerivativeCheck {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly title: string;
  /** What is compared with what, in one sentence. */
  readonly detail: string;
  /** Cheap enough for every run. */
  readonly quick?: boolean;
  /** Why it says nothing about this problem, or undefined when it does. */
  notFor?(problem: Problem): string | undefined;
  /** The largest value of `measure` that passes. */
  limit(problem: Problem): number;
  /** A relative error. */
  measure(subject: Subject): Promise<number>;
}

/** Error that rounding explains: some hundred unit roundoffs. */
export function roundingLimit({ options }: Problem): number {
  return options.precision === "float32" ? 1e-4 : 1e-11;
}
