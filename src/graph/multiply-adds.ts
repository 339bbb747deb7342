import { reachable } from "./traverse.ts";
import type { Value } from "./value.ts";

/** Multiply–adds of one run of a forward graph: of its matrix products and convolutions, which is nearly all. */
export function multiplyAdds(outputs: readonly Value[]): number {
  let sum = 0;
  for (const value of reachable(outputs)) sum += value.operation.multiplyAdds?.(value) ?? 0;
  return sum;
}
