import type { Problem } from "../problem/problem.ts";

/** Why there are no gradients of single examples, for what needs them; undefined where there are. */
export function needsSingleExamples(problem: Problem): string | undefined {
  return problem.coupled === undefined ? undefined : `No example has a gradient of its own: ${problem.coupled}.`;
}

/** Whether every example has a gradient of its own. */
export function hasSingleExamples({ problem }: { readonly problem: Problem }): boolean {
  return problem.coupled === undefined;
}
