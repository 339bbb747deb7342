import type { Target } from "../graph/emitter.ts";
import type { Value } from "../graph/value.ts";
import { sizeOf, type Shape } from "../util/tensor.ts";
import { add } from "./arithmetic.ts";
import { adjointFilter, convBlocked, convInputByPhases, convWeightBlocked } from "./blocked-conv.ts";
import { convByRows } from "./conv-by-rows.ts";
import { convSideBySide, convWeightSideBySide } from "./conv-side-by-side.ts";
import { convOutputExtents, type ConvGeometry, type WindowGeometry } from "./conv-geometry.ts";
import { matmul } from "./matmul.ts";
import { interleaveZeros, pad, sliceAxis, stack, strided } from "./movement.ts";
import { plainConv } from "./plain-conv.ts";
import { reduceSum, reshape, transpose } from "./structure.ts";

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

/**
 * Whether convolutions are matrix products of patches: there is no kernel in float64; WebGPU's are wrong
 * for some strides, dilations and groups, and missing in three dimensions.
 */
function lacksKernels({ precision, device }: Target): boolean {
  return precision === "float64" || device === "webgpu";
}

/** The block size where the blocked kernels apply: float32 images of two axes in one group, with enough outputs to fill half a block. */
function blockOf(target: Target, shape: Shape, group: number, outputs: number): number | undefined {
  const { precision, portable, blockSize } = target;
  if (precision !== "float32" || portable || blockSize === undefined) return undefined;
  return shape.length === 4 && group === 1 && 2 * outputs >= blockSize ? blockSize : undefined;
}

/** The block size where images lie side by side in it: those of one channel, with too few outputs to fill half a block. */
function lanesOf(target: Target, x: Shape, group: number, outputs: number): number | undefined {
  if (x[1] !== 1 || blockOf(target, x, group, outputs) !== undefined) return undefined;
  return blockOf(target, x, group, x[0]);
}

/** x ∗ w by the blocked kernels, several rows at a time where there are few outputs. */
function convFilled(x: Value, w: Value, block: number, geometry: ConvGeometry, shape: Shape): Value {
  return convByRows(x, w, block, geometry, shape) ?? convBlocked(x, w, block, geometry, shape);
}

/** y = W · im2col(x) where the runtime has no convolution to rely on; blocked where it has a faster one. */
export function lowerConv(
  node: Value,
  [x, w]: readonly Value[],
  target: Target,
  geometry: ConvGeometry,
): Value | undefined {
  if (lacksKernels(target)) {
    return reshape(matmul(kernelMatrix(w, geometry.group), patchMatrix(x, w.shape.slice(2), geometry)), node.shape);
  }
  const lanes = lanesOf(target, x.shape, geometry.group, w.shape[0]);
  if (lanes !== undefined) return convSideBySide(x, w, lanes, geometry, node.shape);
  const block = blockOf(target, x.shape, geometry.group, w.shape[0]);
  if (block === undefined) return plainConv(x, w, geometry);
  const cut = (amounts: readonly number[]) => amounts.map((k) => Math.min(0, k));
  const grow = (amounts: readonly number[]) => amounts.map((k) => Math.max(0, k));
  const source = pad(x, [0, 0, ...cut(geometry.before)], [0, 0, ...cut(geometry.after)]);
  return convBlocked(
    source,
    w,
    block,
    { ...geometry, before: grow(geometry.before), after: grow(geometry.after) },
    node.shape,
  );
}

