import { aside } from "../result/known.ts";
import { count } from "../result/real.ts";
import { formatCount } from "../util/format-size.ts";
import { contributionsOf } from "./contributions.ts";
import type { Desk } from "./desk.ts";

/** Where the loss is a sum, over how many examples: the factor in the gradients of single examples. */
export const summedOver = aside(count)
  .nullable()
  .default(null)
  .describe(
    "Where the loss is a sum: over how many examples. gᵢ is then so many times the gradient of the loss of example i, so that the gᵢ average to g; null where the loss is a mean.",
  );

export function summedOverIn({ problem, point }: Pick<Desk, "problem" | "point">): number | null {
  return problem.options.reduction === "sum" ? contributionsOf(point).examples.length : null;
}

/** The same in the note of a number, behind "gradients of single examples"; empty where the loss is a mean. */
export function timesSum(examples: number | null): string {
  return examples === null || examples === 1 ? "" : `, taken ${formatCount(examples)} times as the loss is a sum`;
}

/** What that makes of the gradients of single examples, as a sentence behind others; empty where the loss is a mean. */
export function aboutSum(examples: number | null): string {
  return examples === null || examples === 1
    ? ""
    : ` The loss is a sum: each example's gradient is taken ${formatCount(examples)} times, as there are so many examples, for these to average to the gradient.`;
}
