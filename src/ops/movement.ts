import { union } from "../graph/interval.ts";
import { z } from "zod";
import { alongBroadcast, keptAxis } from "../graph/where-examples-meet.ts";
import { forEachOffset, normalizeAxis, sameShape, stridesOf } from "../graph/broadcast.ts";
import type { Emitter } from "../graph/emitter.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { SAME, always } from "../graph/scaling.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, sizeOf } from "../util/tensor.ts";
import { axisSchema, integersSchema, shapeSchema } from "./attribute-schemas.ts";
import { defineOp } from "./define-op.ts";
import { requireSameDtype, zerosLike } from "./elementwise.ts";
import { expand, reshape } from "./structure.ts";

/** First index, extent and step per axis; a negative step walks backwards from the start. */
const sliceAttributes = z.strictObject({ starts: integersSchema, extents: shapeSchema, steps: integersSchema });

type SliceAttributes = z.infer<typeof sliceAttributes>;

/** Of two numbers; of 0 and a number that number. */
function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Slice: along each axis the elements start, start + step, … (extent of them). Its adjoint writes into zeros. */
export const Slice = defineOp({
  name: "Slice",
  summary: "every step-th element of a range, along each axis",
  attributes: sliceAttributes,
  make: ({ starts, extents, steps }): Primitive => ({
    name: "Slice",
    range: (_node, [x]) => x,
    scaling: always(SAME),
    moves: true,
    attributes: { starts, extents, steps },
    examplesLayout: (node, given) =>
      keptAxis((axis) => steps[axis] === 1 && extents[axis] === node.inputs[0].shape[axis])(node, given),
    units: (node, [x], desk) =>
      x.map((axis, each) => {
        const whole = node.inputs[0].shape[each];
        const extent = extents[each];
        if (extent === whole && steps[each] === 1) return axis;
        const stretch = steps[each] === 1 ? desk.stretch(axis, starts[each], extent) : undefined;
        if (stretch) return stretch;
        const size =
          steps[each] === 1 && extent > 0 ? greatestDivisor(greatestDivisor(whole, starts[each]), extent) : 1;
        if (size > 1) {
          // Some of several equal pieces that lie side by side, such as queries, keys and values, or the gates of a recurrence.
          const [pieces, units] = desk.regroup([axis], [whole / size, size]);
          desk.allow(pieces, "fixed");
          return [...desk.fixed(extent / size), ...units];
        }
        desk.allow(axis, "fixed");
        return desk.fixed(extent);
      }),
    infer: ([x]) => {
      starts.forEach((start, axis) => {
        const last = start + (extents[axis] - 1) * steps[axis];
        if (extents[axis] > 0 && (start < 0 || last < 0 || start >= x.shape[axis] || last >= x.shape[axis])) {
          throw new ThalwegError({
            kind: "input",
            code: "bad-slice",
            message: `Slice reads index ${start} to ${last} of an axis of extent ${x.shape[axis]}.`,
            where: { op: "Slice", shape: x.shape },
          });
        }
      });
      return { dtype: x.dtype, shape: extents };
    },
    simplify: ([x]) =>
      sameShape(x.shape, extents) && steps.every((step, axis) => step === 1 || extents[axis] <= 1) ? x : undefined,
    evaluate: ([x], type) => {
      const strides = stridesOf(x.shape);
      const data = allocate(type.dtype, sizeOf(extents));
      const origin = starts.reduce((offset, start, axis) => offset + start * strides[axis], 0);
      forEachOffset(
        extents,
        strides.map((stride, axis) => stride * steps[axis]),
        origin,
        (position, offset) => {
          data[position] = x.data[offset];
        },
      );
      return { ...type, data };
    },
    jvp: (_node, [t]) => t && strided(t, starts, extents, steps),
    vjp: (node, g) => unslice(g, node.inputs[0].shape, { starts, extents, steps }),
    vmap: (_node, [x], _batched, size) => strided(x, [0, ...starts], [size, ...extents], [1, ...steps]),
    emit: (node, [x], e) => {
      const source = node.inputs[0].shape;
      if (e.target.device === "webgpu" && steps.some((step) => step < 0))
        return emitGathers(x, source, { starts, extents, steps }, e);
      const axes = source.flatMap((extent, axis) => (extent === extents[axis] && steps[axis] === 1 ? [] : [axis]));
      const pick = (values: readonly number[]) => e.integers(axes.map((axis) => values[axis]));
      // ONNX reads an end of −1 as "the last element", so a walk down to index 0 ends before −extent.
      const ends = starts.map((start, axis) => {
        const end = start + extents[axis] * steps[axis];
        return steps[axis] < 0 && end < 0 ? -source[axis] - 1 : end;
      });
      return e.node("Slice", [x, pick(starts), pick(ends), e.integers(axes), pick(steps)]);
    },
  }),
});

