import type { Value } from "../../graph/value.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { gatherElements } from "../../ops/gather.ts";
import { and, cast, greater, greaterOrEqual, less, maximum, minimum, or, where, xor } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { sliceAxis } from "../../ops/movement.ts";
import { expand, reshape } from "../../ops/structure.ts";
import { allocate, sizeOf, type Shape } from "../../util/tensor.ts";
import { FLAG, oneOf } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { isOdd, nearestWhole, wholePart } from "./whole-part.ts";

/* Spatial transformers (Jaderberg 2015): images at places that the network computes. */

/** An axis of the image, with what stands in for places outside of it. */
interface SampledAxis {
  readonly extent: number;
  /** Where places are outside: the centres of the last elements, or their outer edges. */
  readonly low: number;
  readonly high: number;
  readonly padding: string;
}

/** One element along an axis that a sample reads, by integer, and its weight; without one it is read as it is. */
interface Tap {
  readonly index: Value;
  /** Whether it lies in the image, where what lies outside is 0. */
  readonly inside: Value | undefined;
  readonly weight: Value | undefined;
}

/** Places reflected at both ends of an axis until they lie between them. */
function reflect(x: Value, low: number, high: number): Value {
  const range = high - low;
  if (range === 0) return mul(x, 0);
  const isBelow = less(x, low);
  const beyond = where(isBelow, sub(low, x), sub(x, high));
  // Whole ranges beyond the end: each turns around.
  const turns = cast(wholePart(mul(beyond, 1 / range)), x.dtype);
  const rest = sub(beyond, mul(turns, range));
  const reflected = where(xor(isBelow, isOdd(turns)), add(rest, low), sub(high, rest));
  return where(outside(x, low, high), reflected, x);
}

function outside(x: Value, low: number, high: number): Value {
  return or(less(x, low), greater(x, high));
}

/** Places as the padding of the operator moves them. */
function padded(x: Value, { extent, low, high, padding }: SampledAxis): Value {
  if (padding === "border") return where(outside(x, low, high), minimum(maximum(x, 0), extent - 1), x);
  return padding === "reflection" ? reflect(x, low, high) : x;
}

/** The element at an integer place, or what stands in for it. */
function tapAt(place: Value, weight: Value | undefined, axis: SampledAxis, float: Value["dtype"]): Tap {
  const { extent, padding, low, high } = axis;
  const inner = padding === "reflection" ? cast(reflect(cast(place, float), low, high), "int64") : place;
  const index = minimum(maximum(inner, 0), extent - 1);
  const inside = padding === "zeros" ? and(greaterOrEqual(place, 0), less(place, extent)) : undefined;
  return { index, inside, weight };
}

/** Cubic convolution (Keys 1981), with the coefficient that ONNX fixes. */
const CUBIC = -0.75;

/** Its weights of the four elements around a place that lies `t` behind the second. */
function cubicWeights(t: Value): Value[] {
  const near = (d: Value) => add(mul(mul(sub(mul(d, CUBIC + 2), CUBIC + 3), d), d), 1);
  const far = (d: Value) => mul(sub(mul(add(mul(sub(d, 5), d), 8), d), 4), CUBIC);
  return [far(add(t, 1)), near(t), near(sub(1, t)), far(sub(2, t))];
}

/** Elements that weights reach to either side of a place. */
const REACH = 2;

/** What a sample reads along one axis. */
export function tapsOf(place: Value, mode: string, axis: SampledAxis): Tap[] {
  const { dtype } = place;
  // Whole places are moved in, not what they are rounded from.
  if (mode === "nearest") return [tapAt(wholePart(padded(nearestWhole(place), axis)), undefined, axis, dtype)];
  // The runtime moves elements to the border and not the place, where weights are cubic.
  const moved = mode === "cubic" && axis.padding === "border" ? place : padded(place, axis);
  // Farther outside all elements that a sample reads are the same, or none.
  const x = minimum(maximum(moved, -REACH - 1), axis.extent + REACH);
  const before = wholePart(x);
  const t = sub(x, cast(before, dtype));
  const at = (offset: number, weight: Value) => tapAt(add(before, offset), weight, axis, dtype);
  if (mode === "linear") return [at(0, sub(1, t)), at(1, t)];
  return cubicWeights(t).map((weight, i) => at(i - 1, weight));
}

/** Every choice of one tap an axis. */
export function combinations(axes: readonly (readonly Tap[])[]): Tap[][] {
  return axes.reduce<Tap[][]>((all, taps) => all.flatMap((chosen) => taps.map((tap) => [...chosen, tap])), [[]]);
}

/**
 * GridSample: x [N, C, D₁, …] at places grid [N, P₁, …, rank] between −1 and 1, the last axis of x first. Sums of elements of x
 * with weights that are polynomials in the place, so that derivatives of all orders are those of the sums; they jump where a sample passes an
 * element. Costs 1, 2 or 4 elements an axis for each sample.
 */
