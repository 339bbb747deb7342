import { z } from "zod";
import { forEachOffset, stridesOf } from "../graph/broadcast.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { byRegime } from "../graph/scaling.ts";
import { allocate, isFloat, sizeOf } from "../util/tensor.ts";
import { axisSchema } from "./attribute-schemas.ts";
import { add, div } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { requireSameDtype } from "./elementwise.ts";
import { besideAxis, gatherElements, scatterElementsAdd } from "./gather.ts";
import { cast, equal, where } from "./logic.ts";
import { expand } from "./structure.ts";

/**
 * ScatterElementsLargest: at each element of the data the largest of it and of the updates that are written there, by
 * index along an axis; of integers too, which say which write came last where they rise. Where several are the largest they share the derivative equally, as in ReduceMax.
 */
export const ScatterElementsLargest = defineOp({
  name: "ScatterElementsLargest",
  summary: "the largest of each element and of what is written to it, by index along an axis",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    name: "ScatterElementsLargest",
    takes: ["integers", "numbers"],
    scaling: byRegime({ positive: { kind: "select" } }),
    attributes: { axis },
    examplesLayout: (node, given) => besideAxis(node, given, axis),
    infer: ([, data, updates]) => {
      requireSameDtype("ScatterElementsLargest", [data, updates]);
      return { dtype: data.dtype, shape: data.shape };
    },
    evaluate: ([indices, source, updates], { dtype, shape }) => {
      const data = allocate(dtype, sizeOf(shape));
      data.set(source.data);
      const strides = stridesOf(shape);
      forEachOffset(
        indices.shape,
        strides.map((stride, each) => (each === axis ? 0 : stride)),
        0,
        (position, offset) => {
          const index = indices.data[position];
          const to = offset + (index < 0 ? index + shape[axis] : index) * strides[axis];
          data[to] = Math.max(data[to], updates.data[position]);
        },
      );
      return { dtype, shape, data };
    },
    jvp: (node, [, s, t]) => {
      if (!s && !t) return undefined;
      const { stays, written, count } = winners(node, axis);
      const kept = s && where(stays, s, 0);
      const moved = t && scatterElementsAdd(where(written, t, 0), node.inputs[0], axis, node.shape);
      return div(kept && moved ? add(kept, moved) : (kept ?? moved ?? node.graph.scalar(0, node.dtype)), count);
    },
    vjp: (node, g, i) => {
      if (i === 0) return undefined;
      const { stays, written, count } = winners(node, axis);
      const share = div(g, count);
      return i === 1 ? where(stays, share, 0) : where(written, gatherElements(share, node.inputs[0], axis), 0);
    },
    vmap: (_node, inputs, batched, size) => {
      const [indices, data, updates] = inputs.map((input, i) =>
        batched[i] ? input : expand(input, [size, ...input.shape]),
      );
      return scatterElementsLargest(data, updates, indices, axis + 1);
    },
    emit: (_node, [indices, data, updates], e) =>
      e.node("ScatterElements", [data, indices, updates], { axis, reduction: "max" }),
    caveat: ({ dtype }) =>
      isFloat(dtype)
        ? "The largest or smallest of what is written to one place has no derivative where two are equal (shared equally)"
        : undefined,
  }),
});

/** Which elements are the largest of their place, in the data and among the updates, and how many there are at each. */
function winners(node: Value, axis: number) {
  const [indices, data, updates] = node.inputs;
  const stays = equal(data, node);
  const written = equal(updates, gatherElements(node, indices, axis));
  const ones = scatterElementsAdd(cast(written, node.dtype), indices, axis, node.shape);
  return { stays, written, count: add(cast(stays, node.dtype), ones) };
}

/**
 * Elements of an axis by index, where the largest of what stands there and what is written stays.
 *
 * @example
 * scatterElementsLargest(floats([1, 2, 3]), floats([5, 0, 4]), integers([0, 1, 0]), 0); // → [5, 2, 3]
 */
export function scatterElementsLargest(data: Value, updates: Value, indices: Value, axis: number): Value {
  return data.graph.apply(ScatterElementsLargest.make({ axis }), [indices, data, updates]);
}