/** The slice axis by axis as Gather: WebGPU's kernel reads the wrong elements where a step is negative. */
function emitGathers(x: string, source: readonly number[], { starts, extents, steps }: SliceAttributes, e: Emitter) {
  return source.reduce((name, extent, axis) => {
    if (extent === extents[axis] && steps[axis] === 1) return name;
    const places = Array.from({ length: extents[axis] }, (_, i) => starts[axis] + i * steps[axis]);
    return e.node("Gather", [name, e.integers(places)], { axis });
  }, x);
}

/**
 * The elements start, start + step, … along each axis, `extent` of them.
 *
 * @example
 * strided(floats([0, 1, 2, 3, 4]), [4], [2], [-2]); // → [4, 2]
 */
export function strided(
  x: Value,
  starts: readonly number[],
  extents: readonly number[],
  steps: readonly number[],
): Value {
  return x.graph.apply(Slice.make({ starts, extents, steps }), [x]);
}

/**
 * The elements start ≤ index < end of one axis.
 *
 * @example
 * sliceAxis(floats([0, 1, 2, 3]), 0, 1, 3); // → [1, 2]
 */
export function sliceAxis(x: Value, axis: number, start: number, end: number): Value {
  const starts = x.shape.map((_, each) => (each === axis ? start : 0));
  const extents = x.shape.map((extent, each) => (each === axis ? end - start : extent));
  return strided(
    x,
    starts,
    extents,
    x.shape.map(() => 1),
  );
}

/**
 * The axis reversed.
 *
 * @example
 * reverse(floats([1, 2, 3]), [0]); // → [3, 2, 1]
 */
export function reverse(x: Value, axes: readonly number[]): Value {
  const starts = x.shape.map((extent, axis) => (axes.includes(axis) ? extent - 1 : 0));
  return strided(
    x,
    starts,
    x.shape,
    x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1)),
  );
}

/** The adjoint of Slice: `g` at the sliced places of zeros of the source's shape. */
function unslice(g: Value, shape: readonly number[], { starts, extents, steps }: SliceAttributes): Value {
  let result = g;
  const backwards = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
  if (backwards.length > 0) result = reverse(result, backwards);
  const first = starts.map((start, axis) => (steps[axis] < 0 ? start + (extents[axis] - 1) * steps[axis] : start));
  const strides = steps.map(Math.abs);
  strides.forEach((step, axis) => {
    if (step > 1 && extents[axis] > 1) result = interleaveZeros(result, axis, step);
  });
  const after = shape.map((extent, axis) => extent - first[axis] - result.shape[axis]);
  return pad(result, first, after);
}

/**
 * Elements step apart along an axis with zeros between: extent n becomes (n − 1)·step + 1.
 *
 * @example
 * interleaveZeros(floats([1, 2]), 0, 3); // → [1, 0, 0, 2]
 */
export function interleaveZeros(x: Value, axis: number, step: number): Value {
  const extent = x.shape[axis];
  const split = [...x.shape.slice(0, axis), extent, 1, ...x.shape.slice(axis + 1)];
  const after = split.map((_, each) => (each === axis + 1 ? step - 1 : 0));
  const spaced = pad(
    reshape(x, split),
    split.map(() => 0),
    after,
  );
  const merged = [...x.shape.slice(0, axis), extent * step, ...x.shape.slice(axis + 1)];
  return sliceAxis(reshape(spaced, merged), axis, 0, (extent - 1) * step + 1);
}

