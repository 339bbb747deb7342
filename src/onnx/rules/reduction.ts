import { normalizeAxis, stridesOf, forEachOffset } from "../../graph/broadcast.ts";
import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { add, mul, neg } from "../../ops/arithmetic.ts";
import { cast, equal, greater, less, or, and } from "../../ops/logic.ts";
import { gatherElements } from "../../ops/gather.ts";
import { reverse, sliceAxis, concat } from "../../ops/movement.ts";
import { norm } from "../../ops/norm.ts";
import { argMax, cumSum, reduceLogSumExp, reduceMax, reduceMean } from "../../ops/reduction.ts";
import { expand, reduceSum, reshape, transpose } from "../../ops/structure.ts";
import { abs, log } from "../../ops/unary.ts";
import { isFloat, sizeOf } from "../../util/tensor.ts";
import { FLAG, INT, INTS, NO_EFFECT, since, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/** The axes of a reduction, from the attribute or the second input; undefined where nothing is to be reduced. */
function reductionAxes(node: NodeContext, rank: number): number[] | undefined {
  const given = node.ints("axes") ?? (node.has(1) ? node.integers(1, "axes") : undefined);
  if (given === undefined || given.length === 0) {
    if (node.flag("noop_with_empty_axes")) return undefined;
    return Array.from({ length: rank }, (_, axis) => axis);
  }
  return [...new Set(given.map((axis) => normalizeAxis(node.node.op, axis, rank)))];
}

function reduction(
  op: string,
  f: (x: Value, axes: readonly number[]) => Value,
  empty: (x: Value) => Value = (x) => x,
): OnnxRule {
  const input = op === "ReduceSum" ? 13 : 18;
  return {
    op,
    attributes: { axes: until(input - 1, INTS), keepdims: FLAG, noop_with_empty_axes: since(input, FLAG) },
    inputs: 2,
    slots: ["arithmetic", "structural"],
    import: (node) => {
      const x = node.input(0);
      const axes = reductionAxes(node, x.shape.length);
      if (!axes) return empty(x);
      const kept = x.shape.length === 0 ? f(x, []) : f(x, axes);
      return node.flag("keepdims", true)
        ? kept
        : reshape(
            kept,
            x.shape.filter((_, axis) => !axes.includes(axis)),
          );
    },
  };
}

/** A reduction of constant integers, which have no kernel here: computed on the spot. */
function foldIntegers(
  x: Value,
  axes: readonly number[],
  f: (a: number, b: number) => number,
  start: number,
): Value | undefined {
  const constant = tensorOf(x);
  if (!constant || isFloat(x.dtype)) return undefined;
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const strides = stridesOf(shape).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const data = new Float64Array(sizeOf(shape)).fill(start);
  forEachOffset(x.shape, strides, 0, (position, to) => {
    data[to] = f(data[to], constant.data[position]);
  });
  return x.graph.constant({ dtype: "int64", shape, data });
}

/** What a reduction of no floats gives; undefined where there are some. */
function ofNothing(x: Value, axes: readonly number[], value: number): Value | undefined {
  if (!isFloat(x.dtype) || axes.every((axis) => x.shape[axis] > 0)) return undefined;
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return expand(x.graph.scalar(value, x.dtype), shape);
}

/** Whether any, or all: the extremes of truths, which have an order of their own from opset 20 on. */
function ofTruths(x: Value, over: (x: Value) => Value): Value | undefined {
  return x.dtype === "bool" ? cast(over(cast(x, "int64")), "bool") : undefined;
}

function maximumOver(x: Value, axes: readonly number[]): Value {
  return (
    ofTruths(x, (whole) => maximumOver(whole, axes)) ??
    foldIntegers(x, axes, Math.max, -Infinity) ??
    ofNothing(x, axes, -Infinity) ??
    reduceMax(x, axes)
  );
}

function minimumOver(x: Value, axes: readonly number[]): Value {
  return (
    ofTruths(x, (whole) => minimumOver(whole, axes)) ??
    foldIntegers(x, axes, Math.min, Infinity) ??
    ofNothing(x, axes, Infinity) ??
    neg(reduceMax(neg(x), axes))
  );
}

/** A product by halving, which stays exact (and differentiable) where factors are zero. */
function product(x: Value, axes: readonly number[]): Value {
  const folded = foldIntegers(x, axes, (a, b) => a * b, 1);
  if (folded) return folded;
  const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const moved = transpose(x, [...others, ...axes]);
  let flat = reshape(moved, [sizeOf(others.map((axis) => x.shape[axis])), sizeOf(axes.map((axis) => x.shape[axis]))]);
  if (flat.shape[1] === 0) return expand(x.graph.scalar(1, x.dtype), shape);
  while (flat.shape[1] > 1) {
    const count = flat.shape[1];
    const half = Math.floor(count / 2);
    const pairs = mul(sliceAxis(flat, 1, 0, half), sliceAxis(flat, 1, half, 2 * half));
    flat = count % 2 === 0 ? pairs : concat([pairs, sliceAxis(flat, 1, count - 1, count)], 1);
  }
  return reshape(flat, shape);
}

function extremum(op: string, orient: (x: Value) => Value): OnnxRule {
  return {
    op,
    flat: true,
    attributes: { axis: INT, keepdims: FLAG, select_last_index: since(12, FLAG) },
    inputs: 1,
    import: (node) => {
      const x = orient(node.input(0));
      const axis = normalizeAxis(op, node.int("axis", 0), x.shape.length);
      const extent = x.shape[axis] ?? 1;
      const first = node.flag("select_last_index")
        ? add(neg(argMax(reverse(x, [axis]), axis)), extent - 1)
        : argMax(x, axis);
      return node.flag("keepdims", true)
        ? first
        : reshape(
            first,
            x.shape.filter((_, each) => each !== axis),
          );
    },
  };
}

/** TopK compares every element with every other: more than this along the axis is refused. */
const TOP_K_LIMIT = 2048;

/**
 * The k largest elements and their indices. The place of element j is the number of elements that
 * come before it, Σᵢ [xᵢ > xⱼ] + Σ_{i<j} [xᵢ = xⱼ]; the index at place p is Σⱼ j·[placeⱼ = p]; the
 * values are gathered by index, so derivatives reach them.
 */
function topK(node: NodeContext): Value[] {
  const x = node.input(0);
  const { graph } = node;
  const rank = x.shape.length;
  const axis = normalizeAxis("TopK", node.int("axis", -1), rank);
  const count = node.has(1) ? node.number(1, "k") : node.int("k", 1);
  const extent = x.shape[axis] ?? 1;
  if (!(count >= 0 && count <= extent)) node.fail("bad-input", `asks for ${count} of ${extent} elements`);
  if (extent > TOP_K_LIMIT)
    node.unsupported(`sorts an axis of ${extent} elements; at most ${TOP_K_LIMIT} are supported`);
  const order = [...x.shape.map((_, each) => each).filter((each) => each !== axis), axis];
  const moved = transpose(node.flag("largest", true) ? x : neg(x), order);
  const outer = moved.shape.slice(0, -1);
  const places = graph.integers(Array.from({ length: extent }, (_, i) => i));
  const other = reshape(moved, [...outer, extent, 1]);
  const self = reshape(moved, [...outer, 1, extent]);
  const earlier = less(reshape(places, [extent, 1]), reshape(places, [1, extent]));
  const before = cast(or(greater(other, self), and(equal(other, self), earlier)), "int64");
  const place = reduceSum(before, [rank - 1]);
  const wanted = reshape(graph.integers(Array.from({ length: count }, (_, i) => i)), [count, 1]);
  const hits = cast(equal(place, wanted), "int64");
  const indices = reshape(reduceSum(mul(hits, places), [rank]), [...outer, count]);
  const back = x.shape.map((_, each) => order.indexOf(each));
  const placed = transpose(indices, back);
  return [gatherElements(x, placed, axis), placed];
}

function runningSum(node: NodeContext): Value {
  const axis = node.number(1, "axis");
  return cumSum(node.input(0), axis, node.flag("exclusive"), node.flag("reverse"));
}

/**
 * Running products, each of the span before it times its own, of twice the length every time: exact, and differentiable,
 * where factors are zero.
 */
function runningProduct(node: NodeContext): Value {
  const x = node.input(0);
  const axis = normalizeAxis("CumProd", node.number(1, "axis"), x.shape.length);
  const extent = x.shape[axis];
  const isReversed = node.flag("reverse");
  const delayed = (y: Value, by: number) => {
    const ones = expand(
      x.graph.scalar(1, x.dtype),
      x.shape.map((each, at) => (at === axis ? by : each)),
    );
    return concat([ones, sliceAxis(y, axis, 0, extent - by)], axis);
  };
  if (extent === 0) return x;
  const ordered = isReversed ? reverse(x, [axis]) : x;
  let products = node.flag("exclusive") ? delayed(ordered, 1) : ordered;
  for (let span = 1; span < extent; span *= 2) products = mul(products, delayed(products, span));
  return isReversed ? reverse(products, [axis]) : products;
}

/** 1 at the first of the largest elements along an axis; before opset 13 along all axes from one on. */
function hardmax(node: NodeContext): Value {
  const x = node.input(0);
  const rank = x.shape.length;
  const axis = normalizeAxis("Hardmax", node.int("axis", node.opset < 13 ? 1 : -1), rank);
  const rows = node.opset < 13 ? reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]) : x;
  const along = node.opset < 13 ? 1 : axis;
  const places = node.graph.integers(Array.from({ length: rows.shape[along] }, (_, i) => i));
  const aligned = rows.shape.map((extent, each) => (each === along ? extent : 1));
  return reshape(cast(equal(argMax(rows, along), reshape(places, aligned)), x.dtype), x.shape);
}

