import { timesOf } from "../graph/interval.ts";
import { z } from "zod";
import { broadcastShapes, forEachOffset, normalizeAxis, sameShape, stridesOf } from "../graph/broadcast.ts";
import type { ExamplesLayout } from "../graph/examples-layout.ts";
import { alongBroadcast, keptAxis } from "../graph/where-examples-meet.ts";
import { tensorOf } from "../graph/leaf.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { SAME, always } from "../graph/scaling.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, isFloat, sizeOf, type Shape } from "../util/tensor.ts";
import { axesSchema, shapeSchema } from "./attribute-schemas.ts";
import { defineOp } from "./define-op.ts";

/** Reshape: the same elements in row-major order under another shape. */
export const Reshape = defineOp({
  name: "Reshape",
  summary: "the same elements under another shape",
  attributes: z.strictObject({ shape: shapeSchema }),
  make: ({ shape }): Primitive => ({
    name: "Reshape",
    outputStep: { kind: "moves", axis: reshapedAxis },
    scaling: always(SAME),
    view: true,
    moves: true,
    attributes: { shape },
    infer: ([x]) => {
      if (sizeOf(x.shape) !== sizeOf(shape)) {
        throw new ThalwegError({
          kind: "input",
          code: "shape-mismatch",
          message: `Reshape cannot turn the shape [${x.shape.join(", ")}] into [${shape.join(", ")}]: the number of elements differs.`,
          where: { op: "Reshape" },
        });
      }
      return { dtype: x.dtype, shape };
    },
    simplify: ([x]) => {
      if (sameShape(x.shape, shape)) return x;
      if (x.operation.name === "Reshape") return reshape(x.inputs[0], shape);
      return undefined;
    },
    evaluate: ([x], type) => ({ ...type, data: x.data }),
    jvp: (_node, [t]) => t && reshape(t, shape),
    vjp: (node, g) => reshape(g, node.inputs[0].shape),
    vmap: (_node, [x], _batched, size) => reshape(x, [size, ...shape]),
    examplesLayout: (node, [layout], examples) => layout && reshapedLayout(node, layout, examples),
    units: (node, [x], desk) => desk.regroup(x, node.shape),
    emit: (_node, [x], e) => e.node("Reshape", [x, e.integers(shape)], { allowzero: 1 }),
  }),
});

/** The axis whose index is a function of the old one's alone: as long, with as many elements before it. */
function reshapedAxis(axis: number, from: Shape, to: Shape): number | undefined {
  const before = sizeOf(from.slice(0, axis));
  const at = to.findIndex((extent, each) => extent === from[axis] && sizeOf(to.slice(0, each)) === before);
  return at < 0 ? undefined : at;
}

/** The examples in row-major order stay as far apart: what is before them in all is before them in the new shape. */
function reshapedLayout(node: Value, { axis, outer }: ExamplesLayout, examples: number): ExamplesLayout | undefined {
  const before = sizeOf(node.inputs[0].shape.slice(0, axis)) * outer;
  let passed = 1;
  for (const [each, extent] of node.shape.entries()) {
    const rest = before / passed;
    if (Number.isInteger(rest) && extent % (rest * examples) === 0) return { axis: each, outer: rest };
    passed *= extent;
  }
  return undefined;
}

/**
 * The same elements in row-major order under another shape.
 *
 * @example
 * reshape(floats([1, 2, 3, 4]), [2, 2]); // → [[1, 2], [3, 4]]
 */
export function reshape(x: Value, shape: Shape): Value {
  return x.graph.apply(Reshape.make({ shape }), [x]);
}

/** Transpose: axis i of the result is axis perm[i] of the input. */
export const Transpose = defineOp({
  name: "Transpose",
  summary: "axes in another order",
  attributes: z.strictObject({ perm: axesSchema }),
  make: ({ perm }): Primitive => ({
    name: "Transpose",
    range: (_node, [x]) => x,
    outputStep: { kind: "moves", axis: (axis) => (perm.includes(axis) ? perm.indexOf(axis) : undefined) },
    scaling: always(SAME),
    rearranges: true,
    moves: true,
    attributes: { perm },
    infer: ([x]) => ({ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]) }),
    simplify: ([x], type) => {
      if (perm.every((axis, position) => axis === position)) return x;
      if (x.operation.name === "Transpose") {
        const inner = x.inputs[0];
        const first = x.operation.attributes.perm;
        if (Array.isArray(first))
          return transpose(
            inner,
            perm.map((axis) => Number(first[axis])),
          );
      }
      // Moving axes of extent 1 only does not move any element.
      const moved = perm.filter((axis) => x.shape[axis] !== 1);
      if (moved.every((axis, i) => i === 0 || axis > moved[i - 1])) return reshape(x, type.shape);
      return undefined;
    },
    evaluate: ([x], type) => {
      const strides = stridesOf(x.shape);
      const data = allocate(type.dtype, sizeOf(type.shape));
      forEachOffset(
        type.shape,
        perm.map((axis) => strides[axis]),
        0,
        (position, offset) => {
          data[position] = x.data[offset];
        },
      );
      return { ...type, data };
    },
    jvp: (_node, [t]) => t && transpose(t, perm),
    vjp: (_node, g) => transpose(g, invertPermutation(perm)),
    examplesLayout: (_node, [layout]) => layout && { ...layout, axis: perm.indexOf(layout.axis) },
    units: (_node, [x]) => perm.map((axis) => x[axis]),
    vmap: (_node, [x]) => transpose(x, [0, ...perm.map((axis) => axis + 1)]),
    emit: (_node, [x], e) => e.node("Transpose", [x], { perm }),
  }),
});

