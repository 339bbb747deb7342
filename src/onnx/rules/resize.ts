import { normalizeAxis } from "../../graph/broadcast.ts";
import type { Value } from "../../graph/value.ts";
import { gather } from "../../ops/gather.ts";
import { where } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { expand, reshape, transpose } from "../../ops/structure.ts";
import { FLAG, FLOAT, FLOATS, INTS, oneOf, since, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { snapConstant } from "../snap-constant.ts";
import { maxOf, minOf } from "../../util/extremes.ts";

/** One axis that changes its extent. */
interface Axis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  /** The part of the input that is resized, in shares of it; for tf_crop_and_resize. */
  readonly region?: { readonly start: number; readonly end: number };
}

/** The place in the input of element i of the output. */
type Coordinate = (i: number, axis: Axis) => number;

const COORDINATES: Record<string, Coordinate> = {
  half_pixel: (i, { scale }) => (i + 0.5) / scale - 0.5,
  pytorch_half_pixel: (i, { scale, to }) => (to > 1 ? (i + 0.5) / scale - 0.5 : 0),
  align_corners: (i, { from, to }) => (to > 1 ? (i * (from - 1)) / (to - 1) : 0),
  asymmetric: (i, { scale }) => i / scale,
  tf_half_pixel_for_nn: (i, { scale }) => (i + 0.5) / scale,
  half_pixel_symmetric: (i, { scale, from, to }) => (from / 2) * (1 - to / (scale * from)) + (i + 0.5) / scale - 0.5,
};

/**
 * The coordinates of a region, rounded as the runtime rounds them: regions end at the last element as a rule, and what lies
 * beyond it by one rounding is outside.
 */
const CROPPED = "tf_crop_and_resize";
const cropped: Coordinate = (i, { from, to, region: { start, end } = { start: 0, end: 1 } }) => {
  const { fround } = Math;
  const last = from - 1;
  if (to <= 1) return fround(fround(0.5 * fround(start + end)) * last);
  const step = fround(fround(fround(i * fround(end - start)) * last) / (to - 1));
  return fround(fround(start * last) + step);
};

const ROUNDING: Record<string, (x: number) => number> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** An interpolation kernel and how far it reaches. */
interface Kernel {
  readonly reach: number;
  readonly weight: (distance: number) => number;
}

const LINEAR: Kernel = { reach: 1, weight: (d) => Math.max(0, 1 - Math.abs(d)) };

/** Cubic convolution (Keys 1981). */
function cubic(a: number): Kernel {
  return {
    reach: 2,
    weight: (distance) => {
      const d = Math.abs(distance);
      if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    },
  };
}

/** Interpolation of one axis as a matrix [to, from]: every row has the weights of one output element. */
function interpolation(
  axis: Axis,
  kernel: Kernel,
  place: Coordinate,
  exclude: boolean,
  antialias: boolean,
): Float64Array {
  const matrix = new Float64Array(axis.to * axis.from);
  // Shrinking with antialias stretches the kernel over the elements that merge.
  const stretch = antialias ? Math.min(axis.scale, 1) : 1;
  const reach = kernel.reach / stretch;
  for (let i = 0; i < axis.to; i++) {
    const x = place(i, axis);
    let sum = 0;
    for (let j = Math.ceil(x - reach); j <= Math.floor(x + reach); j++) {
      const weight = kernel.weight((x - j) * stretch);
      const inside = j >= 0 && j < axis.from;
      if (!inside && exclude) continue;
      matrix[i * axis.from + Math.min(Math.max(j, 0), axis.from - 1)] += weight;
      sum += weight;
    }
    for (let j = 0; j < axis.from; j++) matrix[i * axis.from + j] /= sum;
  }
  return matrix;
}

function applyMatrix(x: Value, axis: Axis, matrix: Float64Array): Value {
  const data = x.dtype === "float32" ? Float32Array.from(matrix) : matrix;
  const weights = x.graph.constant({ dtype: x.dtype, shape: [axis.to, axis.from], data });
  const rank = x.shape.length;
  if (axis.axis === rank - 2) return matmul(weights, x);
  const order = [...x.shape.map((_, each) => each).filter((each) => each !== axis.axis), axis.axis];
  const moved = matmul(transpose(x, order), weights, { transposeB: true });
  return transpose(
    moved,
    x.shape.map((_, each) => order.indexOf(each)),
  );
}

