import type { Value } from "./value.ts";

/**
 * Every value in the order in which ONNX Runtime runs the nodes of a graph whose nodes stand in the order of `values`: depth
 * first from what nobody reads, the last of the `outputs` first, and from each to its inputs, the latest first (`GraphViewer`,
 * `ReverseDFSFrom`).
 */
export function runOrder(values: readonly Value[], outputs: readonly Value[]): Value[] {
  const places = new Map(values.map((value, place) => [value, place]));
  const placeOf = (value: Value): number => places.get(value) ?? 0;
  // Its inputs by ascending places: the last is taken first.
  const entry = (value: Value) => ({ value, inputs: value.inputs.toSorted((a, b) => placeOf(a) - placeOf(b)) });
  const done = new Set<Value>();
  for (const output of outputs.toReversed()) {
    const stack = [entry(output)];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.inputs.pop();
      if (input === undefined) {
        done.add(top.value);
        stack.pop();
      } else if (!done.has(input)) stack.push(entry(input));
    }
  }
  return [...done];
}
