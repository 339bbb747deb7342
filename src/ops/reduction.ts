import { z } from "zod";
import { normalizeAxis, sameShape } from "../graph/broadcast.ts";
import { keptAxis } from "../graph/where-examples-meet.ts";
import type { UnitAxis, UnitDesk } from "../graph/unit-axes.ts";
import type { Primitive, Value } from "../graph/value.ts";
import { COMPARE, NONE, SAME, always, byRegime } from "../graph/scaling.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { allocate, sizeOf } from "../util/tensor.ts";
import { axesSchema, axisSchema } from "./attribute-schemas.ts";
import { add, div, mul, sub } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { requireFloat, ZERO_DERIVATIVE } from "./elementwise.ts";
import { cast, equal, where } from "./logic.ts";
import { reduceSum } from "./structure.ts";
import { abs, detach, exp, log } from "./unary.ts";

/**
 * Mean over axes, keeping them with extent 1.
 *
 * @example
 * reduceMean(floats([[1, 2], [3, 4]]), [0]); // → [[2, 3]]
 */
export function reduceMean(x: Value, axes: readonly number[]): Value {
  const count = axes.reduce((product, axis) => product * x.shape[normalizeAxis("ReduceMean", axis, x.shape.length)], 1);
  return mul(reduceSum(x, axes), 1 / count);
}

function requireElements(op: string, x: Value, axes: readonly number[]): void {
  if (axes.every((axis) => x.shape[axis] > 0)) return;
  throw new ThalwegError({
    kind: "input",
    code: "empty-axis",
    message: `${op} was asked for the maximum of no elements: its input has the shape [${x.shape.join(", ")}].`,
    where: { op, shape: x.shape },
  });
}

/** ReduceMax over axes (kept with extent 1); ties share the derivative equally. */
export const ReduceMax = defineOp({
  name: "ReduceMax",
  summary: "maximum over axes",
  attributes: z.strictObject({ axes: axesSchema }),
  make: ({ axes }): Primitive => ({
    name: "ReduceMax",
    range: (_node, [x]) => x,
    takes: ["numbers"],
    scaling: byRegime({ positive: SAME }),
    attributes: { axes },
    examplesLayout: keptAxis((own) => !axes.includes(own)),
    units: (_node, [x], desk) =>
      x.map((axis, each) => {
        const isReduced = axes.includes(each);
        const kept = desk.allow(axis, isReduced ? "permutation" : "monomial");
        return isReduced ? [] : kept;
      }),
    infer: ([x]) => {
      requireElements("ReduceMax", x, axes);
      return { dtype: x.dtype, shape: x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)) };
    },
    simplify: ([x], type) => (sameShape(x.shape, type.shape) ? x : undefined),
    jvp: (node, [t]) => t && reduceSum(mul(t, share(node, axes)), axes),
    vjp: (node, g) => mul(g, share(node, axes)),
    vmap: (_node, [x]) =>
      reduceMax(
        x,
        axes.map((axis) => axis + 1),
      ),
    emit: (_node, [x], e) => e.node("ReduceMax", [x, e.integers(axes)], { keepdims: 1 }),
    caveat: "ReduceMax has no derivative where two elements tie (shared equally)",
  }),
});

/** Each element's share of the maximum: 1 over the number of ties where it is the maximum, else 0. */
function share(node: Value, axes: readonly number[]): Value {
  const hits = cast(equal(node.inputs[0], node), node.dtype);
  return div(hits, reduceSum(hits, axes));
}

/**
 * The maximum over axes, which stay with extent 1.
 *
 * @example
 * reduceMax(floats([[1, 2], [4, 3]]), [1]); // → [[2], [4]]
 */
export function reduceMax(x: Value, axes: readonly number[]): Value {
  const normal = axes.map((axis) => normalizeAxis("ReduceMax", axis, x.shape.length)).sort((a, b) => a - b);
  return normal.length === 0 ? x : x.graph.apply(ReduceMax.make({ axes: normal }), [x]);
}

