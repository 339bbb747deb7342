import { union } from "../graph/interval.ts";
import { z } from "zod";
import { broadcastShapes } from "../graph/broadcast.ts";
import type { Operand, Primitive, Value } from "../graph/value.ts";
import { COMPARE, NONE, SAME, always, byRegime, type ScalingRule } from "../graph/scaling.ts";
import { isFloat, type DType } from "../util/tensor.ts";
import { NO_ATTRIBUTES, dtypeSchema } from "./attribute-schemas.ts";
import {
  broadcastTo,
  evaluateElementwise,
  lift,
  requireSameDtype,
  vmapElementwise,
  ZERO_DERIVATIVE,
} from "./elementwise.ts";
import { defineOp } from "./define-op.ts";
import { splatOf, sumTo } from "./structure.ts";

/** Comparisons and connectives: piecewise constant, so their derivative is zero. */
function predicate(
  name: string,
  summary: string,
  f: (x: number, y: number) => boolean,
  traits: Pick<Primitive, "scaling" | "below" | "takes">,
) {
  const operation: Primitive = {
    name,
    ...traits,
    attributes: {},
    infer: (inputs) => {
      requireSameDtype(name, inputs);
      return { dtype: "bool", shape: broadcastShapes(name, ...inputs.map((input) => input.shape)) };
    },
    evaluate: (inputs, type) => evaluateElementwise((x, y) => Number(f(x, y)), inputs, type),
    ...ZERO_DERIVATIVE,
    elementwise: true,
    vmap: vmapElementwise,
    emit: (_node, inputs, e) => e.node(name, inputs),
  };
  return {
    definition: defineOp({ name, summary, attributes: NO_ATTRIBUTES, make: () => operation }),
    apply: (x: Operand, y: Operand): Value => {
      const left = lift(x, y);
      return left.graph.apply(operation, [left, lift(y, x)]);
    },
  };
}

/** The order of two values that scale alike stays, unless their signs change. */
const ORDER = byRegime({ positive: COMPARE, exchange: COMPARE });

/**
 * Whether x > y.
 *
 * @example
 * greater(floats([1, 2]), 1); // → [0, 1]
 */
export const { definition: Greater, apply: greater } = predicate("Greater", "x > y", (x, y) => x > y, {
  takes: ["numbers"],
  scaling: ORDER,
});
/**
 * Whether x ≥ y.
 *
 * @example
 * greaterOrEqual(floats([0, 1]), 1); // → [0, 1]
 */
export const { definition: GreaterOrEqual, apply: greaterOrEqual } = predicate(
  "GreaterOrEqual",
  "x ≥ y",
  (x, y) => x >= y,
  { takes: ["numbers"], scaling: ORDER },
);
/**
 * Whether x < y.
 *
 * @example
 * less(floats([0, 1]), 1); // → [1, 0]
 */
export const { definition: Less, apply: less } = predicate("Less", "x < y", (x, y) => x < y, {
  takes: ["numbers"],
  scaling: ORDER,
  below: true,
});
/**
 * Whether x ≤ y.
 *
 * @example
 * lessOrEqual(floats([1, 2]), 1); // → [1, 0]
 */
export const { definition: LessOrEqual, apply: lessOrEqual } = predicate("LessOrEqual", "x ≤ y", (x, y) => x <= y, {
  takes: ["numbers"],
  scaling: ORDER,
  below: true,
});
/**
 * Whether x = y.
 *
 * @example
 * equal(floats([1, 2]), 2); // → [0, 1]
 */
export const { definition: Equal, apply: equal } = predicate("Equal", "x = y", (x, y) => x === y, {
  scaling: byRegime({ positive: COMPARE }),
});
/**
 * Both.
 *
 * @example
 * and(truths([1, 1]), truths([0, 1])); // → [0, 1]
 */