/**
 * Axes in another order: axis i of the result is axis perm[i].
 *
 * @example
 * transpose(floats([[1, 2], [3, 4]]), [1, 0]); // → [[1, 3], [2, 4]]
 */
export function transpose(x: Value, perm: readonly number[]): Value {
  return x.graph.apply(Transpose.make({ perm }), [x]);
}

/**
 * The permutation that undoes another.
 *
 * @example
 * invertPermutation([2, 0, 1]); // → [1, 2, 0]
 */
export function invertPermutation(perm: readonly number[]): number[] {
  const inverse = new Array<number>(perm.length);
  perm.forEach((axis, position) => (inverse[axis] = position));
  return inverse;
}

/**
 * Exchanges the last two axes.
 *
 * @example
 * swapLast(floats([[1, 2, 3]])); // → [[1], [2], [3]]
 */
export function swapLast(x: Value): Value {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => axis);
  return transpose(x, [...perm.slice(0, rank - 2), rank - 1, rank - 2]);
}

/** Expand: broadcast to a shape. Its adjoint is the sum over the broadcast axes. */
export const Expand = defineOp({
  name: "Expand",
  summary: "broadcast to a larger shape",
  attributes: z.strictObject({ shape: shapeSchema }),
  make: ({ shape }): Primitive => ({
    name: "Expand",
    outputStep: { kind: "repeats" },
    scaling: always(SAME),
    view: true,
    broadcasts: true,
    moves: true,
    examplesLayout: alongBroadcast,
    units: (node, [x], desk) => {
      const added = node.shape.length - x.length;
      return node.shape.map((extent, axis) =>
        node.inputs[0].shape[axis - added] === extent ? x[axis - added] : desk.uniform(extent),
      );
    },
    attributes: { shape },
    infer: ([x]) => {
      if (!sameShape(broadcastShapes("Expand", x.shape, shape), shape)) {
        throw new ThalwegError({
          kind: "input",
          code: "shape-mismatch",
          message: `Expand cannot broadcast the shape [${x.shape.join(", ")}] to [${shape.join(", ")}].`,
          where: { op: "Expand" },
        });
      }
      return { dtype: x.dtype, shape };
    },
    simplify: ([x]) => {
      if (sameShape(x.shape, shape)) return x;
      if (x.operation.name === "Expand") return expand(x.inputs[0], shape);
      return undefined;
    },
    evaluate: ([x], type) => {
      // Spreading a scalar over a large float array costs memory and tells the simplifier nothing.
      if (isFloat(type.dtype) && sizeOf(type.shape) > 64) return undefined;
      const offset = shape.length - x.shape.length;
      const strides = stridesOf(x.shape);
      const steps = shape.map((_, axis) =>
        axis < offset || x.shape[axis - offset] === 1 ? 0 : strides[axis - offset],
      );
      const data = allocate(type.dtype, sizeOf(shape));
      forEachOffset(shape, steps, 0, (position, from) => {
        data[position] = x.data[from];
      });
      return { ...type, data };
    },
    jvp: (_node, [t]) => t && expand(t, shape),
    vjp: (node, g) => sumTo(g, node.inputs[0].shape),
    vmap: (_node, [x], _batched, size) => expand(alignBatch(x, shape.length), [size, ...shape]),
    emit: (_node, [x], e) => e.node("Expand", [x, e.integers(shape)]),
  }),
});

/**
 * Broadcast to a larger shape.
 *
 * @example
 * expand(floats([1, 2]), [2, 2]); // → [[1, 2], [1, 2]]
 */
export function expand(x: Value, shape: Shape): Value {
  return x.graph.apply(Expand.make({ shape }), [x]);
}

