import { z } from "zod";
import { forEachOffset, stridesOf } from "../graph/broadcast.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { FIRST, byRegime } from "../graph/scaling.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { axisSchema, shapeSchema } from "./attribute-schemas.ts";
import { defineOp } from "./define-op.ts";
import { ZERO_DERIVATIVE } from "./elementwise.ts";
import { besideAxis } from "./gather.ts";
import { expand } from "./structure.ts";

/**
 * ScatterElementsMax: integers −1, into which the integers `numbers` ≥ 0 are written at given indices of
 * an axis; of several writes to one element the largest stays. With numbers that rise it says which write
 * came last, so that writing can be differentiated: a gather of the writes that stay.
 */
export const ScatterElementsMax = defineOp({
  name: "ScatterElementsMax",
  summary: "the largest integer written to each element of an axis, −1 where none is",
  attributes: z.strictObject({ axis: axisSchema, shape: shapeSchema }),
  make: ({ axis, shape }): Primitive => ({
    name: "ScatterElementsMax",
    takes: ["integers"],
    scaling: byRegime({ positive: FIRST }),
    attributes: { axis, shape },
    examplesLayout: (node, given) => besideAxis(node, given, axis),
    infer: () => ({ dtype: "int64", shape }),
    evaluate: ([numbers, indices], type) => {
      const data = new Float64Array(sizeOf(shape)).fill(-1);
      const strides = stridesOf(shape);
      forEachOffset(
        indices.shape,
        strides.map((stride, each) => (each === axis ? 0 : stride)),
        0,
        (position, offset) => {
          const index = indices.data[position];
          const to = offset + (index < 0 ? index + shape[axis] : index) * strides[axis];
          data[to] = Math.max(data[to], numbers.data[position]);
        },
      );
      return { ...type, data };
    },
    ...ZERO_DERIVATIVE,
    vmap: (_node, inputs, batched, size) => {
      const [numbers, indices] = inputs.map((input, i) => (batched[i] ? input : expand(input, [size, ...input.shape])));
      return scatterElementsMax(numbers, indices, axis + 1, [size, ...shape]);
    },
    emit: (_node, [numbers, indices], e) => {
      const none = e.node("Expand", [e.integers([-1]), e.integers(shape.length === 0 ? [1] : shape)]);
      return e.node("ScatterElements", [none, indices, numbers], { axis, reduction: "max" });
    },
  }),
});

/**
 * Which of several writes to an element of an axis came last: the largest of their numbers, −1 where there is none.
 *
 * @example
 * scatterElementsMax(integers([0, 1, 2]), integers([0, 2, 0]), 0, [3]); // → [2, -1, 1]
 */
export function scatterElementsMax(numbers: Value, indices: Value, axis: number, shape: Shape): Value {
  return numbers.graph.apply(ScatterElementsMax.make({ axis, shape }), [numbers, indices]);
}
