import { excludesZero, magnitudeOf } from "../graph/interval.ts";
import { z } from "zod";
import { normalizeAxis, sameShape } from "../graph/broadcast.ts";
import { keptAxis } from "../graph/where-examples-meet.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { COMPARE, SAME, byRegime } from "../graph/scaling.ts";
import { axesSchema } from "./attribute-schemas.ts";
import { div, mul, reciprocal } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { requireFloat } from "./elementwise.ts";
import { equal, less, where } from "./logic.ts";
import { reduceSum, reshape, splatOf } from "./structure.ts";
import { abs, sqrt } from "./unary.ts";

/**
 * Norm: ‖x‖ = √(Σ x²) over axes (kept with extent 1), with the gradient x/‖x‖. At x = 0, where there is a cone and
 * no gradient, the gradient is 0, the subgradient of least norm. A second derivative does not exist there: it is NaN,
 * or 0 with `flat` (the standard deviation of equal numbers). PyTorch has the same conventions for norm and std.
 */
export const Norm = defineOp({
  name: "Norm",
  summary: "square root of the sum of squares over axes",
  attributes: z.strictObject({ axes: axesSchema, flat: z.boolean() }),
  make: ({ axes, flat }): Primitive => ({
    name: "Norm",
    range: (_node, [x]) => ({ low: magnitudeOf(x).low, high: Infinity }),
    scaling: byRegime({ positive: SAME, sign: COMPARE, exchange: SAME }),
    ofSize: true,
    attributes: { axes, flat },
    examplesLayout: keptAxis((axis) => !axes.includes(axis)),
    units: (_node, [x], desk) =>
      x.map((axis, each) => {
        const isNormed = axes.includes(each);
        const kept = desk.allow(axis, isNormed ? "orthogonal" : "permutation");
        return isNormed ? [] : kept;
      }),
    infer: ([x]) => {
      requireFloat("Norm", x);
      return { dtype: x.dtype, shape: x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)) };
    },
    simplify: ([x], type) => (sameShape(x.shape, type.shape) ? abs(x) : undefined),
    jvp: (node, [t]) => t && mul(reduceSum(mul(node.inputs[0], t), axes), inverse(node, flat)),
    vjp: (node, g) => mul(node.inputs[0], mul(g, inverse(node, flat))),
    vmap: (_node, [x]) =>
      norm(
        x,
        axes.map((axis) => axis + 1),
        flat,
      ),
    emit: (_node, [x], e) => e.node("ReduceL2", [x, e.integers(axes)], { keepdims: 1 }),
    caveat: (_node, [x]) =>
      excludesZero(x)
        ? undefined
        : "The norm of a row of zeros has no derivative (taken as 0), and no second derivative",
  }),
});

/** 1/‖x‖, and 0 at 0: the number, or a root that is 0 too and has no derivative, so that second derivatives become NaN. */
function inverse(length: Value, flat: boolean): Value {
  const none = equal(length, 0);
  if (flat) return where(none, 0, reciprocal(where(none, 1, length)));
  return where(none, sqrt(where(none, length, 1)), reciprocal(length));
}

/**
 * √(Σ x²) over axes, which stay with extent 1.
 *
 * @example
 * norm(floats([[3, 4], [0, 2]]), [1]); // → [[5], [2]]
 */
export function norm(x: Value, axes: readonly number[], flat = false): Value {
  const normal = axes.map((axis) => normalizeAxis("Norm", axis, x.shape.length)).sort((a, b) => a - b);
  return normal.length === 0 ? abs(x) : x.graph.apply(Norm.make({ axes: normal, flat }), [x]);
}

/** Behind the views of a value, and the same views of something else of its shape. */
function behindViews(x: Value): { inner: Value; review: (y: Value) => Value } {
  if (x.operation.name !== "Reshape") return { inner: x, review: (y) => y };
  return { inner: x.inputs[0], review: (y) => reshape(y, x.shape) };
}

/**
 * The square of a norm as a sum of squares, which is smooth at 0; of a norm times or over something else with the square
 * of that. Undefined of anything else.
 *
 * @example
 * squaredNorm(norm(floats([3, 4]), [0])); // → [25]
 * squaredNorm(mul(neg(norm(floats([3, 4]), [0])), 2)); // → [100]
 * squaredNorm(floats([5])); // → undefined
 */