/**
 * log Σ eˣ over axes, shifted by the maximum so that nothing overflows; a maximum of ±∞ is no shift, as ∞ − ∞ is NaN.
 *
 * @example
 * reduceLogSumExp(floats([1000, 1000]), [0]); // → [1000.693147181]
 */
export function reduceLogSumExp(x: Value, axes: readonly number[]): Value {
  const largest = reduceMax(x, axes);
  const shift = detach(where(equal(abs(largest), Infinity), 0, largest));
  return add(shift, log(reduceSum(exp(sub(x, shift)), axes)));
}

/** ArgMax: the first index of the maximum along an axis, which is kept with extent 1. */
export const ArgMax = defineOp({
  name: "ArgMax",
  summary: "index of the maximum along an axis",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    name: "ArgMax",
    takes: ["numbers"],
    scaling: byRegime({ positive: COMPARE }),
    attributes: { axis },
    examplesLayout: keptAxis((own) => own !== axis),
    infer: ([x]) => {
      requireElements("ArgMax", x, [axis]);
      return { dtype: "int64", shape: x.shape.map((extent, each) => (each === axis ? 1 : extent)) };
    },
    ...ZERO_DERIVATIVE,
    vmap: (_node, [x]) => argMax(x, axis + 1),
    emit: (_node, inputs, e) => e.node("ArgMax", inputs, { axis, keepdims: 1 }),
  }),
});

/**
 * The first index of the maximum along an axis, which stays with extent 1.
 *
 * @example
 * argMax(floats([[1, 2], [4, 3]]), 1); // → [[1], [0]]
 */
export function argMax(x: Value, axis: number): Value {
  return x.graph.apply(ArgMax.make({ axis: normalizeAxis("ArgMax", axis, x.shape.length) }), [x]);
}

/** CumSum: running sums along an axis. Its adjoint runs the other way. */
export const CumSum = defineOp({
  name: "CumSum",
  summary: "running sums along an axis",
  attributes: z.strictObject({ axis: axisSchema, exclusive: z.boolean(), reverse: z.boolean() }),
  make: ({ axis, exclusive, reverse }): Primitive => ({
    name: "CumSum",
    takes: ["numbers"],
    scaling: always(SAME),
    attributes: { axis, exclusive, reverse },
    examplesLayout: keptAxis((own) => own !== axis),
    // Sums of what is alike are not.
    units: (node, [x], desk) =>
      x.map((each, own) => {
        if (own !== axis) return each;
        desk.allow(each, "fixed");
        return desk.fixed(node.shape[axis]);
      }),
    infer: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
    evaluate: ([x], type) => {
      const inner = sizeOf(x.shape.slice(axis + 1));
      const extent = x.shape[axis];
      const data = allocate(type.dtype, x.data.length);
      for (let base = 0; base < x.data.length; base += extent * inner) {
        for (let column = 0; column < inner; column++) {
          let sum = 0;
          for (let k = 0; k < extent; k++) {
            const at = base + (reverse ? extent - 1 - k : k) * inner + column;
            data[at] = exclusive ? sum : sum + x.data[at];
            sum += x.data[at];
          }
        }
      }
      return { ...type, data };
    },
    jvp: (_node, [t]) => t && cumSum(t, axis, exclusive, reverse),
    vjp: (_node, g) => cumSum(g, axis, exclusive, !reverse),
    vmap: (_node, [x]) => cumSum(x, axis + 1, exclusive, reverse),
    emit: (_node, [x], e) =>
      e.node("CumSum", [x, e.constant({ dtype: "int64", shape: [], data: Float64Array.of(axis) })], {
        exclusive: exclusive ? 1 : 0,
        reverse: reverse ? 1 : 0,
      }),
  }),
});

