import { forEachOffset, stridesOf } from "./broadcast.ts";
import { inputNameOf, tensorOf } from "./leaf.ts";
import { reachable } from "./traverse.ts";
import type { ExamplesLayout, InputLayouts } from "./examples-layout.ts";
import type { Value } from "./value.ts";

/**
 * The first value, among those that the outputs need, for which the graph does not show that it is made of one
 * example each: examples are mixed there, or nothing is known. Undefined where the graph shows that every
 * output is a function of one example, with the examples along axis 0 of the outputs.
 *
 * Cost: one walk over the graph, which computes nothing.
 */
export function whereExamplesMeet(
  outputs: readonly Value[],
  inputs: ReadonlySet<string>,
  examples: number,
): Value | undefined {
  const layouts = new Map<Value, ExamplesLayout>();
  for (const value of reachable(outputs)) {
    const name = inputNameOf(value);
    if (name !== undefined && inputs.has(name)) layouts.set(value, { axis: 0, outer: 1 });
    const given = value.inputs.map((input) => layouts.get(input));
    if (given.every((layout) => layout === undefined)) continue;
    const { operation } = value;
    const layout = operation.elementwise
      ? alongBroadcast(value, given)
      : operation.examplesLayout?.(value, given, examples);
    if (!layout) return value;
    layouts.set(value, layout);
  }
  return outputs.find((output) => {
    const layout = layouts.get(output);
    return layout !== undefined && (layout.axis !== 0 || layout.outer !== 1);
  });
}

/** The layout where only the first input holds examples and the axes that `isOwn` accepts are not mixed and stay where they are. */
export function keptAxis(
  isOwn: (axis: number) => boolean,
): (node: Value, given: InputLayouts) => ExamplesLayout | undefined {
  return (_node, [first, ...rest]) =>
    first && isOwn(first.axis) && rest.every((layout) => layout === undefined) ? first : undefined;
}

/** The layout where inputs are broadcast against the output: all along one axis, beside what is the same for every example. */
export function alongBroadcast(node: Value, given: InputLayouts): ExamplesLayout | undefined {
  const behind = (input: Value) => node.shape.length - input.shape.length;
  let found: ExamplesLayout | undefined;
  for (const [i, layout] of given.entries()) {
    if (!layout) continue;
    const axis = layout.axis + behind(node.inputs[i]);
    if (found && (found.axis !== axis || found.outer !== layout.outer)) return undefined;
    found = { axis, outer: layout.outer };
  }
  if (!found) return undefined;
  const { axis } = found;
  const fits = node.inputs.every((input, i) => given[i] !== undefined || isSameAlong(input, axis - behind(input)));
  return fits ? found : undefined;
}

/** How far back it is looked for a reason why a value is the same at every index. */
const MOST_STEPS = 12;

/** Whether a value is known to be the same at every index of an axis (one that it does not have, as well). */
function isSameAlong(value: Value, axis: number, depth = 0): boolean {
  if (axis < 0 || value.shape[axis] === 1) return true;
  const constant = tensorOf(value);
  if (constant) {
    const strides = stridesOf(value.shape);
    let isSame = true;
    const first = strides.map((stride, each) => (each === axis ? 0 : stride));
    forEachOffset(value.shape, first, 0, (position, offset) => {
      isSame &&= Object.is(constant.data[position], constant.data[offset]);
    });
    return isSame;
  }
  const { operation, inputs, shape } = value;
  if (depth === MOST_STEPS) return false;
  if (operation.elementwise || operation.broadcasts)
    return inputs.every((input) => isSameAlong(input, axis - (shape.length - input.shape.length), depth + 1));
  // What makes each slice of the output of one slice of an input makes equal ones of equal ones.
  return inputs.some((input, i) =>
    input.shape.some((extent, along) => {
      if (extent !== shape[axis]) return false;
      const given = inputs.map((_, each) => (each === i ? { axis: along, outer: 1 } : undefined));
      const layout = operation.examplesLayout?.(value, given, extent);
      return layout?.axis === axis && layout.outer === 1 && isSameAlong(input, along, depth + 1);
    }),
  );
}
