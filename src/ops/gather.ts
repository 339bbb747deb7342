import { z } from "zod";
import type { ExamplesLayout, InputLayouts } from "../graph/examples-layout.ts";
import { alongBroadcast } from "../graph/where-examples-meet.ts";
import { forEachOffset, stridesOf } from "../graph/broadcast.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { FIRST, always } from "../graph/scaling.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, sizeOf, type Shape } from "../util/tensor.ts";
import { axisSchema, shapeSchema } from "./attribute-schemas.ts";
import { add, mul } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { mod } from "./logic.ts";
import { expand, reshape, transpose } from "./structure.ts";

function wrapIndex(index: number, extent: number): number {
  const wrapped = index < 0 ? index + extent : index;
  if (wrapped < 0 || wrapped >= extent) {
    throw new ThalwegError({
      kind: "input",
      code: "index-out-of-range",
      message: `Gather reads index ${index} of an axis of extent ${extent}.`,
      where: { op: "Gather" },
    });
  }
  return wrapped;
}

/**
 * Gather: whole slices of an axis by index, y = x[…, indices, …]; the shape of the indices takes the
 * place of the axis. Linear in x; its adjoint is ScatterAdd.
 */
export const Gather = defineOp({
  name: "Gather",
  summary: "slices of an axis by index",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    name: "Gather",
    range: (_node, [x]) => x,
    takes: ["anything", "integers"],
    scaling: always(FIRST),
    attributes: { axis },
    weightAxes: (_node, i) => (i === 0 ? [axis] : undefined),
    layerAxes: ({ inputs: [table], shape }, i) =>
      i === 0 && table.shape.length === 2 ? [1 - axis, axis === 0 ? shape.length - 1 : 0] : undefined,
    moves: true,
    examplesLayout: (node, [source, indices]) => {
      if (!source) return indices && { ...indices, axis: axis + indices.axis };
      if (indices || source.axis === axis) return undefined;
      return source.axis < axis ? source : { ...source, axis: source.axis + node.inputs[1].shape.length - 1 };
    },
    units: (_node, [x, indices], desk) => {
      desk.allow(x[axis], "fixed");
      return [...x.slice(0, axis), ...indices.map((each) => desk.allow(each, "fixed")), ...x.slice(axis + 1)];
    },
    infer: ([x, indices]) => ({
      dtype: x.dtype,
      shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
    }),
    evaluate: ([x, indices], type) => {
      const inner = sizeOf(x.shape.slice(axis + 1));
      const outer = sizeOf(x.shape.slice(0, axis));
      const extent = x.shape[axis];
      const data = allocate(type.dtype, sizeOf(type.shape));
      let at = 0;
      for (let row = 0; row < outer; row++) {
        for (const index of indices.data) {
          const from = (row * extent + wrapIndex(index, extent)) * inner;
          data.set(x.data.subarray(from, from + inner), at);
          at += inner;
        }
      }
      return { ...type, data };
    },
    jvp: (node, [t]) => t && gather(t, node.inputs[1], axis),
    vjp: (node, g, i) => (i === 0 ? scatterAdd(g, node.inputs[1], axis, node.inputs[0].shape[axis]) : undefined),
    vmap: (_node, [x, indices], [batchedX, batchedIndices], size) => {
      if (!batchedIndices) return gather(x, indices, axis + 1);
      if (!batchedX) {
        // The batch axis of the indices lands at `axis`; bring it to the front.
        const y = gather(x, indices, axis);
        const order = y.shape.map((_, each) => each);
        return transpose(y, [axis, ...order.filter((each) => each !== axis)]);
      }
      return gatherBatched(x, indices, axis, size);
    },
    emit: (_node, inputs, e) => e.node("Gather", inputs, { axis }),
  }),
});

/**
 * Slices of an axis by index, which may count from the back.
 *
 * @example
 * gather(floats([[1, 2], [3, 4]]), integers([-1, 0]), 0); // → [[3, 4], [1, 2]]
 */
