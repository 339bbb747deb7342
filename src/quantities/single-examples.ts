import type { Problem } from "../problem/problem.ts";

/** Why there are no gradients of single examples, for what needs them; undefined where there are. */
export function needsSingleExamples(problem: Problem): string | undefined {
  if (problem.coupled !== undefined) return `No example has a gradient of its own: ${problem.coupled}.`;
  return problem.takesBatch(1)
    ? undefined
    : `The gradient of a single example needs a batch of one, and the model was exported for batches of ${problem.options.batchSize}.`;
}

/** Whether every example has a gradient of its own. */
export function hasSingleExamples({ problem }: { readonly problem: Problem }): boolean {
  return needsSingleExamples(problem) === undefined;
}
