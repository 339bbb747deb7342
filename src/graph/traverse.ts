import { inputNameOf } from "./leaf.ts";
import { requireType } from "./require-type.ts";
import type { Value, ValueGraph } from "./value.ts";

/** Every value that the outputs need, in topological order. */
export function reachable(outputs: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  const stack = [...outputs];
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    for (const each of value.inputs) stack.push(each);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** How often each value is an input or an output. */
export function countUses(outputs: readonly Value[]): Map<Value, number> {
  const uses = new Map<Value, number>();
  for (const value of [...reachable(outputs).flatMap((each) => each.inputs), ...outputs])
    uses.set(value, (uses.get(value) ?? 0) + 1);
  return uses;
}

/** The values among `values` (in topological order) that depend on one of `sources`, sources included. */
export function dependents(values: readonly Value[], sources: readonly Value[]): Set<Value> {
  const set = new Set<Value>(sources);
  for (const value of values) {
    if (value.inputs.some((input) => set.has(input))) set.add(value);
  }
  return set;
}

/**
 * Rebuilds the outputs in `graph`, letting `rewrite` replace each value; it gets the value and its
 * already rebuilt inputs and returns undefined to keep the operation as it is.
 */
export function rebuild(
  outputs: readonly Value[],
  graph: Pick<ValueGraph, "apply">,
  rewrite: (value: Value, inputs: readonly Value[]) => Value | undefined,
): Value[] {
  const rebuilt = new Map<Value, Value>();
  const look = (value: Value): Value => {
    const found = rebuilt.get(value);
    if (!found) throw new RangeError("rebuild met a value before its inputs");
    return found;
  };
  for (const value of reachable(outputs)) {
    const inputs = value.inputs.map(look);
    const rewritten = rewrite(value, inputs);
    rebuilt.set(
      value,
      rewritten
        ? requireType(`Rewriting ${value.operation.name}`, rewritten, value)
        : graph.apply(value.operation, inputs),
    );
  }
  return outputs.map(look);
}

/** The inputs that the outputs need, by name. */
export function inputsOf(outputs: readonly Value[]): Map<string, Value> {
  const inputs = new Map<string, Value>();
  for (const value of reachable(outputs)) {
    const name = inputNameOf(value);
    if (name !== undefined) inputs.set(name, value);
  }
  return inputs;
}