const square = (x: Value) => mul(x, x);

export const REDUCTIONS: readonly OnnxRule[] = [
  reduction("ReduceSum", reduceSum),
  reduction("ReduceMean", reduceMean),
  reduction("ReduceMax", maximumOver),
  reduction("ReduceMin", minimumOver),
  reduction("ReduceProd", product),
  reduction("ReduceL1", (x, axes) => reduceSum(abs(x), axes), abs),
  reduction("ReduceL2", norm, abs),
  reduction("ReduceSumSquare", (x, axes) => reduceSum(square(x), axes), square),
  reduction("ReduceLogSum", (x, axes) => log(reduceSum(x, axes)), log),
  reduction("ReduceLogSumExp", (x, axes) => ofNothing(x, axes, -Infinity) ?? reduceLogSumExp(x, axes)),
  extremum("ArgMax", (x) => x),
  extremum("ArgMin", neg),
  {
    op: "CumSum",
    attributes: { exclusive: FLAG, reverse: FLAG },
    inputs: 2,
    slots: ["arithmetic", "structural"],
    import: runningSum,
  },
  {
    op: "CumProd",
    attributes: { exclusive: FLAG, reverse: FLAG },
    inputs: 2,
    slots: ["arithmetic", "structural"],
    import: runningProduct,
  },
  { op: "Hardmax", attributes: { axis: INT }, inputs: 1, flat: true, import: hardmax },
  {
    op: "TopK",
    attributes: {
      axis: INT,
      k: until(9, INT),
      largest: since(11, FLAG),
      // Without an order any is right; the sorted one is given.
      sorted: since(11, NO_EFFECT),
    },
    inputs: 2,
    slots: ["arithmetic", "structural"],
    import: topK,
  },
];
