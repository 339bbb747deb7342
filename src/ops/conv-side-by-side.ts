import type { Operation, Value } from "../graph/value.ts";
import { sizeOf } from "../util/tensor.ts";
import { blockedConv, withBias } from "./blocked-conv.ts";
import { fromBlocked, toBlocked } from "./blocked-layout.ts";
import type { ConvGeometry } from "./conv-geometry.ts";
import { pad, sliceAxis } from "./movement.ts";
import { expand, reduceSum, reshape } from "./structure.ts";

/*
 * Images of one channel with few kernels leave most lanes of a block of channels empty. With images side by side instead,
 * [N/B, 1, H, W, B], each lane is a channel of its own of a depthwise convolution, whatever the number of kernels O: the images
 * stand there once for each kernel, [N/B·O, H, W, B], and
 *
 *   y[n, o] = x[n] ∗ w[o]      w̄[o] = Σₙ x[n] ∗ g[n, o]
 *
 * are one such convolution each, with O·N filters: the kernels, or the cotangents as they lie.
 */

/** x ∗ w of images [N, 1, H, W] with kernels [O, 1, h, w]; the result has images side by side. */
export function convSideBySide(
  x: Value,
  w: Value,
  block: number,
  geometry: ConvGeometry,
  shape: Value["shape"],
): Value {
  const { strides, before, after, dilations } = geometry;
  const [outputs, , ...kernel] = w.shape;
  const images = forEach(padded(toBlocked(x, 0, block), before, after), outputs);
  const outer = images.shape[1];
  const filter = expand(reshape(w, [1, outputs, ...kernel, 1]), [outer / outputs, outputs, ...kernel, block]);
  const y = blockedConv(images, filter, kernel, depthwise(outer * block, strides, dilations));
  return fromBlocked(reshape(y, [outer / outputs, outputs, ...y.shape.slice(2)]), 0, shape);
}

/** What cotangents g [N, O, …] contribute to kernels [O, 1, h, w], given images [N, 1, H, W]; without dilation. */
export function convWeightSideBySide(
  x: Value,
  g: Value,
  block: number,
  { strides, before }: ConvGeometry,
  [outputs, , ...kernel]: Value["shape"],
): Value {
  const positions = g.shape.slice(2);
  // The runtime's kernel does columns of its result in threes, and those that are left one by one.
  const columns = Math.ceil(kernel[1] / 3) * 3;
  // What the windows see: rows and columns up to the last tap of the last window.
  const after = [kernel[0], columns].map(
    (taps, k) => (positions[k] - 1) * strides[k] + taps - x.shape[2 + k] - before[k],
  );
  const images = forEach(padded(toBlocked(x, 0, block), before, after), outputs);
  const filter = toBlocked(g, 0, block);
  const outer = images.shape[1];
  const parts = blockedConv(images, filter, positions, depthwise(outer * block, [1, 1], strides));
  const apart = reshape(parts, [outer / outputs, outputs, kernel[0], columns, block]);
  return reshape(reduceSum(sliceAxis(apart, 3, 0, kernel[1]), [0, 4]), [outputs, 1, ...kernel]);
}

/** Zeros around images [N/B, 1, H, W, B]; negative amounts cut. */
function padded(images: Value, before: readonly number[], after: readonly number[]): Value {
  return pad(images, [0, 0, ...before, 0], [0, 0, ...after, 0]);
}

/** Images [N/B, 1, H, W, B] once for each kernel, [1, N/B·O, H, W, B]. */
function forEach(images: Value, outputs: number): Value {
  const [outer, , ...plane] = images.shape;
  return reshape(expand(images, [outer, outputs, ...plane]), [1, outer * outputs, ...plane]);
}

function depthwise(group: number, strides: readonly number[], dilations: readonly number[]): ConvGeometry {
  return { strides, before: [0, 0], after: [0, 0], dilations, group };
}

/**
 * The convolution of {@link convSideBySide} plus a bias [O]; undefined for any other value.
 *
 * @param view the result in its shape [N/B, O, H, W, B]
 */
export function withBiasSideBySide(view: Value, bias: Value): Value | undefined {
  const operation: Operation = view.operation;
  if (operation.view !== true || view.shape.length !== 5) return undefined;
  const [outer, outputs, , , block] = view.shape;
  const [y] = view.inputs;
  if (y.shape.length !== 5 || y.shape[0] !== 1 || y.shape[1] !== outer * outputs || sizeOf(bias.shape) !== outputs)
    return undefined;
  const spread = reshape(expand(reshape(bias, [1, outputs, 1]), [outer, outputs, block]), [outer * outputs * block]);
  const biased = withBias(y, spread);
  return biased && reshape(biased, view.shape);
}
