import type { Value } from "../../graph/value.ts";
import { add, div, mul } from "../../ops/arithmetic.ts";
import { conv } from "../../ops/conv.ts";
import { convOutputExtents, type WindowGeometry } from "../../ops/conv-geometry.ts";
import { cast, mod } from "../../ops/logic.ts";
import { maxPool, MaxPoolIndices, type PoolAttributes } from "../../ops/pool.ts";
import { pow } from "../../ops/pow.ts";
import { reduceMax, reduceMean } from "../../ops/reduction.ts";
import { reduceSum, reshape } from "../../ops/structure.ts";
import { abs } from "../../ops/unary.ts";
import { allocate, isFloat, sizeOf, type Shape } from "../../util/tensor.ts";
import { FLAG, INT, INTS, since } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { attributeOfAxes, AUTO_PAD, windowOf } from "./window.ts";

function kernelOf(node: NodeContext, x: Value): readonly number[] {
  if (x.shape.length < 3) node.fail("shape-mismatch", `needs images, not the shape [${x.shape.join(", ")}]`);
  if (!node.hasAttribute("kernel_shape")) node.fail("bad-attribute", "has no kernel_shape");
  return attributeOfAxes(node, "kernel_shape", x.shape.length - 2, 1);
}

function maxPoolRule(node: NodeContext): (Value | undefined)[] {
  const x = node.input(0);
  const kernel = kernelOf(node, x);
  const window = { kernel, ...windowOf(node, x.shape, kernel, node.flag("ceil_mode")) };
  // The runtime has no pooling of int64, to which all integers are promoted; float64 holds them.
  const floats = isFloat(x.dtype) ? x : cast(x, "float64");
  const y = maxPool(floats, window);
  return [cast(y, x.dtype), node.outputs > 1 ? places(node, floats, window) : undefined];
}

/** Where the largest elements lie, counted through the whole tensor, rows or columns first. */
function places(node: NodeContext, x: Value, window: PoolAttributes): Value {
  const { graph } = node;
  const [n, channels, ...extents] = x.shape;
  const plane = sizeOf(extents);
  const within = graph.apply(MaxPoolIndices.make(window), [x]);
  const images = graph.integers(Array.from({ length: n * channels }, (_, i) => i * plane));
  const start = reshape(images, [n, channels, ...extents.map(() => 1)]);
  if (!node.flag("storage_order")) return add(within, start);
  if (extents.length !== 2) node.unsupported("counts through columns first in images that have not two axes");
  const [rows, columns] = extents.map((extent) => graph.scalar(extent, "int64"));
  return add(add(mul(mod(within, columns), rows), div(within, columns)), start);
}

/** Sums over the windows: a reshape where they tile the image, else a convolution of each channel with ones. */
function windowSum(x: Value, kernel: Shape, window: WindowGeometry): Value {
  const [n, channels, ...extents] = x.shape;
  const out = convOutputExtents(x.shape, kernel, window);
  const tiles = kernel.every((size, k) => {
    const whole = window.before[k] === 0 && window.after[k] === 0 && (window.dilations[k] === 1 || size === 1);
    return whole && (window.strides[k] === size || out[k] === 1) && extents[k] === size * out[k];
  });
  if (tiles) {
    const split = reshape(x, [n, channels, ...out.flatMap((extent, k) => [extent, kernel[k]])]);
    return reshape(
      reduceSum(
        split,
        kernel.map((_, k) => 3 + 2 * k),
      ),
      [n, channels, ...out],
    );
  }
  const images = reshape(x, [n * channels, 1, ...extents]);
  const weight = x.graph.constant({
    dtype: x.dtype,
    shape: [1, 1, ...kernel],
    data: allocate(x.dtype, sizeOf(kernel)).fill(1),
  });
  return reshape(conv(images, weight, { ...window, group: 1 }), [n, channels, ...out]);
}

