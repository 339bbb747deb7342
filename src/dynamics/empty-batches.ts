import type { Problem } from "../problem/problem.ts";
import { formatCount, formatCounted } from "../util/format-size.ts";
import type { Order } from "./mini-batches.ts";

/** How many of the first steps have a batch in which no label counts: its loss is empty, and taken as 0. */
export function emptyBatchesIn(problem: Problem, order: Order, steps: number): number {
  let empty = 0;
  for (let step = 0; step < steps; step++) if (!problem.hasTerms(order.at(step))) empty++;
  return empty;
}

/** That as a sentence; nothing where there are none. */
export function aboutEmptyBatches(empty: number, steps: number): string[] {
  if (empty === 0) return [];
  return [
    `No label counts in the batches of ${formatCount(empty)} of the ${formatCounted(steps, "step")}: each is marked as ignored, or of a class without weight. The loss of such a batch is taken as 0, so that momentum and decay alone move the weights. Larger batches have fewer of them.`,
  ];
}