export function gather(x: Value, indices: Value, axis: number): Value {
  return x.graph.apply(Gather.make({ axis }), [x, indices]);
}

/** Indices counted from the front, from ones that may count from the back: only these can be added to. */
function fromFront(indices: Value, extent: number): Value {
  return mod(indices, indices.graph.scalar(extent, "int64"));
}

/** Indices into [size·extent, …] from batched indices into [size, extent, …]. */
function offsetIndices(indices: Value, extent: number, size: number): Value {
  const shape = [size, ...new Array<number>(indices.shape.length - 1).fill(1)];
  const offsets = indices.graph.integers(Array.from({ length: size }, (_, i) => i * extent));
  return add(fromFront(indices, extent), reshape(offsets, shape));
}

function gatherBatched(x: Value, indices: Value, axis: number, size: number): Value {
  // x: [K, …pre, extent, …post] → [K·extent, …pre, …post]
  const order = x.shape.map((_, each) => each).filter((each) => each !== 0 && each !== axis + 1);
  const extent = x.shape[axis + 1];
  const flat = transpose(x, [0, axis + 1, ...order]);
  const rows = reshape(flat, [size * extent, ...order.map((each) => x.shape[each])]);
  const y = gather(rows, offsetIndices(indices, extent, size), 0);
  // y: [K, …indices, …pre, …post] → [K, …pre, …indices, …post]
  const inner = indices.shape.length - 1;
  const axes = y.shape.map((_, each) => each);
  return transpose(y, [
    0,
    ...axes.slice(1 + inner, 1 + inner + axis),
    ...axes.slice(1, 1 + inner),
    ...axes.slice(1 + inner + axis),
  ]);
}

/**
 * ScatterAdd: the adjoint of Gather. Zeros with an axis of the given extent, into which each slice of
 * `g` is added at its index; equal indices add up.
 */
export const ScatterAdd = defineOp({
  name: "ScatterAdd",
  summary: "adds slices into zeros at given indices of an axis",
  attributes: z.strictObject({ axis: axisSchema, extent: z.int().nonnegative() }),
  make: ({ axis, extent }): Primitive => ({
    name: "ScatterAdd",
    takes: ["numbers", "integers"],
    scaling: always(FIRST),
    attributes: { axis, extent },
    examplesLayout: (node, [source, indices]) => {
      const rank = node.inputs[1].shape.length;
      if (!source || indices || (source.axis >= axis && source.axis < axis + rank)) return undefined;
      return source.axis < axis ? source : { ...source, axis: source.axis - rank + 1 };
    },
    infer: ([g, indices]) => ({
      dtype: g.dtype,
      shape: [...g.shape.slice(0, axis), extent, ...g.shape.slice(axis + indices.shape.length)],
    }),
    jvp: (node, [t]) => t && scatterAdd(t, node.inputs[1], axis, extent),
    vjp: (node, h, i) => (i === 0 ? gather(h, node.inputs[1], axis) : undefined),
    vmap: (_node, [g, indices], [batchedG, batchedIndices], size) => {
      if (!batchedIndices) return scatterAdd(g, indices, axis + 1, extent);
      const rank = indices.shape.length - 1;
      const block = batchedG ? g : expand(g, [size, ...g.shape]);
      // [K, …pre, …indices, …post] → [K, …indices, …pre, …post], scattered into K·extent rows
      const axes = block.shape.map((_, each) => each);
      const pre = axes.slice(1, 1 + axis);
      const post = axes.slice(1 + axis + rank);
      const ordered = transpose(block, [0, ...axes.slice(1 + axis, 1 + axis + rank), ...pre, ...post]);
      const rows = scatterAdd(ordered, offsetIndices(indices, extent, size), 0, size * extent);
      const split = reshape(rows, [size, extent, ...rows.shape.slice(1)]);
      const places = split.shape.map((_, each) => each);
      return transpose(split, [0, ...places.slice(2, 2 + axis), 1, ...places.slice(2 + axis)]);
    },
    lower: (_node, [g, indices]) => {
      if (axis === 0) return undefined;
      const axes = g.shape.map((_, each) => each);
      const middle = axes.slice(axis, axis + indices.shape.length);
      const front = transpose(g, [...middle, ...axes.slice(0, axis), ...axes.slice(axis + middle.length)]);
      const scattered = scatterAdd(front, indices, 0, extent);
      const places = scattered.shape.map((_, each) => each);
      return transpose(scattered, [...places.slice(1, 1 + axis), 0, ...places.slice(1 + axis)]);
    },
    emit: (node, [g, indices], e) => {
      const zero = e.node("Expand", [e.scalar(0, node), e.integers(node.shape)]);
      const column = e.node("Unsqueeze", [indices, e.integers([node.inputs[1].shape.length])]);
      return e.node("ScatterND", [zero, column, g], { reduction: "add" });
    },
  }),
});

