import { sameShape } from "../graph/broadcast.ts";
import type { Value } from "../graph/value.ts";
import { alignBlocked, fromBlocked, sourceOf } from "./blocked-layout.ts";
import { ReduceSum, reduceSum, reshape, transpose } from "./structure.ts";
import { sumRows } from "./sum-rows.ts";

/**
 * An elementwise operation or a sum of blocked images, moved behind the change of layout:
 * f(FromBlocked a, FromBlocked b) becomes FromBlocked f(a, b), so that activations, masks and cotangents
 * stay blocked from one convolution to the next. Undefined where the value has to be plain.
 */
export function keepBlocked(value: Value, inputs: readonly Value[]): Value | undefined {
  if (value.operation.elementwise) return keepElementwise(value, inputs);
  if (value.operation.name === ReduceSum.name) return keepSum(value, inputs[0]);
  return undefined;
}

function keepElementwise(value: Value, inputs: readonly Value[]): Value | undefined {
  const layout = inputs.map(sourceOf).find((source, i) => source && sameShape(inputs[i].shape, value.shape));
  if (!layout) return undefined;
  const aligned: Value[] = [];
  for (const input of inputs) {
    const source = sameShape(input.shape, value.shape) ? sourceOf(input) : undefined;
    const physical = source?.axis === layout.axis ? source.physical : alignBlocked(input, value.shape, layout);
    if (!physical) return undefined;
    aligned.push(physical);
  }
  return fromBlocked(layout.physical.graph.apply(value.operation, aligned), layout.axis, value.shape);
}

/** Sums over both spatial axes, and perhaps over images or channels, from the inside: rows of B at a time. */
function keepSum(value: Value, input: Value): Value | undefined {
  const source = sourceOf(input);
  const { axes } = value.operation.attributes;
  if (!source || !Array.isArray(axes)) return undefined;
  const summed = axes.map(Number);
  if (!summed.includes(2) || !summed.includes(3)) return undefined;
  const { physical, axis } = source;
  const [outer, inner, height, width, block] = physical.shape;
  const plane = reshape(sumRows(reshape(physical, [outer * inner, height * width, block])), [outer, inner, block]);
  const others = [0, 1].filter((each) => summed.includes(each));
  if (others.includes(axis)) return reshape(reduceSum(plane, [...others, 2]), value.shape);
  const sum = reduceSum(plane, others);
  // [outer, inner, B] → [outer·B, inner] where images lie side by side.
  return reshape(axis === 0 ? transpose(sum, [0, 2, 1]) : sum, value.shape);
}