/**
 * Gives a batched value (batch axis first) `rank` axes behind the batch axis by inserting axes of extent 1.
 *
 * @example
 * alignBatch(floats([[1, 2]]), 2).shape; // → [1, 1, 2]
 */
export function alignBatch(x: Value, rank: number): Value {
  const [size, ...rest] = x.shape;
  if (rest.length >= rank) return x;
  return reshape(x, [size, ...new Array<number>(rank - rest.length).fill(1), ...rest]);
}

/** ReduceSum over axes, which stay with extent 1 (keepdims). Its adjoint is Expand. */
export const ReduceSum = defineOp({
  name: "ReduceSum",
  summary: "sum over axes",
  attributes: z.strictObject({ axes: axesSchema }),
  make: ({ axes }): Primitive => ({
    name: "ReduceSum",
    range: ({ inputs: [whole], shape }, [x]) => timesOf(x, sizeOf(whole.shape) / sizeOf(shape)),
    takes: ["numbers"],
    outputStep: { kind: "sums", axes },
    scaling: always(SAME),
    attributes: { axes },
    examplesLayout: keptAxis((axis) => !axes.includes(axis)),
    units: (_node, [x], desk) =>
      x.map((axis, each) => {
        if (!axes.includes(each)) return axis;
        desk.sum(axis);
        return [];
      }),
    infer: ([x]) => ({ dtype: x.dtype, shape: x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)) }),
    simplify: ([x], type) => {
      if (axes.every((axis) => x.shape[axis] === 1)) return x;
      if (x.operation.name === "ReduceSum") {
        const inner = x.operation.attributes.axes;
        if (Array.isArray(inner)) return reduceSum(x.inputs[0], [...new Set([...inner.map(Number), ...axes])]);
      }
      return sameShape(x.shape, type.shape) ? x : undefined;
    },
    evaluate: ([x], type) => {
      const strides = stridesOf(type.shape).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
      const sums = new Float64Array(sizeOf(type.shape));
      forEachOffset(x.shape, strides, 0, (position, to) => {
        sums[to] += x.data[position];
      });
      const data = allocate(type.dtype, sums.length);
      data.set(sums);
      return { ...type, data };
    },
    jvp: (_node, [t]) => t && reduceSum(t, axes),
    vjp: (node, g) => expand(g, node.inputs[0].shape),
    vmap: (_node, [x]) =>
      reduceSum(
        x,
        axes.map((axis) => axis + 1),
      ),
    emit: (_node, [x], e) => e.node("ReduceSum", [x, e.integers(axes)], { keepdims: 1 }),
  }),
});

/**
 * Sum over axes (negative ones count from the back), keeping them with extent 1.
 *
 * @example
 * reduceSum(floats([[1, 2], [3, 4]]), [-1]); // → [[3], [7]]
 */
export function reduceSum(x: Value, axes: readonly number[]): Value {
  const normal = axes.map((axis) => normalizeAxis("ReduceSum", axis, x.shape.length)).sort((a, b) => a - b);
  return normal.length === 0 ? x : x.graph.apply(ReduceSum.make({ axes: normal }), [x]);
}

/**
 * Sum over everything, as a scalar.
 *
 * @example
 * sumAll(floats([[1, 2], [3, 4]])); // → 10
 */
export function sumAll(x: Value): Value {
  return reshape(
    reduceSum(
      x,
      x.shape.map((_, axis) => axis),
    ),
    [],
  );
}

/**
 * The adjoint of broadcasting: sums `x` over the axes along which `shape` was broadcast to it.
 *
 * @example
 * sumTo(floats([[1, 2], [3, 4]]), [2]); // → [4, 6]
 */
export function sumTo(x: Value, shape: Shape): Value {
  const offset = x.shape.length - shape.length;
  const axes = x.shape.flatMap((extent, axis) =>
    axis < offset || (shape[axis - offset] === 1 && extent !== 1) ? [axis] : [],
  );
  return reshape(reduceSum(x, axes), shape);
}

/**
 * The number that every element of a value has, when it is a spread constant.
 *
 * @example
 * splatOf(expand(floats([3]), [2, 2])); // → 3
 * splatOf(floats([1, 2])); // → undefined
 */
export function splatOf(value: Value): number | undefined {
  const constant = tensorOf(value);
  if (constant) {
    const first = constant.data[0];
    return constant.data.length > 0 &&
      constant.data.length <= 64 &&
      constant.data.every((each) => Object.is(each, first))
      ? first
      : undefined;
  }
  const spreads = value.operation.name === "Expand" || value.operation.name === "Reshape";
  return spreads ? splatOf(value.inputs[0]) : undefined;
}
