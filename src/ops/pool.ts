import type { Operation } from "../graph/operation.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { convOutputExtents, type WindowGeometry } from "./conv-geometry.ts";
import { defineOp } from "./define-op.ts";
import { ZERO_DERIVATIVE } from "./elementwise.ts";
import { gatherElements, scatterElementsAdd } from "./gather.ts";
import { reshape } from "./structure.ts";

interface PoolAttributes extends WindowGeometry {
  readonly kernel: Shape;
}

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

/** Images with the block axis joined to the batch axis, and back. */
function joined(x: Value, size: number, apply: (x: Value) => Value): Value {
  const y = apply(reshape(x, [size * x.shape[1], ...x.shape.slice(2)]));
  return reshape(y, [size, x.shape[1], ...y.shape.slice(1)]);
}

/**
 * MaxPool: the largest element of each window. Its derivative picks the element that was largest
 * (the first of equals): a gather, whose adjoint is a scatter.
 */
export const MaxPool = defineOp({
  name: "MaxPool",
  summary: "largest element of each window",
  make: (pool: PoolAttributes): Operation => ({
    name: "MaxPool",
    attributes: attributesOf(pool),
    infer: ([x]) => ({ dtype: x.dtype, shape: [x.shape[0], x.shape[1], ...convOutputExtents(x.shape, pool.kernel, pool)] }),
    jvp: (node, [t]) => t && pick(t, node, pool),
    vjp: (node, g) => {
      const [x] = node.inputs;
      const flat = scatterElementsAdd(flatten(g), winners(node, pool), 2, flatShape(x.shape));
      return reshape(flat, x.shape);
    },
    vmap: (_node, [x], _batched, size) => joined(x, size, (each) => maxPool(each, pool)),
    emit: (_node, inputs, e) => e.node("MaxPool", inputs, onnxAttributes(pool)),
    caveat: "MaxPool has no derivative where two elements of a window tie (the first is taken)",
  }),
});

export function maxPool(x: Value, pool: PoolAttributes): Value {
  return x.graph.apply(MaxPool.make(pool), [x]);
}

/** MaxPoolIndices: where in its image (row-major over the spatial axes) the largest element of each window is. */
export const MaxPoolIndices = defineOp({
  name: "MaxPoolIndices",
  summary: "position of the largest element of each window",
  make: (pool: PoolAttributes): Operation => ({
    name: "MaxPoolIndices",
    attributes: attributesOf(pool),
    infer: ([x]) => ({ dtype: "int64", shape: [x.shape[0], x.shape[1], ...convOutputExtents(x.shape, pool.kernel, pool)] }),
    ...ZERO_DERIVATIVE,
    vmap: (_node, [x], _batched, size) => joined(x, size, (each) => maxPoolIndices(each, pool)),
    // ONNX counts through the whole tensor.
    emit: (node, inputs, e) => {
      const plane = e.scalar(sizeOf(node.inputs[0].shape.slice(2)), node);
      return e.node("Mod", [e.nodes("MaxPool", inputs, 2, onnxAttributes(pool))[1], plane]);
    },
  }),
});

function maxPoolIndices(x: Value, pool: PoolAttributes): Value {
  return x.graph.apply(MaxPoolIndices.make(pool), [x]);
}

function flatShape(shape: Shape): number[] {
  return [shape[0], shape[1], sizeOf(shape.slice(2))];
}

function flatten(x: Value): Value {
  return reshape(x, flatShape(x.shape));
}

function winners(node: Value, pool: PoolAttributes): Value {
  return flatten(maxPoolIndices(node.inputs[0], pool));
}

function pick(t: Value, node: Value, pool: PoolAttributes): Value {
  return reshape(gatherElements(flatten(t), winners(node, pool), 2), node.shape);
}
