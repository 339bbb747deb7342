import type { z } from "zod";
import { keptAxis } from "../graph/where-examples-meet.ts";
import type { Target } from "../graph/emitter.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { COMPARE, SAME, SECOND, byRegime } from "../graph/scaling.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { positiveSchema } from "./attribute-schemas.ts";
import { add, mul } from "./arithmetic.ts";
import { blockedMaxPool, blockedPick, blockedPlace } from "./blocked-pool.ts";
import { patches } from "./conv-lowering.ts";
import { convOutputExtents, windowGeometrySchema } from "./conv-geometry.ts";
import { defineOp } from "./define-op.ts";
import { ZERO_DERIVATIVE } from "./elementwise.ts";
import { gather, gatherElements, scatterElementsAdd } from "./gather.ts";
import { where } from "./logic.ts";
import { argMax, reduceMax } from "./reduction.ts";
import { sliceAxis, stack } from "./movement.ts";
import { expand, reshape } from "./structure.ts";
import { Relu, relu } from "./unary.ts";

const poolSchema = windowGeometrySchema.extend({ kernel: positiveSchema });

export type PoolAttributes = z.infer<typeof poolSchema>;

function attributesOf({ kernel, strides, before, after, dilations }: PoolAttributes) {
  return { kernel, strides, before, after, dilations };
}

function onnxAttributes(pool: PoolAttributes) {
  return {
    kernel_shape: pool.kernel,
    strides: pool.strides,
    pads: [...pool.before, ...pool.after],
    dilations: pool.dilations,
  };
}

/** Whether padding is as wide as the kernel, which the runtime refuses: what rounding up adds behind dilated windows may be. */
function hasWidePads({ kernel, before, after }: PoolAttributes): boolean {
  return kernel.some((size, k) => before[k] >= size || after[k] >= size);
}

/** Images with the block axis joined to the batch axis, and back. */
function joined(x: Value, size: number, apply: (x: Value) => Value): Value {
  const y = apply(reshape(x, [size * x.shape[1], ...x.shape.slice(2)]));
  return reshape(y, [size, x.shape[1], ...y.shape.slice(1)]);
}

/** The block size where the kernels for 2×2 windows side by side on blocked images apply. */
function blockOf(
  target: Target,
  x: Value,
  { kernel, strides, before, after, dilations }: PoolAttributes,
): number | undefined {
  const { precision, portable, blockSize } = target;
  if (precision !== "float32" || portable || blockSize === undefined || x.shape.length !== 4) return undefined;
  const isPlain = [...before, ...after].every((n) => n === 0) && dilations.every((n) => n === 1);
  const isHalving = [...kernel, ...strides].every((n) => n === 2) && x.shape[2] % 2 === 0 && x.shape[3] % 2 === 0;
  return isPlain && isHalving && 2 * x.shape[0] >= blockSize ? blockSize : undefined;
}

/**
 * MaxPool: the largest element of each window. Its derivative picks the element that was largest
 * (the first of equals); the adjoint of that places it.
 */
export const MaxPool = defineOp({
  name: "MaxPool",
  summary: "largest element of each window",
  attributes: poolSchema,
  make: (pool): Primitive => ({
    name: "MaxPool",
    takes: ["numbers"],
    scaling: byRegime({ positive: SAME, exchange: SAME }),
    attributes: attributesOf(pool),
    examplesLayout: keptAxis((axis) => axis < 2),
    selects: true,
    units: (node, [x], desk) =>
      x.map((axis, each) => {
        const kept = desk.allow(axis, each < 2 ? "monomial" : "fixed");
        return each < 2 ? kept : desk.fixed(node.shape[each]);
      }),
    infer: ([x]) => ({ dtype: x.dtype, shape: pooledShape(x, pool) }),
    // Relu keeps order, so it may come after, on fewer elements: a window without positive element has derivative 0 either way.
    simplify: ([x]) => (x.operation.name === Relu.name ? relu(maxPool(x.inputs[0], pool)) : undefined),
    jvp: (node, [t]) => t && maxPoolPick(node.inputs[0], t, pool),
    vjp: (node, g) => maxPoolPlace(node.inputs[0], g, pool),
    vmap: (_node, [x], _batched, size) => joined(x, size, (each) => maxPool(each, pool)),
    lower: (node, [x], target) => {
      if (target.device === "webgpu" || hasWidePads(pool)) return reshape(reduceMax(windows(x, pool), [2]), node.shape);
      const block = blockOf(target, x, pool);
      return block === undefined ? undefined : blockedMaxPool(x, block, node.shape);
    },
    emit: (_node, inputs, e) => e.node("MaxPool", inputs, onnxAttributes(pool)),
    caveat: "MaxPool has no derivative where two elements of a window tie (the first is taken)",
  }),
});