/**
 * Slices added into zeros at their indices.
 *
 * @example
 * scatterAdd(floats([1, 2, 4]), integers([0, 2, 2]), 0, 3); // → [1, 0, 6]
 */
export function scatterAdd(g: Value, indices: Value, axis: number, extent: number): Value {
  return g.graph.apply(ScatterAdd.make({ axis, extent }), [g, indices]);
}

/**
 * The layout where elements move along another axis than the examples, each within its example.
 *
 * @example
 * besideAxis(neg(input("x", [4, 3])), [{ axis: 0, outer: 1 }], 1); // → { axis: 0, outer: 1 }
 */
export function besideAxis(node: Value, given: InputLayouts, axis: number): ExamplesLayout | undefined {
  const layout = alongBroadcast(node, given);
  const fits =
    layout && layout.axis !== axis && node.inputs.every(({ shape }) => shape[layout.axis] === node.shape[layout.axis]);
  return fits ? layout : undefined;
}

/** GatherElements: y[…, i, …] = x[…, indices[…, i, …], …] along an axis. Its adjoint is ScatterElementsAdd. */
export const GatherElements = defineOp({
  name: "GatherElements",
  summary: "single elements along an axis by index",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    name: "GatherElements",
    range: (_node, [x]) => x,
    takes: ["anything", "integers"],
    scaling: always(FIRST),
    attributes: { axis },
    examplesLayout: (node, given) => besideAxis(node, given, axis),
    infer: ([x, indices]) => ({ dtype: x.dtype, shape: indices.shape }),
    evaluate: ([x, indices], type) => {
      const strides = stridesOf(x.shape);
      const data = allocate(type.dtype, sizeOf(type.shape));
      forEachOffset(
        indices.shape,
        strides.map((stride, each) => (each === axis ? 0 : stride)),
        0,
        (position, offset) => {
          data[position] = x.data[offset + wrapIndex(indices.data[position], x.shape[axis]) * strides[axis]];
        },
      );
      return { ...type, data };
    },
    jvp: (node, [t]) => t && gatherElements(t, node.inputs[1], axis),
    vjp: (node, g, i) => (i === 0 ? scatterElementsAdd(g, node.inputs[1], axis, node.inputs[0].shape) : undefined),
    vmap: (_node, inputs, batched, size) => {
      const [x, indices] = spread(inputs, batched, size);
      return gatherElements(x, indices, axis + 1);
    },
    emit: (_node, inputs, e) => e.node("GatherElements", inputs, { axis }),
  }),
});

/**
 * Element by element along an axis, by index.
 *
 * @example
 * gatherElements(floats([[1, 2], [3, 4]]), integers([[1], [0]]), 1); // → [[2], [3]]
 */
export function gatherElements(x: Value, indices: Value, axis: number): Value {
  return x.graph.apply(GatherElements.make({ axis }), [x, indices]);
}