function nearest(x: Value, axis: Axis, place: Coordinate, round: (x: number) => number): Value {
  const indices = Array.from({ length: axis.to }, (_, i) =>
    Math.min(Math.max(round(place(i, axis)), 0), axis.from - 1),
  );
  const times = axis.to / axis.from;
  if (Number.isInteger(times) && indices.every((index, i) => index === Math.floor(i / times))) {
    // Every element repeated: spread, whose adjoint is a sum instead of a scatter.
    const before = x.shape.slice(0, axis.axis);
    const after = x.shape.slice(axis.axis + 1);
    const spread = expand(reshape(x, [...before, axis.from, 1, ...after]), [...before, axis.from, times, ...after]);
    return reshape(spread, [...before, axis.to, ...after]);
  }
  return gather(x, x.graph.integers(indices), axis.axis);
}

/** The axes with their extents, from scales or sizes. */
function axesOf(
  node: NodeContext,
  x: Value,
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
  named: readonly number[] | undefined,
  policy: string,
): Axis[] {
  const rank = x.shape.length;
  const chosen = named?.map((axis) => normalizeAxis(node.node.op, axis, rank)) ?? x.shape.map((_, axis) => axis);
  const given = sizes ?? scales ?? node.fail("missing-input", "has neither scales nor sizes");
  if (given.length !== chosen.length) node.fail("bad-input", `gives ${given.length} sizes for ${chosen.length} axes`);
  const ratios = chosen.map((axis, i) => (sizes ? sizes[i] / x.shape[axis] : snapConstant(given[i])));
  const common = policy === "not_larger" ? minOf(ratios) : policy === "not_smaller" ? maxOf(ratios) : undefined;
  return chosen.map((axis, i) => {
    const from = x.shape[axis];
    const kept = sizes ? common : undefined;
    const to = kept === undefined ? (sizes ? sizes[i] : Math.floor(from * ratios[i])) : Math.floor(from * kept + 0.5);
    if (!(to >= 1 && ratios[i] > 0 && from >= 1))
      node.fail("bad-input", `resizes axis ${axis} of extent ${from} to ${to}`);
    return { axis, from, to, scale: kept ?? ratios[i] };
  });
}

/** What Resize can choose and Upsample cannot. */
interface Choices {
  readonly coordinate: string;
  readonly nearestMode: string | undefined;
  readonly cubicCoefficient: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
  /** What stands at places outside of the input, for tf_crop_and_resize. */
  readonly outside: number;
}

const UPSAMPLE: Choices = {
  coordinate: "asymmetric",
  nearestMode: undefined,
  cubicCoefficient: -0.75,
  excludeOutside: false,
  antialias: false,
  outside: 0,
};

function resizeAxes(node: NodeContext, x: Value, axes: readonly Axis[], choices: Choices): Value {
  const { coordinate, nearestMode, cubicCoefficient, excludeOutside, antialias } = choices;
  const mode = node.string("mode", "nearest");
  const isCropped = coordinate === CROPPED;
  const place = isCropped ? cropped : (COORDINATES[coordinate] ?? node.unsupported(`places elements by ${coordinate}`));
  node.checkSize(
    x.shape.map((extent, each) => axes.find(({ axis }) => axis === each)?.to ?? extent),
    false,
  );
  // The runtime leaves an axis that keeps its size as it is, whatever the region.
  const changed = axes.filter(({ from, to, scale }) => from !== to || scale !== 1);
  const resized = changed.reduce((y, axis) => {
    node.checkSize([axis.to, axis.from], true);
    if (mode === "nearest") {
      const old = node.opset < 11 ? (axis.scale < 1 ? "ceil" : "floor") : "round_prefer_floor";
      const round = ROUNDING[nearestMode ?? old] ?? node.unsupported("rounds in an unknown way");
      return nearest(y, axis, place, round);
    }
    const kernel =
      mode === "linear" || mode === "bilinear" || mode === "trilinear"
        ? LINEAR
        : mode === "cubic"
          ? cubic(cubicCoefficient)
          : node.unsupported(`interpolates by ${mode}`);
    return applyMatrix(y, axis, interpolation(axis, kernel, place, excludeOutside, antialias));
  }, x);
  return isCropped ? withOutside(resized, changed, place, choices.outside) : resized;
}

