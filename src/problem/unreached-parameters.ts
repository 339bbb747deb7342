import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";

/** Parameters, by name, that no output among `outputs` is computed from: whatever is measured of those outputs does not see them. */
export function unreachedParameters(outputs: readonly Value[], parameters: ReadonlyMap<string, Value>): string[] {
  const reached = new Set(reachable(outputs));
  return [...parameters].flatMap(([name, value]) => (reached.has(value) ? [] : [name]));
}