export const { definition: And, apply: and } = predicate("And", "x and y", (x, y) => x !== 0 && y !== 0, {
  takes: ["truths"],
  scaling: always(NONE),
});
/**
 * One or both.
 *
 * @example
 * or(truths([0, 1]), truths([0, 1])); // → [0, 1]
 */
export const { definition: Or, apply: or } = predicate("Or", "x or y", (x, y) => x !== 0 || y !== 0, {
  takes: ["truths"],
  scaling: always(NONE),
});
/**
 * One and not both.
 *
 * @example
 * xor(truths([1, 1]), truths([0, 1])); // → [1, 0]
 */
export const { definition: Xor, apply: xor } = predicate("Xor", "x differs from y", (x, y) => (x !== 0) !== (y !== 0), {
  takes: ["truths"],
  scaling: always(NONE),
});

const negation: Primitive = {
  name: "Not",
  takes: ["truths"],
  scaling: always(NONE),
  attributes: {},
  infer: ([x]) => ({ dtype: "bool", shape: x.shape }),
  evaluate: (inputs, type) => evaluateElementwise((x) => Number(x === 0), inputs, type),
  ...ZERO_DERIVATIVE,
  elementwise: true,
  vmap: vmapElementwise,
  emit: (_node, inputs, e) => e.node("Not", inputs),
};

export const Not = defineOp({ name: "Not", summary: "not x", attributes: NO_ATTRIBUTES, make: () => negation });

/**
 * The opposite.
 *
 * @example
 * not(truths([0, 1])); // → [1, 0]
 */
export function not(x: Value): Value {
  return x.graph.apply(negation, [x]);
}

/** Mod: integer remainder with the sign of the divisor (fmod = 0), or of the dividend (fmod = 1). */
export const Mod = defineOp({
  name: "Mod",
  summary: "remainder of integers",
  attributes: z.strictObject({ fmod: z.boolean() }),
  make: ({ fmod }): Primitive => ({
    name: "Mod",
    takes: ["numbers"],
    scaling: always(NONE),
    attributes: { fmod },
    infer: (inputs) => {
      requireSameDtype("Mod", inputs);
      return { dtype: inputs[0].dtype, shape: broadcastShapes("Mod", ...inputs.map((input) => input.shape)) };
    },
    evaluate: (inputs, type) => evaluateElementwise((x, y) => (fmod ? x % y : x - y * Math.floor(x / y)), inputs, type),
    ...ZERO_DERIVATIVE,
    elementwise: true,
    vmap: vmapElementwise,
    emit: (_node, inputs, e) => e.node("Mod", inputs, { fmod: fmod ? 1 : 0 }),
  }),
});

/**
 * The remainder of integers, with the sign of the divisor, or of the dividend with `fmod`.
 *
 * @example
 * mod(integers([-7]), integers([3])); // → [2]
 * mod(integers([-7]), integers([3]), true); // → [-1]
 */
export function mod(x: Value, y: Value, fmod = false): Value {
  return x.graph.apply(Mod.make({ fmod }), [x, y]);
}

const selection: Primitive = {
  name: "Where",
  range: (_node, [, x, y]) => union(x, y),
  takes: ["truths", "anything"],
  outputStep: { kind: "combines", called: "Clip", operands: [1, 2], chooses: true, effect: () => "limits" },
  scaling: always({ kind: "select" }),
  attributes: {},
  infer: ([condition, x, y]) => {
    requireSameDtype("Where", [x, y]);
    return { dtype: x.dtype, shape: broadcastShapes("Where", condition.shape, x.shape, y.shape) };
  },
  simplify: ([condition, x, y], { dtype, shape }) => {
    const known = splatOf(condition);
    if (known !== undefined) return broadcastTo(known ? x : y, shape);
    if (x === y) return broadcastTo(x, shape);
    // The runtime has no kernel that chooses between truths.
    return dtype === "bool" ? broadcastTo(or(and(condition, x), and(not(condition), y)), shape) : undefined;
  },
  evaluate: (inputs, type) => evaluateElementwise((condition, x, y) => (condition ? x : y), inputs, type),
  jvp: (node, [, s, t]) => {
    if (!s && !t) return undefined;
    const zero = node.graph.scalar(0, node.dtype);
    return broadcastTo(where(node.inputs[0], s ?? zero, t ?? zero), node.shape);
  },
  vjp: (node, g, i) => {
    if (i === 0) return undefined;
    const zero = node.graph.scalar(0, node.dtype);
    const [condition] = node.inputs;
    return sumTo(i === 1 ? where(condition, g, zero) : where(condition, zero, g), node.inputs[i].shape);
  },
  elementwise: true,
  vmap: vmapElementwise,
  emit: (_node, inputs, e) => e.node("Where", inputs),
};

