import type { Target } from "../graph/operation.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { add } from "./arithmetic.ts";
import { convOutputExtents, type ConvGeometry, type WindowGeometry } from "./conv-geometry.ts";
import { matmul } from "./matmul.ts";
import { interleaveZeros, pad, sliceAxis, stack, strided } from "./movement.ts";
import { reduceSum, reshape } from "./structure.ts";

/** The image axes padded as the windows see them. */
function padded(x: Value, geometry: WindowGeometry): Value {
  return pad(x, [0, 0, ...geometry.before], [0, 0, ...geometry.after]);
}

/** Every offset inside a window, row-major. */
function taps(kernel: Shape): number[][] {
  return kernel.reduce<number[][]>(
    (all, size) => all.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  );
}

/**
 * im2col by strided slices: [N, C, …] → [N, C, taps, positions], where every tap is one strided view
 * of the padded image. Exact in any precision.
 */
export function patches(x: Value, kernel: Shape, geometry: WindowGeometry): Value {
  const extents = convOutputExtents(x.shape, kernel, geometry);
  const source = padded(x, geometry);
  const [n, c] = x.shape;
  const views = taps(kernel).map((tap) =>
    reshape(
      strided(
        source,
        [0, 0, ...tap.map((offset, k) => offset * geometry.dilations[k])],
        [n, c, ...extents],
        [1, 1, ...geometry.strides],
      ),
      [n, c, sizeOf(extents)],
    ),
  );
  return stack(views, 2);
}

/** col2im, the adjoint of {@link patches}: [N, C, taps, positions] → [N, C, …extents], overlapping windows add up. */
export function unpatch(columns: Value, kernel: Shape, geometry: WindowGeometry, extents: Shape): Value {
  const [n, c] = columns.shape;
  const positions = convOutputExtents([n, c, ...extents], kernel, geometry);
  const total = extents.map((extent, k) => extent + geometry.before[k] + geometry.after[k]);
  let sum: Value | undefined;
  taps(kernel).forEach((tap, index) => {
    let view = reshape(sliceAxis(columns, 2, index, index + 1), [n, c, ...positions]);
    geometry.strides.forEach((stride, k) => {
      if (stride > 1 && positions[k] > 1) view = interleaveZeros(view, 2 + k, stride);
    });
    const start = tap.map((offset, k) => offset * geometry.dilations[k]);
    const rest = start.map((offset, k) => total[k] - offset - view.shape[2 + k]);
    const placed = pad(view, [0, 0, ...start], [0, 0, ...rest]);
    sum = sum ? add(sum, placed) : placed;
  });
  if (!sum) throw new RangeError("a window has at least one tap");
  return pad(sum, [0, 0, ...geometry.before.map((k) => -k)], [0, 0, ...geometry.after.map((k) => -k)]);
}

/** Kernels as a matrix per group: [group, O/group, C/group·taps]. */
function kernelMatrix(w: Value, group: number): Value {
  return reshape(w, [group, w.shape[0] / group, sizeOf(w.shape.slice(1))]);
}

/** Patches as a matrix per image and group: [N, group, C/group·taps, positions]. */
function patchMatrix(x: Value, kernel: Shape, geometry: ConvGeometry): Value {
  const columns = patches(x, kernel, geometry);
  const [n, c, size, positions] = columns.shape;
  return reshape(columns, [n, geometry.group, (c / geometry.group) * size, positions]);
}

/** y = W · im2col(x), for runtimes without a float64 convolution. */
export function lowerConv(node: Value, [x, w]: readonly Value[], target: Target, geometry: ConvGeometry): Value | undefined {
  if (target.precision === "float32") return undefined;
  return reshape(matmul(kernelMatrix(w, geometry.group), patchMatrix(x, w.shape.slice(2), geometry)), node.shape);
}

/** x̄ = col2im(Wᵀ · g). */
export function lowerConvInput(
  _node: Value,
  [g, w]: readonly Value[],
  target: Target,
  geometry: ConvGeometry,
  extents: Shape,
): Value | undefined {
  if (target.precision === "float32") return undefined;
  const { group } = geometry;
  const kernel = w.shape.slice(2);
  const n = g.shape[0];
  const flat = reshape(g, [n, group, g.shape[1] / group, sizeOf(g.shape.slice(2))]);
  const columns = matmul(kernelMatrix(w, group), flat, { transposeA: true });
  const shape = [n, w.shape[1] * group, sizeOf(kernel), flat.shape[3]];
  return unpatch(reshape(columns, shape), kernel, geometry, extents);
}

/** w̄ = Σₙ g · im2col(x)ᵀ. */
export function lowerConvWeight(
  node: Value,
  [x, g]: readonly Value[],
  _target: Target,
  geometry: ConvGeometry,
  kernel: Shape,
): Value {
  const { group } = geometry;
  const flat = reshape(g, [g.shape[0], group, g.shape[1] / group, sizeOf(g.shape.slice(2))]);
  const product = matmul(flat, patchMatrix(x, kernel, geometry), { transposeB: true });
  return reshape(reduceSum(product, [0]), node.shape);
}