function gridSample(node: NodeContext): Value {
  const [x, grid] = [node.input(0), node.input(1)];
  const rank = x.shape.length - 2;
  if (rank < 1 || grid.shape.length !== rank + 2 || grid.shape[rank + 1] !== rank || grid.shape[0] !== x.shape[0])
    node.fail("shape-mismatch", `samples the shape [${x.shape.join(", ")}] at [${grid.shape.join(", ")}]`);
  const [examples, channels, ...extents] = x.shape;
  if (sizeOf(extents) === 0) node.fail("shape-mismatch", "samples an image of no elements");
  const result = grid.shape.slice(1, -1);
  const samples = sizeOf(result);
  node.checkSize([examples, channels, samples], false);
  const isAligned = node.flag("align_corners");
  const given = node.string("mode", node.opset < 20 ? "bilinear" : "linear");
  const mode = given.replace(/^bi/, "");
  const flat = reshape(x, [examples, channels, sizeOf(extents)]);
  const taps = extents.map((extent, each) => {
    const slot = rank - 1 - each;
    const unit = reshape(sliceAxis(grid, rank + 1, slot, slot + 1), [examples, 1, samples]);
    const place = isAligned ? mul(add(unit, 1), (extent - 1) / 2) : mul(sub(mul(add(unit, 1), extent), 1), 0.5);
    const [low, high] = isAligned ? [0, extent - 1] : [-0.5, extent - 0.5];
    return tapsOf(place, mode, { extent, low, high, padding: node.string("padding_mode", "zeros") });
  });
  const parts = combinations(taps).map((chosen) => sampled(flat, chosen, extents));
  return reshape(
    parts.reduce((sum, part) => add(sum, part)),
    [examples, channels, ...result],
  );
}

/** Elements of x [N, C, all] that taps [N, 1, P] choose, with their weights: [N, C, P]. */
export function sampled(x: Value, taps: readonly Tap[], extents: Shape): Value {
  const index = taps.map((tap) => tap.index).reduce((flat, each, axis) => add(mul(flat, extents[axis]), each));
  const [examples, channels] = x.shape;
  let y = gatherElements(x, expand(index, [examples, channels, index.shape[2]]), 2);
  for (const { inside } of taps) if (inside) y = where(inside, y, 0);
  const weights = taps.flatMap(({ weight }) => weight ?? []);
  return weights.length === 0
    ? y
    : mul(
        y,
        weights.reduce((product, each) => mul(product, each)),
      );
}

/** Where the derivative with respect to places is not that of the function, by mode. */
const BENDS: Readonly<Record<string, string>> = {
  nearest: "GridSample by nearest is piecewise constant in the places that it samples: that derivative is 0",
  linear:
    "GridSample has no derivative with respect to the places that it samples where one lies on an element (taken as that behind it); second derivatives ignore the kinks",
  cubic:
    "The second derivative of GridSample with respect to the places that it samples jumps where one lies on an element (taken as that behind it)",
};

/**
 * AffineGrid: the places A·(x, y, 1) of an image's elements, theta [N, rank, rank + 1] to [N, extents…, rank]: linear in theta.
 */
function affineGrid(node: NodeContext): Value {
  const theta = node.input(0);
  const size = node.integers(1, "size");
  const extents = size.slice(2);
  const rank = extents.length;
  const fits = theta.shape.length === 3 && theta.shape[1] === rank && theta.shape[2] === rank + 1;
  if ((rank !== 2 && rank !== 3) || !fits || theta.shape[0] !== size[0] || extents.some((extent) => extent < 1))
    node.fail("shape-mismatch", `makes places of [${size.join(", ")}] by the shape [${theta.shape.join(", ")}]`);
  const count = sizeOf(extents);
  node.checkSize([count, rank + 1], true);
  const isAligned = node.flag("align_corners");
  const base = allocate(theta.dtype, count * (rank + 1)).fill(1);
  for (let at = 0; at < count; at++) {
    let rest = at;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const extent = extents[axis];
      const i = rest % extent;
      rest = Math.floor(rest / extent);
      // As the runtime spaces them: of one element alone, that of the end where corners are aligned.
      base[at * (rank + 1) + rank - 1 - axis] = isAligned
        ? extent === 1
          ? 1
          : (2 * i) / (extent - 1) - 1
        : (2 * i + 1) / extent - 1;
    }
  }
  const places = node.graph.constant({ dtype: theta.dtype, shape: [count, rank + 1], data: base });
  return reshape(matmul(places, theta, { transposeB: true }), [size[0], ...extents, rank]);
}

export const GRID_SAMPLING: readonly OnnxRule[] = [
  {
    op: "GridSample",
    attributes: {
      align_corners: FLAG,
      mode: oneOf("bilinear", "nearest", "bicubic", "linear", "cubic"),
      padding_mode: oneOf("zeros", "border", "reflection"),
    },
    inputs: 2,
    slots: ["arithmetic", "arithmetic"],
    bends: (node) => {
      const mode = node.string("mode", "linear").replace(/^bi/, "");
      return { text: BENDS[mode], by: node.input(1) };
    },
    import: gridSample,
  },
  {
    op: "AffineGrid",
    attributes: { align_corners: FLAG },
    inputs: 2,
    slots: ["arithmetic", "structural"],
    import: affineGrid,
  },
];