export function squaredNorm(x: Value): Value | undefined {
  const { inner, review } = behindViews(x);
  const { name, attributes } = inner.operation;
  const [first, second] = inner.inputs;
  switch (name) {
    case "Neg":
      return viewed(squaredNorm(first), review);
    case "Div":
      return viewed(squaredNorm(first), (square) => review(div(square, mul(second, second))));
    case "Mul": {
      const [left, right] = [squaredNorm(first), squaredNorm(second)];
      return left || right ? review(mul(left ?? mul(first, first), right ?? mul(second, second))) : undefined;
    }
    case Norm.name:
      return Array.isArray(attributes.axes)
        ? review(reduceSum(mul(first, first), attributes.axes.map(Number)))
        : undefined;
    default:
      return undefined;
  }
}

function viewed(x: Value | undefined, review: (y: Value) => Value): Value | undefined {
  return x && review(x);
}

/**
 * x·y where both are constants times one and the same thing that has a norm in it: smooth where the norm is 0. Undefined
 * elsewhere.
 *
 * @example
 * productOfNorms(neg(norm(floats([3, 4]), [0])), mul(norm(floats([3, 4]), [0]), 2)); // → [-50]
 * productOfNorms(norm(floats([3, 4]), [0]), floats([2])); // → undefined
 */
export function productOfNorms(x: Value, y: Value): Value | undefined {
  const [left, right] = [behindFactors(x), behindFactors(y)];
  const square = left.inner === right.inner ? squaredNorm(left.inner) : undefined;
  return square && mul(square, left.factor * right.factor);
}

/** A value without the signs and single numbers that it is multiplied by, and those. */
function behindFactors(x: Value): { readonly factor: number; readonly inner: Value } {
  const [first, second] = x.inputs;
  const { name } = x.operation;
  if (name === "Neg") {
    const { factor, inner } = behindFactors(first);
    return { factor: -factor, inner };
  }
  const number = name === "Mul" || name === "Div" ? splatOf(second) : undefined;
  if (number === undefined || number === 0 || !sameShape(first.shape, x.shape)) return { factor: 1, inner: x };
  const { factor, inner } = behindFactors(first);
  return { factor: name === "Mul" ? factor * number : factor / number, inner };
}

/**
 * max(y, c) for a square root y = √s and a bound c > 0, with the root of 1 where the bound is taken: its infinite
 * slope at s = 0 then meets no zero. Undefined where y is no root.
 *
 * @example
 * boundedRoot(sqrt(input("x", [1])), floats([2])).shape; // → [1]
 * boundedRoot(floats([1]), floats([2])); // → undefined
 */
export function boundedRoot(y: Value, bound: Value): Value | undefined {
  const { inner, review } = behindViews(y);
  const square = inner.operation.name === "Sqrt" ? review(inner.inputs[0]) : squaredNorm(y);
  if (!square) return undefined;
  const below = less(y, bound);
  return where(below, bound, sqrt(where(below, 1, square)));
}

/**
 * √(k·Σ u²) with a constant k > 0 as √k·‖u‖; undefined where a value is no such sum. Standard deviations are
 * written so.
 *
 * @example
 * rootOfSquares(reduceSum(mul(input("x", [2]), input("x", [2])), [0])).operation.name; // → "Norm"
 * rootOfSquares(floats([4])); // → undefined
 */
export function rootOfSquares(x: Value): Value | undefined {
  const { inner, review } = behindViews(x);
  const [first, second] = inner.inputs;
  if (inner.operation.name === "Mul" || inner.operation.name === "Div") {
    const factor = splatOf(second);
    if (factor === undefined || !(factor > 0) || !sameShape(first.shape, inner.shape)) return undefined;
    const root = rootOfSquares(first);
    const scale = Math.sqrt(inner.operation.name === "Mul" ? factor : 1 / factor);
    return root && review(mul(root, scale));
  }
  const axes = inner.operation.attributes.axes;
  if (inner.operation.name !== "ReduceSum" || !Array.isArray(axes)) return undefined;
  const isSquare = first.operation.name === "Mul" && first.inputs[0] === first.inputs[1];
  const [base] = first.inputs;
  return isSquare ? review(norm(base, axes.map(Number), isCentred(base))) : undefined;
}

/** Whether a value is x − mean x. */
function isCentred(value: Value): boolean {
  if (value.operation.name !== "Sub") return false;
  const [x, mean] = value.inputs;
  const [sum] = mean.operation.name === "Mul" ? mean.inputs : [];
  return sum?.operation.name === "ReduceSum" && sum.inputs[0] === x;
}
