import { inspected } from "../graph/inspected.ts";
import { requireType } from "../graph/require-type.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { expand } from "../ops/structure.ts";

/**
 * The outputs for a whole block of inputs at once: each value of `blocks` is replaced by one with a
 * leading axis of extent `size`, and every output carries that axis. What does not depend on a block
 * is computed once for all of it.
 */
export function vectorize(outputs: readonly Value[], blocks: ReadonlyMap<Value, Value>, size: number): Value[] {
  const known = new Map<Value, Value>(blocks);
  for (const value of reachable(outputs)) {
    if (known.has(value)) continue;
    const batched = value.inputs.map((input) => known.has(input));
    if (!batched.includes(true)) continue;
    const inputs = value.inputs.map((input) => known.get(input) ?? input);
    const block = { dtype: value.dtype, shape: [size, ...value.shape] };
    const made = value.operation.vmap(value, inputs, batched, size);
    known.set(value, requireType(`The block rule of ${value.operation.name}`, made, block));
  }
  return inspected(
    "vectorize",
    outputs.map((output) => known.get(output) ?? expand(output, [size, ...output.shape])),
  );
}