/** How many places of each window count: those of the image, or also those of the padding that the file asks for. */
function windowCounts(node: NodeContext, x: Value, kernel: Shape, window: WindowGeometry): Value {
  const extents = x.shape.slice(2);
  const out = convOutputExtents(x.shape, kernel, window);
  node.checkSize(out, true);
  const include = node.flag("count_include_pad");
  const pads = node.ints("pads");
  const counts = out.map((count, k) => {
    const auto = node.string("auto_pad", "NOTSET");
    const stated = auto === "VALID" ? 0 : (pads?.[out.length + k] ?? 0);
    const end = extents[k] + (include ? (auto.startsWith("SAME") ? window.after[k] : stated) : 0);
    const start = include ? -window.before[k] : 0;
    return Array.from({ length: count }, (_, i) => {
      const first = i * window.strides[k] - window.before[k];
      // The places first + j·dilation, 0 ≤ j < kernel, from start to end.
      const before = (edge: number) =>
        Math.min(Math.max(Math.ceil((edge - first) / window.dilations[k]), 0), kernel[k]);
      return before(end) - before(start);
    });
  });
  const data = allocate(x.dtype, sizeOf(out));
  for (let i = 0; i < data.length; i++) {
    let rest = i;
    let count = 1;
    for (let k = out.length - 1; k >= 0; k--) {
      count *= counts[k][rest % out[k]];
      rest = Math.floor(rest / out[k]);
    }
    data[i] = 1 / count;
  }
  const first = data[0];
  if (data.every((each) => each === first)) return x.graph.scalar(first, x.dtype);
  return x.graph.constant({ dtype: x.dtype, shape: [1, 1, ...out], data });
}

function averagePool(node: NodeContext): Value {
  const x = node.input(0);
  const kernel = kernelOf(node, x);
  const window = windowOf(node, x.shape, kernel, node.flag("ceil_mode"));
  return mul(windowSum(x, kernel, window), windowCounts(node, x, kernel, window));
}

/** (Σ |x|ᵖ)^(1/p) over a window. */
function norm(node: NodeContext, x: Value, sum: (powers: Value) => Value): Value {
  const p = node.int("p", 2);
  return pow(sum(pow(p % 2 === 0 ? x : abs(x), p)), 1 / p);
}

function global(
  op: string,
  f: (node: NodeContext, x: Value, axes: readonly number[]) => Value,
  attributes: OnnxRule["attributes"] = {},
): OnnxRule {
  return {
    op,
    attributes,
    inputs: 1,
    import: (node) => {
      const x = node.input(0);
      return f(node, x, x.shape.map((_, axis) => axis).slice(2));
    },
  };
}

const WINDOW = { auto_pad: AUTO_PAD, kernel_shape: INTS, pads: INTS, strides: INTS };

export const POOLING: readonly OnnxRule[] = [
  {
    op: "MaxPool",
    attributes: {
      ...WINDOW,
      ceil_mode: since(10, FLAG),
      dilations: since(10, INTS),
      storage_order: since(8, FLAG),
    },
    inputs: 1,
    import: maxPoolRule,
  },
  {
    op: "AveragePool",
    attributes: {
      ...WINDOW,
      ceil_mode: since(10, FLAG),
      count_include_pad: FLAG,
      dilations: since(19, INTS),
    },
    inputs: 1,
    import: averagePool,
  },
  {
    op: "LpPool",
    attributes: { ...WINDOW, p: INT, ceil_mode: since(18, FLAG), dilations: since(18, INTS) },
    inputs: 1,
    import: (node) => {
      const x = node.input(0);
      const kernel = kernelOf(node, x);
      return norm(node, x, (powers) =>
        windowSum(powers, kernel, windowOf(node, x.shape, kernel, node.flag("ceil_mode"))),
      );
    },
  },
  global("GlobalAveragePool", (_node, x, axes) => reduceMean(x, axes)),
  global("GlobalMaxPool", (_node, x, axes) => reduceMax(x, axes)),
  global("GlobalLpPool", (node, x, axes) => norm(node, x, (powers) => reduceSum(powers, axes)), { p: INT }),
];
