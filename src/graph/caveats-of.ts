import { ANYWHERE, type Interval } from "./interval.ts";
import { rangeOf } from "./range-of.ts";
import { reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/** Sentences about points without derivative that the outputs may pass through, by where their elements can lie, each once. */
export function caveatsOf(outputs: readonly Value[]): string[] {
  const ranges = new Map<Value, Interval>();
  const found = reachable(outputs).flatMap((value) => {
    const inputs = value.inputs.map((input) => ranges.get(input) ?? ANYWHERE);
    ranges.set(value, rangeOf(value, inputs));
    const { caveat } = value.operation;
    return (typeof caveat === "function" ? caveat(value, inputs) : caveat) ?? [];
  });
  return [...new Set(found)];
}