/**
 * The largest element of each window.
 *
 * @example
 * maxPool(floats([[[1, 4, 3, 2]]]), { kernel: [2], strides: [2], before: [0], after: [0], dilations: [1] }); // → [[[4, 3]]]
 */
export function maxPool(x: Value, pool: PoolAttributes): Value {
  return x.graph.apply(MaxPool.make(pool), [x]);
}

/** MaxPoolIndices: where in its image (row-major over the spatial axes) the largest element of each window is. */
export const MaxPoolIndices = defineOp({
  name: "MaxPoolIndices",
  summary: "position of the largest element of each window",
  attributes: poolSchema,
  make: (pool): Primitive => ({
    name: "MaxPoolIndices",
    scaling: byRegime({ positive: COMPARE }),
    attributes: attributesOf(pool),
    infer: ([x]) => ({ dtype: "int64", shape: pooledShape(x, pool) }),
    ...ZERO_DERIVATIVE,
    vmap: (_node, [x], _batched, size) => joined(x, size, (each) => maxPoolIndices(each, pool)),
    // WebGPU's MaxPool has no second output.
    lower: (node, [x], target) =>
      target.device === "webgpu" || hasWidePads(pool) ? winnersByWindow(x, pool, node.shape) : undefined,
    // ONNX counts through the whole tensor.
    emit: (node, inputs, e) => {
      const plane = e.scalar(sizeOf(node.inputs[0].shape.slice(2)), node);
      return e.node("Mod", [e.nodes("MaxPool", inputs, 2, onnxAttributes(pool))[1], plane]);
    },
  }),
});

/** Where in its image each tap of each window lies, [taps, positions] row-major; −1 in the padding. */
function placesOf(x: Value, pool: PoolAttributes): Int32Array[] {
  const extents = x.shape.slice(2);
  const positions = convOutputExtents(x.shape, pool.kernel, pool);
  const odometer = (shape: Shape) =>
    shape.reduce<number[][]>((all, n) => all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])), [[]]);
  return odometer(pool.kernel).map((tap) =>
    Int32Array.from(odometer(positions), (position) => {
      let place = 0;
      for (const [k, extent] of extents.entries()) {
        const at = position[k] * pool.strides[k] - pool.before[k] + tap[k] * pool.dilations[k];
        if (at < 0 || at >= extent) return -1;
        place = place * extent + at;
      }
      return place;
    }),
  );
}

/** The lowest finite float32: shaders need not know infinities. */
const LOWEST = -3.4028234663852886e38;

/** The windows side by side, [N, C, taps, positions], the lowest number in the padding. */
function windows(x: Value, pool: PoolAttributes): Value {
  const columns = patches(x, pool.kernel, pool);
  const places = placesOf(x, pool);
  if (places.every((tap) => tap.every((place) => place >= 0))) return columns;
  const inside = x.graph.constant({
    dtype: "bool",
    shape: [1, 1, places.length, places[0].length],
    data: Uint8Array.from(places.flatMap((tap) => Array.from(tap, (place) => Number(place >= 0)))),
  });
  return where(inside, columns, LOWEST);
}

/** The indices without a kernel for them: the first largest tap of each window, and where it lies. */
function winnersByWindow(x: Value, pool: PoolAttributes, shape: Shape): Value {
  const places = placesOf(x, pool);
  const count = places[0].length;
  // Where a whole window is as low, padding may come first: its first element inside stands for it.
  const first = Array.from({ length: count }, (_, p) => places.find((tap) => tap[p] >= 0)?.[p] ?? 0);
  const table = places.flatMap((tap) => Array.from(tap, (place, p) => (place >= 0 ? place : first[p])));
  const taps = argMax(windows(x, pool), 2);
  const each = x.graph.integers(Array.from({ length: count }, (_, p) => p));
  const flat = add(mul(taps, x.graph.scalar(count, "int64")), each);
  return reshape(gather(x.graph.integers(table), reshape(flat, [sizeOf(flat.shape)]), 0), shape);
}

function maxPoolIndices(x: Value, pool: PoolAttributes): Value {
  return x.graph.apply(MaxPoolIndices.make(pool), [x]);
}

function flatShape(shape: Shape): number[] {
  return [shape[0], shape[1], sizeOf(shape.slice(2))];
}

function flatten(x: Value): Value {
  return reshape(x, flatShape(x.shape));
}

function winners(x: Value, pool: PoolAttributes): Value {
  return flatten(maxPoolIndices(x, pool));
}