/** Where: x where the condition holds, else y. */
export const Where = defineOp({
  name: "Where",
  summary: "x where the condition holds, else y",
  attributes: NO_ATTRIBUTES,
  make: () => selection,
});

/**
 * x where the condition holds, else y.
 *
 * @example
 * where(truths([1, 0]), floats([1, 2]), 9); // → [1, 9]
 */
export function where(condition: Value, x: Operand, y: Operand): Value {
  const left = lift(x, y);
  return condition.graph.apply(selection, [condition, left, lift(y, x)]);
}

/** Cast: between float types, integers and truth values. */
export const Cast = defineOp({
  name: "Cast",
  summary: "another element type",
  attributes: z.strictObject({ to: dtypeSchema }),
  make: ({ to }): Primitive => ({
    name: "Cast",
    range: (_node, [x]) => (isFloat(to) ? x : { low: Math.trunc(x.low), high: Math.trunc(x.high) }),
    outputStep: { kind: "moves", axis: (axis) => axis },
    scaling: ({ inputs: [x] }) => castScaling(x.dtype, to),
    attributes: { to },
    infer: ([x]) => ({ dtype: to, shape: x.shape }),
    simplify: ([x]) => (x.dtype === to ? x : undefined),
    evaluate: (inputs, type) =>
      evaluateElementwise(
        to === "bool" ? (x) => Number(x !== 0) : to === "int64" ? Math.trunc : (x) => x,
        inputs,
        type,
      ),
    jvp: (_node, [t]) => (t && isFloat(t.dtype) && isFloat(to) ? cast(t, to) : undefined),
    vjp: (node, g) => (isFloat(node.inputs[0].dtype) && isFloat(to) ? cast(g, node.inputs[0].dtype) : undefined),
    elementwise: true,
    vmap: vmapElementwise,
    emit: (_node, [x], e) => e.node("Cast", [x], { to: ONNX_TYPES[to] }),
  }),
});

/** Between floats nothing changes; a truth value has no size; a whole number is rounded. */
function castScaling(from: DType, to: DType): ScalingRule {
  if (isFloat(to)) return isFloat(from) ? SAME : COMPARE;
  return to === "bool" ? COMPARE : NONE;
}

const ONNX_TYPES: Record<DType, number> = { float32: 1, int64: 7, bool: 9, float64: 11 };

/**
 * The same numbers in another element type; towards zero in integers.
 *
 * @example
 * cast(floats([1.7, -1.7]), "int64"); // → [1, -1]
 */
export function cast(x: Value, to: DType): Value {
  return x.graph.apply(Cast.make({ to }), [x]);
}

/**
 * The larger of two values; where they are equal the derivative goes to the first. NaN in the first stays NaN.
 *
 * @example
 * maximum(floats([1, 5]), 3); // → [3, 5]
 */
export function maximum(x: Operand, y: Operand): Value {
  return where(less(x, y), y, x);
}

/**
 * The smaller of two values; where they are equal the derivative goes to the first. NaN in the first stays NaN.
 *
 * @example
 * minimum(floats([1, 5]), 3); // → [1, 3]
 */
export function minimum(x: Operand, y: Operand): Value {
  return where(greater(x, y), y, x);
}