/** Pad: zeros around (negative amounts cut). Its adjoint cuts the padding off. */
export const Pad = defineOp({
  name: "Pad",
  summary: "zeros around; negative amounts cut",
  attributes: z.strictObject({ before: integersSchema, after: integersSchema }),
  make: ({ before, after }): Primitive => ({
    name: "Pad",
    scaling: always(SAME),
    rearranges: true,
    moves: true,
    attributes: { before, after },
    examplesLayout: keptAxis((axis) => before[axis] === 0 && after[axis] === 0),
    units: (node, [x], desk) =>
      x.map((axis, each) => {
        if (before[each] === 0 && after[each] === 0) return axis;
        const [front, back] = [before[each], after[each]];
        const start = Math.max(0, -front);
        const cut = desk.stretch(axis, start, node.inputs[0].shape[each] - start - Math.max(0, -back));
        if (cut) return desk.behindEachOther([desk.uniform(Math.max(0, front)), cut, desk.uniform(Math.max(0, back))]);
        desk.allow(axis, "fixed");
        return desk.fixed(node.shape[each]);
      }),
    infer: ([x]) => ({ dtype: x.dtype, shape: x.shape.map((extent, axis) => before[axis] + extent + after[axis]) }),
    simplify: ([x]) => {
      if (before.every((n) => n === 0) && after.every((n) => n === 0)) return x;
      if (x.operation.name === "Pad" && [...before, ...after].every((n) => n >= 0)) {
        const { before: first, after: last } = x.operation.attributes;
        if (Array.isArray(first) && Array.isArray(last) && [...first, ...last].every((n) => Number(n) >= 0)) {
          return pad(
            x.inputs[0],
            before.map((n, i) => n + Number(first[i])),
            after.map((n, i) => n + Number(last[i])),
          );
        }
      }
      return undefined;
    },
    evaluate: ([x], type) => {
      const strides = stridesOf(type.shape);
      const data = allocate(type.dtype, sizeOf(type.shape));
      if (before.some((n) => n < 0) || after.some((n) => n < 0)) return undefined;
      const origin = before.reduce((offset, n, axis) => offset + n * strides[axis], 0);
      forEachOffset(x.shape, strides, origin, (position, offset) => {
        data[offset] = x.data[position];
      });
      return { ...type, data };
    },
    jvp: (_node, [t]) => t && pad(t, before, after),
    vjp: (_node, g) =>
      pad(
        g,
        before.map((n) => -n),
        after.map((n) => -n),
      ),
    vmap: (_node, [x]) => pad(x, [0, ...before], [0, ...after]),
    emit: (_node, [x], e) => e.node("Pad", [x, e.integers([...before, ...after])]),
  }),
});

/**
 * Zeros before and after along each axis; negative amounts cut.
 *
 * @example
 * pad(floats([1, 2, 3]), [1], [-1]); // → [0, 1, 2]
 */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  return x.graph.apply(Pad.make({ before, after }), [x]);
}

/**
 * The sum of two zero-padded values that lie side by side along one axis, written as their
 * concatenation: what the pullback of Split adds up. Undefined where they do not.
 *
 * @example
 * joinPads(pad(input("x", [1]), [0], [1]), pad(input("y", [1]), [1], [0])).operation.name; // → "Concat"
 */
export function joinPads(x: Value, y: Value): Value | undefined {
  const [first, second] = [padding(x), padding(y)];
  if (!first || !second || first.axis !== second.axis) return undefined;
  const { axis } = first;
  const [left, right] = first.start <= second.start ? [first, second] : [second, first];
  if (left.end !== right.start || !sameShape(x.shape, y.shape)) return undefined;
  const around = (amount: number) => x.shape.map((_, each) => (each === axis ? amount : 0));
  return pad(concat([left.source, right.source], axis), around(left.start), around(x.shape[axis] - right.end));
}

/** The one axis along which a value is padded with zeros, and the range that its source fills. */
function padding(value: Value): { source: Value; axis: number; start: number; end: number } | undefined {
  const { before, after } = value.operation.attributes;
  if (value.operation.name !== Pad.name || !Array.isArray(before) || !Array.isArray(after)) return undefined;
  const axes = before.flatMap((amount, axis) => (amount !== 0 || after[axis] !== 0 ? [axis] : []));
  const [axis] = axes;
  if (axes.length !== 1 || before[axis] < 0 || after[axis] < 0) return undefined;
  return { source: value.inputs[0], axis, start: Number(before[axis]), end: value.shape[axis] - Number(after[axis]) };
}