/** ScatterElementsAdd: the adjoint of GatherElements; equal indices add up. */
export const ScatterElementsAdd = defineOp({
  name: "ScatterElementsAdd",
  summary: "adds single elements into zeros at given indices of an axis",
  attributes: z.strictObject({ axis: axisSchema, shape: shapeSchema }),
  make: ({ axis, shape }): Primitive => ({
    name: "ScatterElementsAdd",
    takes: ["numbers", "integers"],
    scaling: always(FIRST),
    attributes: { axis, shape },
    examplesLayout: (node, given) => besideAxis(node, given, axis),
    infer: ([g]) => ({ dtype: g.dtype, shape }),
    jvp: (node, [t]) => t && scatterElementsAdd(t, node.inputs[1], axis, shape),
    vjp: (node, h, i) => (i === 0 ? gatherElements(h, node.inputs[1], axis) : undefined),
    vmap: (_node, inputs, batched, size) => {
      const [g, indices] = spread(inputs, batched, size);
      return scatterElementsAdd(g, indices, axis + 1, [size, ...shape]);
    },
    emit: (node, [g, indices], e) => {
      const zero = e.node("Expand", [e.scalar(0, node), e.integers(shape)]);
      return e.node("ScatterElements", [zero, indices, g], { axis, reduction: "add" });
    },
  }),
});

/**
 * Elements added into zeros at their indices of an axis.
 *
 * @example
 * scatterElementsAdd(floats([1, 2, 4]), integers([0, 2, 2]), 0, [3]); // → [1, 0, 6]
 */
export function scatterElementsAdd(g: Value, indices: Value, axis: number, shape: Shape): Value {
  return g.graph.apply(ScatterElementsAdd.make({ axis, shape }), [g, indices]);
}

function spread(inputs: readonly Value[], batched: readonly boolean[], size: number): Value[] {
  return inputs.map((input, i) => (batched[i] ? input : expand(input, [size, ...input.shape])));
}

/**
 * Rows of x by index vectors along its first axes (ONNX GatherND without batch axes): the indices
 * [..., r] are turned into flat row numbers of x with its first r axes merged.
 *
 * @example
 * gatherND(floats([[1, 2], [3, 4]]), integers([[1, 0]])); // → [3]
 */
export function gatherND(x: Value, indices: Value): Value {
  const { rows, extents } = flattenIndices(x.shape, indices);
  return gather(reshape(x, [sizeOf(extents), ...x.shape.slice(extents.length)]), rows, 0);
}

/**
 * The adjoint of {@link gatherND}: adds updates into zeros of a shape.
 *
 * @example
 * scatterNDAdd(floats([5, 6]), integers([[1], [1]]), [3]); // → [0, 11, 0]
 */
export function scatterNDAdd(updates: Value, indices: Value, shape: Shape): Value {
  const { rows, extents } = flattenIndices(shape, indices);
  return reshape(scatterAdd(updates, rows, 0, sizeOf(extents)), shape);
}

/**
 * Index vectors [..., r] as row numbers of a shape with its first r axes merged, and those axes.
 *
 * @example
 * flattenIndices([2, 3], integers([[1, 2]])).rows; // → [5]
 */
export function flattenIndices(shape: Shape, indices: Value): { rows: Value; extents: number[] } {
  const depth = indices.shape[indices.shape.length - 1];
  const extents = shape.slice(0, depth);
  const strides = stridesOf(extents);
  const graph = indices.graph;
  let rows: Value | undefined;
  for (let k = 0; k < depth; k++) {
    const picked = gather(indices, graph.scalar(k, "int64"), indices.shape.length - 1);
    const part = mul(fromFront(picked, extents[k]), graph.scalar(strides[k], "int64"));
    rows = rows ? add(rows, part) : part;
  }
  return { rows: rows ?? graph.scalar(0, "int64"), extents };
}