function pooledShape(x: Value, pool: PoolAttributes): number[] {
  return [x.shape[0], x.shape[1], ...convOutputExtents(x.shape, pool.kernel, pool)];
}

/** MaxPoolPick: the elements of t at the places where x is largest in each window. */
export const MaxPoolPick = defineOp({
  name: "MaxPoolPick",
  summary: "elements at the places where another value is largest in each window",
  attributes: poolSchema,
  make: (pool): Primitive => ({
    name: "MaxPoolPick",
    scaling: byRegime({ positive: SECOND }),
    attributes: attributesOf(pool),
    infer: ([x, t]) => ({ dtype: t.dtype, shape: pooledShape(x, pool) }),
    jvp: (node, [, t]) => t && maxPoolPick(node.inputs[0], t, pool),
    vjp: (node, g, i) => (i === 1 ? maxPoolPlace(node.inputs[0], g, pool) : undefined),
    vmap: (_node, inputs, batched, size) => eachOrJoined(inputs, batched, size, (x, t) => maxPoolPick(x, t, pool)),
    lower: (node, [x, t], target) => {
      const block = blockOf(target, x, pool);
      if (block !== undefined) return blockedPick(x, t, block, node.shape);
      return reshape(gatherElements(flatten(t), winners(x, pool), 2), node.shape);
    },
    emit: notLowered,
  }),
});

/**
 * The elements of t where x is largest in each window.
 *
 * @example
 * maxPoolPick(floats([[[1, 4, 3, 2]]]), floats([[[5, 6, 7, 8]]]), { kernel: [2], strides: [2], before: [0], after: [0], dilations: [1] }); // → [[[6, 7]]]
 */
export function maxPoolPick(x: Value, t: Value, pool: PoolAttributes): Value {
  return x.graph.apply(MaxPoolPick.make(pool), [x, t]);
}

/** MaxPoolPlace: the adjoint of MaxPoolPick: g added into zeros at the places where x is largest in each window. */
export const MaxPoolPlace = defineOp({
  name: "MaxPoolPlace",
  summary: "elements put where another value is largest in each window",
  attributes: poolSchema,
  make: (pool): Primitive => ({
    name: "MaxPoolPlace",
    scaling: byRegime({ positive: SECOND }),
    attributes: attributesOf(pool),
    infer: ([x, g]) => ({ dtype: g.dtype, shape: x.shape }),
    jvp: (node, [, t]) => t && maxPoolPlace(node.inputs[0], t, pool),
    vjp: (node, h, i) => (i === 1 ? maxPoolPick(node.inputs[0], h, pool) : undefined),
    vmap: (_node, inputs, batched, size) => eachOrJoined(inputs, batched, size, (x, g) => maxPoolPlace(x, g, pool)),
    lower: (_node, [x, g], target) => {
      const block = blockOf(target, x, pool);
      if (block !== undefined) return blockedPlace(x, g, block);
      return reshape(scatterElementsAdd(flatten(g), winners(x, pool), 2, flatShape(x.shape)), x.shape);
    },
    emit: notLowered,
  }),
});

/**
 * g put where x is largest in each window, into zeros.
 *
 * @example
 * maxPoolPlace(floats([[[1, 4, 3, 2]]]), floats([[[5, 6]]]), { kernel: [2], strides: [2], before: [0], after: [0], dilations: [1] }); // → [[[0, 5, 6, 0]]]
 */
export function maxPoolPlace(x: Value, g: Value, pool: PoolAttributes): Value {
  return x.graph.apply(MaxPoolPlace.make(pool), [x, g]);
}

function notLowered(node: Value): never {
  throw new ThalwegError({
    kind: "internal",
    code: "not-lowered",
    message: `${node.operation.name} has no ONNX operator of its own and must be lowered first.`,
  });
}

/** A block of both joins the batch axis; a block beside fixed images goes one by one, so that their winners are found once. */
function eachOrJoined(
  inputs: readonly Value[],
  batched: readonly boolean[],
  size: number,
  apply: (x: Value, t: Value) => Value,
): Value {
  const [x, t] = inputs;
  if (batched[0]) {
    const both = [x, batched[1] ? t : expand(t, [size, ...t.shape])].map((each) =>
      reshape(each, [size * each.shape[1], ...each.shape.slice(2)]),
    );
    const y = apply(both[0], both[1]);
    return reshape(y, [size, x.shape[1], ...y.shape.slice(1)]);
  }
  return stack(
    Array.from({ length: size }, (_, i) => apply(x, reshape(sliceAxis(t, 0, i, i + 1), t.shape.slice(1)))),
    0,
  );
}