/** What is joined piece by piece is joined at once up to so many pieces: of a long chain whose links all are needed, each would hold all before. */
const MOST_PARTS = 64;

/** Concat: one after the other along an axis. */
export const Concat = defineOp({
  name: "Concat",
  summary: "one after the other along an axis",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    name: "Concat",
    range: (_node, ranges) => union(...ranges),
    scaling: always(SAME),
    moves: true,
    attributes: { axis },
    examplesLayout: (node, given) =>
      given.some((layout) => layout?.axis === axis) ? undefined : alongBroadcast(node, given),
    units: (node, given, desk) =>
      node.shape.map((_, each) => {
        const axes = given.map((input) => input[each]);
        return each === axis ? desk.behindEachOther(axes) : axes.reduce((a, b) => desk.join(a, b));
      }),
    infer: (inputs) => {
      requireSameDtype("Concat", inputs);
      const [first] = inputs;
      for (const input of inputs) {
        if (
          input.shape.length !== first.shape.length ||
          input.shape.some((extent, each) => each !== axis && extent !== first.shape[each])
        ) {
          throw new ThalwegError({
            kind: "input",
            code: "shape-mismatch",
            message: `Concat along axis ${axis} cannot join the shapes [${first.shape.join(", ")}] and [${input.shape.join(", ")}].`,
            where: { op: "Concat" },
          });
        }
      }
      const extent = inputs.reduce((sum, input) => sum + input.shape[axis], 0);
      return { dtype: first.dtype, shape: first.shape.map((each, i) => (i === axis ? extent : each)) };
    },
    simplify: (inputs) => {
      if (inputs.length === 1) return inputs[0];
      const parts = inputs.flatMap((input) => {
        const { name, attributes } = input.operation;
        return name === "Concat" && attributes.axis === axis ? input.inputs : [input];
      });
      return parts.length > inputs.length && parts.length <= MOST_PARTS ? concat(parts, axis) : undefined;
    },
    evaluate: (inputs, type) => {
      const data = allocate(type.dtype, sizeOf(type.shape));
      const inner = sizeOf(type.shape.slice(axis + 1));
      const outer = sizeOf(type.shape.slice(0, axis));
      let at = 0;
      for (let row = 0; row < outer; row++) {
        for (const input of inputs) {
          const run = input.shape[axis] * inner;
          data.set(input.data.subarray(row * run, (row + 1) * run), at);
          at += run;
        }
      }
      return { ...type, data };
    },
    jvp: (node, tangents) => {
      if (tangents.every((t) => t === undefined)) return undefined;
      return concat(
        node.inputs.map((input, i) => tangents[i] ?? zerosLike(input)),
        axis,
      );
    },
    vjp: (node, g, i) => {
      const start = node.inputs.slice(0, i).reduce((sum, input) => sum + input.shape[axis], 0);
      return sliceAxis(g, axis, start, start + node.inputs[i].shape[axis]);
    },
    vmap: (_node, inputs, batched, size) =>
      concat(
        inputs.map((input, i) => (batched[i] ? input : expand(input, [size, ...input.shape]))),
        axis + 1,
      ),
    emit: (_node, inputs, e) => e.node("Concat", inputs, { axis }),
  }),
});

/**
 * One after the other along an axis.
 *
 * @example
 * concat([floats([1]), floats([2, 3])], 0); // → [1, 2, 3]
 */
export function concat(inputs: readonly Value[], axis: number): Value {
  const [first] = inputs;
  return first.graph.apply(Concat.make({ axis: normalizeAxis("Concat", axis, first.shape.length) }), inputs);
}

/**
 * Values of one shape stacked along a new axis.
 *
 * @example
 * stack([floats([1, 2]), floats([3, 4])], 1); // → [[1, 3], [2, 4]]
 */
export function stack(inputs: readonly Value[], axis: number): Value {
  return concat(
    inputs.map((input) => reshape(input, [...input.shape.slice(0, axis), 1, ...input.shape.slice(axis)])),
    axis,
  );
}