/** A number at every element whose place lies outside of the input along some axis. */
function withOutside(y: Value, axes: readonly Axis[], place: Coordinate, value: number): Value {
  return axes.reduce((filled, axis) => {
    const isOutside = Array.from({ length: axis.to }, (_, i) => {
      const at = place(i, axis);
      return Number(at < 0 || at > axis.from - 1);
    });
    if (!isOutside.includes(1)) return filled;
    const shape = y.shape.map((_, each) => (each === axis.axis ? axis.to : 1));
    const mask = y.graph.constant({ dtype: "bool", shape, data: Uint8Array.from(isOutside) });
    return where(mask, y.graph.scalar(value, y.dtype), filled);
  }, y);
}

/** The axes with their parts of the region, which names all starts before all ends. */
function inRegion(node: NodeContext, axes: readonly Axis[]): Axis[] {
  const region = node.constant(1, "region").data;
  if (region.length !== 2 * axes.length)
    node.fail("bad-input", `has a region of ${region.length} numbers for ${axes.length} axes`);
  return axes.map((axis, i) => ({
    ...axis,
    region: { start: region[i], end: region[axes.length + i] },
  }));
}

function resize(node: NodeContext): Value {
  const x = node.input(0);
  const [scaleSlot, sizeSlot] = node.opset < 11 ? [1, -1] : [2, 3];
  const read = (slot: number, role: string) => (node.has(slot) ? node.integers(slot, role) : []);
  const scales = read(scaleSlot, "scales");
  const sizes = read(sizeSlot, "sizes");
  const axes = axesOf(
    node,
    x,
    scales.length > 0 ? scales : undefined,
    sizes.length > 0 ? sizes : undefined,
    node.ints("axes"),
    node.string("keep_aspect_ratio_policy", "stretch"),
  );
  const coordinate = node.string("coordinate_transformation_mode", node.opset < 11 ? "asymmetric" : "half_pixel");
  return resizeAxes(node, x, coordinate === CROPPED ? inRegion(node, axes) : axes, {
    coordinate,
    nearestMode: node.hasAttribute("nearest_mode") ? node.string("nearest_mode", "round_prefer_floor") : undefined,
    cubicCoefficient: node.float("cubic_coeff_a", -0.75),
    excludeOutside: node.flag("exclude_outside"),
    antialias: node.flag("antialias"),
    outside: node.float("extrapolation_value", 0),
  });
}

function upsample(node: NodeContext): Value {
  const x = node.input(0);
  const scales = node.floats("scales") ?? node.integers(1, "scales");
  return resizeAxes(node, x, axesOf(node, x, scales, undefined, undefined, "stretch"), UPSAMPLE);
}

const MODE = oneOf("nearest", "linear", "bilinear", "trilinear", "cubic");

export const RESIZING: readonly OnnxRule[] = [
  {
    op: "Resize",
    attributes: {
      antialias: since(18, FLAG),
      axes: since(18, INTS),
      coordinate_transformation_mode: since(11, oneOf(...Object.keys(COORDINATES), CROPPED)),
      cubic_coeff_a: since(11, FLOAT),
      exclude_outside: since(11, FLAG),
      extrapolation_value: since(11, FLOAT),
      keep_aspect_ratio_policy: since(18, oneOf("stretch", "not_larger", "not_smaller")),
      mode: MODE,
      nearest_mode: since(11, oneOf(...Object.keys(ROUNDING))),
    },
    inputs: 4,
    slots: ["arithmetic", "structural"],
    import: resize,
  },
  {
    op: "Upsample",
    attributes: { mode: MODE, scales: until(8, FLOATS) },
    inputs: 2,
    slots: ["arithmetic", "structural"],
    import: upsample,
  },
];
