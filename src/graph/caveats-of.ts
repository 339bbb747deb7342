import { reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/** Sentences about points without derivative that the outputs pass through, each once. */
export function caveatsOf(outputs: readonly Value[]): string[] {
  const found = reachable(outputs).flatMap((value) => {
    const { caveat } = value.operation;
    return (typeof caveat === "function" ? caveat(value) : caveat) ?? [];
  });
  return [...new Set(found)];
}
