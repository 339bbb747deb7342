import { dependents, reachable, rebuild } from "./traverse.ts";
import { emptyGraphFor, inspected } from "./inspected.ts";
import { inputNameOf, tensorOf } from "./leaf.ts";
import type { Value } from "./value.ts";
import { sizeOf } from "../util/tensor.ts";

/** A computation cut in two at the values that do not depend on some inputs. */
export interface Partition {
  /** What to compute once, by name. */
  readonly prepared: Map<string, Value>;
  /** The outputs, with the prepared values as inputs under the same names. */
  readonly outputs: Value[];
  /** Elements that the prepared values hold together. */
  readonly elements: number;
}

/**
 * Cuts the outputs at the frontier of what does not depend on `varying`: at a fixed point and batch
 * the primal activations and cotangents serve every product, so they are computed once and fed.
 * Views (Reshape, Expand, …) are repeated behind the cut, never stored spread out; with `repeatCopies`
 * rearranged copies are repeated too, which keeps one of each tensor.
 */
export function partition(
  outputs: readonly Value[],
  varying: readonly Value[],
  options: { repeatCopies?: boolean } = {},
): Partition {
  const order = reachable(outputs);
  const dependent = dependents(order, varying);
  const cut = new Set<Value>();
  const request = (value: Value) => {
    if (dependent.has(value) || tensorOf(value) || inputNameOf(value) !== undefined) return;
    const isRepeated = value.operation.view || (options.repeatCopies && value.operation.rearranges);
    if (isRepeated) value.inputs.forEach(request);
    else cut.add(value);
  };
  for (const value of order) if (dependent.has(value)) value.inputs.forEach(request);
  outputs.forEach(request);

  const prepared = new Map<string, Value>();
  const names = new Map<Value, string>();
  for (const value of [...cut].sort((a, b) => a.id - b.id)) {
    const name = `prepared:${prepared.size}`;
    prepared.set(name, value);
    names.set(value, name);
  }
  const graph = emptyGraphFor(outputs);
  const rest = rebuild(outputs, graph, (value) => {
    const name = names.get(value);
    return name === undefined ? undefined : graph.input(name, value.dtype, value.shape);
  });
  return {
    prepared,
    outputs: inspected("partition", rest),
    elements: [...cut].reduce((sum, value) => sum + sizeOf(value.shape), 0),
  };
}