/**
 * Running sums along an axis.
 *
 * @example
 * cumSum(floats([1, 2, 3]), 0); // → [1, 3, 6]
 * cumSum(floats([1, 2, 3]), 0, true, true); // → [5, 3, 0]
 */
export function cumSum(x: Value, axis: number, exclusive = false, reverse = false): Value {
  return x.graph.apply(CumSum.make({ axis: normalizeAxis("CumSum", axis, x.shape.length), exclusive, reverse }), [x]);
}

/** Softmax along an axis. J = diag(y) − yyᵀ is symmetric, so both products are y∘(t − Σ y∘t). */
export const Softmax = defineOp({
  name: "Softmax",
  summary: "eˣ / Σ eˣ along an axis",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    name: "Softmax",
    range: () => ({ low: 0, high: 1 }),
    outputStep: { kind: "links", gives: "probabilities", normalises: true, axis, logarithm: "LogSoftmax" },
    scaling: always(NONE),
    attributes: { axis },
    examplesLayout: keptAxis((own) => own !== axis),
    units: (_node, [x], desk) => softmaxUnits(x, axis, desk),
    infer: ([x]) => {
      requireFloat("Softmax", x);
      return { dtype: x.dtype, shape: x.shape };
    },
    jvp: (node, [t]) => t && softmaxProduct(node, t, axis),
    vjp: (node, g) => softmaxProduct(node, g, axis),
    vmap: (_node, [x]) => softmax(x, axis + 1),
    emit: (_node, inputs, e) => e.node("Softmax", inputs, { axis }),
  }),
});

/** What is exchanged before is exchanged behind; along the axis everything meets. */
function softmaxUnits(x: readonly UnitAxis[], axis: number, desk: UnitDesk): UnitAxis[] {
  desk.mix(x[axis]);
  return x.map((each) => desk.allow(each, "permutation"));
}

function softmaxProduct(y: Value, t: Value, axis: number): Value {
  const yt = mul(y, t);
  return sub(yt, mul(y, reduceSum(yt, [axis])));
}

/**
 * eˣ / Σ eˣ along an axis.
 *
 * @example
 * softmax(floats([0, Math.log(3)]), 0); // → [0.25, 0.75]
 */
export function softmax(x: Value, axis: number): Value {
  return x.graph.apply(Softmax.make({ axis: normalizeAxis("Softmax", axis, x.shape.length) }), [x]);
}

/** LogSoftmax along an axis: J = I − 1pᵀ with p = softmax x. */
export const LogSoftmax = defineOp({
  name: "LogSoftmax",
  summary: "x − log Σ eˣ along an axis",
  attributes: z.strictObject({ axis: axisSchema }),
  make: ({ axis }): Primitive => ({
    name: "LogSoftmax",
    outputStep: { kind: "links", gives: "log-probabilities", normalises: true, axis },
    scaling: always(NONE),
    attributes: { axis },
    examplesLayout: keptAxis((own) => own !== axis),
    units: (_node, [x], desk) => softmaxUnits(x, axis, desk),
    infer: ([x]) => {
      requireFloat("LogSoftmax", x);
      return { dtype: x.dtype, shape: x.shape };
    },
    jvp: (node, [t]) => t && sub(t, reduceSum(mul(softmax(node.inputs[0], axis), t), [axis])),
    vjp: (node, g) => sub(g, mul(softmax(node.inputs[0], axis), reduceSum(g, [axis]))),
    vmap: (_node, [x]) => logSoftmax(x, axis + 1),
    emit: (_node, inputs, e) => e.node("LogSoftmax", inputs, { axis }),
  }),
});

/**
 * x − log Σ eˣ along an axis.
 *
 * @example
 * logSoftmax(floats([0, 0]), 0); // → [-0.693147181, -0.693147181]
 */
export function logSoftmax(x: Value, axis: number): Value {
  return x.graph.apply(LogSoftmax.make({ axis: normalizeAxis("LogSoftmax", axis, x.shape.length) }), [x]);
}