/** x̄ = col2im(Wᵀ · g) where it has none to rely on; a convolution with flipped kernels at stride 1; a convolution per phase at larger ones. */
export function lowerConvInput(
  node: Value,
  [g, w]: readonly Value[],
  target: Target,
  geometry: ConvGeometry,
  extents: Shape,
): Value | undefined {
  const { group, strides, dilations } = geometry;
  if (lacksKernels(target)) {
    const kernel = w.shape.slice(2);
    const n = g.shape[0];
    const flat = reshape(g, [n, group, g.shape[1] / group, sizeOf(g.shape.slice(2))]);
    const columns = matmul(kernelMatrix(w, group), flat, { transposeA: true });
    const shape = [n, w.shape[1] * group, sizeOf(kernel), flat.shape[3]];
    return unpatch(reshape(columns, shape), kernel, geometry, extents);
  }
  const channels = w.shape[1];
  // Even a quarter of a block beats the transposed convolution.
  const block = blockOf(target, g.shape, group, 2 * channels);
  if (block === undefined) return undefined;
  if (strides.every((stride) => stride === 1)) {
    const adjoint = adjointFilter(g, w, geometry, node.shape);
    return adjoint && convFilled(g, adjoint.filter, block, adjoint.geometry, node.shape);
  }
  const byPhases = dilations.every((dilation) => dilation === 1) && channels % block === 0;
  return byPhases ? convInputByPhases(g, w, block, geometry, node.shape) : undefined;
}

/** w̄ = Σₙ g · im2col(x)ᵀ, or one convolution with exchanged roles. */
export function lowerConvWeight(
  node: Value,
  [x, g]: readonly Value[],
  target: Target,
  geometry: ConvGeometry,
  kernel: Shape,
): Value {
  const { group, dilations } = geometry;
  const [n, channels] = x.shape;
  const isPoint = sizeOf(kernel) === 1;
  if (!lacksKernels(target) && !isPoint) {
    const isDense = dilations.every((dilation) => dilation === 1);
    const lanes = lanesOf(target, x.shape, group, node.shape[0]);
    if (lanes !== undefined && isDense) return convWeightSideBySide(x, g, lanes, geometry, node.shape);
    const block = blockOf(target, x.shape, group, 2 * n);
    if (block !== undefined && isDense && channels > 1) return convWeightBlocked(x, g, block, geometry, node.shape);
    if (group === 1 && channels < FEW_CHANNELS) return exchangedConv(x, g, geometry, node.shape);
    if (channels * sizeOf(kernel) ** 2 <= LARGEST_ONE_HOT)
      return matrixWeight(node, oneHotPatches(x, kernel, geometry), g, group);
  }
  return matrixWeight(node, patchMatrix(x, kernel, geometry), g, group);
}

/** Below this the rows of im2col are too short to pay. */
const FEW_CHANNELS = 8;
/** Elements of the one-hot kernels that im2col by convolution needs. */
const LARGEST_ONE_HOT = 1 << 20;

function matrixWeight(node: Value, patchRows: Value, g: Value, group: number): Value {
  const flat = reshape(g, [g.shape[0], group, g.shape[1] / group, sizeOf(g.shape.slice(2))]);
  const product = matmul(flat, patchRows, { transposeB: true });
  return reshape(reduceSum(product, [0]), node.shape);
}

/** im2col as a depthwise convolution whose kernels each pick one tap: [N, group, C/group·taps, positions]. */
function oneHotPatches(x: Value, kernel: Shape, geometry: ConvGeometry): Value {
  const [n, c] = x.shape;
  const size = sizeOf(kernel);
  const data = new Float32Array(c * size * size);
  for (let row = 0; row < c * size; row++) data[row * size + (row % size)] = 1;
  const picks = x.graph.constant({ dtype: "float32", shape: [c * size, 1, ...kernel], data });
  const columns = plainConv(x, picks, { ...geometry, group: c });
  return reshape(columns, [n, geometry.group, (c / geometry.group) * size, sizeOf(columns.shape.slice(2))]);
}

/** The images' channels as a batch, the cotangent as kernels: strides and dilations change places. */
function exchangedConv(x: Value, g: Value, geometry: ConvGeometry, shape: Shape): Value {
  const exchange = (value: Value) =>
    transpose(
      value,
      value.shape.map((_, axis) => (axis < 2 ? 1 - axis : axis)),
    );
  const { strides, dilations } = geometry;
  const full = exchange(plainConv(exchange(x), exchange(g), { ...geometry, strides: dilations, dilations: strides }));
  // Where the stride does not divide, more offsets fit than the kernel has taps.
  return strided(
    full,
    shape.map(() => 0),
    shape,
    shape.map(() => 1),
  );
}
