import { ANYWHERE, inverseOf, negated, productOf, squareOf, sumOf } from "../graph/interval.ts";
import { broadcastShapes, sameShape } from "../graph/broadcast.ts";
import type { Operand, Operation, Primitive, Value } from "../graph/value.ts";
import { added } from "../graph/output-step.ts";
import { SAME, SUM, always, scaled } from "../graph/scaling.ts";
import { isFloat, sizeOf } from "../util/tensor.ts";
import { NO_ATTRIBUTES } from "./attribute-schemas.ts";
import { defineOp } from "./define-op.ts";
import {
  broadcastTo,
  evaluateElementwise,
  lift,
  requireFloat,
  requireSameDtype,
  vmapElementwise,
  withoutExpand,
} from "./elementwise.ts";
import { addedUnits, dividedUnits, multipliedUnits } from "./elementwise-units.ts";
import { joinPads } from "./movement.ts";
import { splatOf, sumTo } from "./structure.ts";

/** What Add, Sub, Mul, Div and Pow share: broadcasting inference, folding and the block rule. */
function binary(
  name: string,
  f: (x: number, y: number) => number,
  rules: Pick<Primitive, "simplify" | "jvp" | "vjp" | "range" | "scaled" | "scaling" | "outputStep" | "units">,
): Primitive {
  const operation: Primitive = {
    name,
    takes: ["numbers"],
    attributes: {},
    infer: (inputs) => {
      requireSameDtype(name, inputs);
      return { dtype: inputs[0].dtype, shape: broadcastShapes(name, ...inputs.map((input) => input.shape)) };
    },
    evaluate: (inputs, type) =>
      evaluateElementwise(type.dtype === "int64" && name === "Div" ? (x, y) => Math.trunc(x / y) : f, inputs, type),
    elementwise: true,
    vmap: vmapElementwise,
    emit: (_node, inputs, e) => e.node(name, inputs),
    ...rules,
    simplify: (inputs, type) =>
      rules.simplify?.(inputs, type) ??
      withoutExpand(inputs, type.shape, (lean) => inputs[0].graph.apply(operation, lean)),
  };
  return operation;
}

const addition = binary("Add", (x, y) => x + y, {
  range: (_node, [x, y]) => sumOf(x, y),
  scaling: always(SAME),
  units: addedUnits,
  outputStep: { kind: "combines", operands: [0, 1], effect: added },
  scaled: scaledSum((x, y) => add(x, y)),
  simplify: ([x, y], { shape }) => {
    if (splatOf(y) === 0) return broadcastTo(x, shape);
    if (splatOf(x) === 0) return broadcastTo(y, shape);
    if (y.operation.name === "Neg") return sub(x, y.inputs[0]);
    if (x.operation.name === "Neg") return sub(y, x.inputs[0]);
    const joined = joinPads(x, y);
    if (joined) return joined;
    // One spelling for a commutative pair lets equal nodes be found again.
    return x.id > y.id ? add(y, x) : undefined;
  },
  jvp: (node, [s, t]) => {
    if (s && t) return broadcastTo(add(s, t), node.shape);
    const only = s ?? t;
    return only && broadcastTo(only, node.shape);
  },
  vjp: (node, g, i) => sumTo(g, node.inputs[i].shape),
});

/** Add: x + y. */
export const Add = defineOp({ name: "Add", summary: "x + y", attributes: NO_ATTRIBUTES, make: () => addition });

/**
 * x + y, broadcast.
 *
 * @example
 * add(floats([1, 2]), 10); // → [11, 12]
 */
export function add(x: Operand, y: Operand): Value {
  const left = lift(x, y);
  return left.graph.apply(addition, [left, lift(y, x)]);
}

const subtraction = binary("Sub", (x, y) => x - y, {
  range: ({ inputs: [a, b] }, [x, y]) => (a === b ? { low: 0, high: 0 } : sumOf(x, negated(y))),
  scaling: always(SAME),
  units: addedUnits,
  outputStep: {
    kind: "combines",
    operands: [0, 1],
    effect: (fixed, variable) => (variable === 0 ? added(fixed) : "rescales"),
  },
  scaled: scaledSum((x, y) => sub(x, y)),
  simplify: ([x, y], { shape }) => {
    if (splatOf(y) === 0) return broadcastTo(x, shape);
    if (splatOf(x) === 0) return neg(broadcastTo(y, shape));
    if (y.operation.name === "Neg") return add(x, y.inputs[0]);
    return undefined;
  },
  jvp: (node, [s, t]) => {
    if (s && t) return broadcastTo(sub(s, t), node.shape);
    if (s) return broadcastTo(s, node.shape);
    return t && neg(broadcastTo(t, node.shape));
  },
  vjp: (node, g, i) => {
    const part = sumTo(g, node.inputs[i].shape);
    return i === 0 ? part : neg(part);
  },
});

/** Sub: x − y. */
export const Sub = defineOp({ name: "Sub", summary: "x − y", attributes: NO_ATTRIBUTES, make: () => subtraction });

/**
 * x − y, broadcast.
 *
 * @example
 * sub(floats([1, 2]), floats([3])); // → [-2, -1]
 */
export function sub(x: Operand, y: Operand): Value {
  const left = lift(x, y);
  return left.graph.apply(subtraction, [left, lift(y, x)]);
}

/** Whether a number and its reciprocal are normal numbers of both float types: neither overflows to ∞ nor underflows. */
function isOrdinary(x: number): boolean {
  return Math.abs(x) > 2 ** -126 && Math.abs(x) < 2 ** 126;
}

/** x · factor with the factor inside of x, where it is the smaller one and x lets it in. */
function absorb(x: Value, factor: Value): Value | undefined {
  return sizeOf(factor.shape) < sizeOf(x.shape) ? x.operation.scaled?.(x, factor) : undefined;
}

/** Sums within sums through which a factor is moved: more than networks add to a convolution, and less than fills the stack. */
const DEEPEST_SUM = 64;

/** (x ± y)·f = x·f ± y·f, where x absorbs the factor and y is as small as it. */
function scaledSum(combine: (x: Value, y: Value) => Value): Operation["scaled"] {
  return (node, factor, depth = 0) => {
    if (depth > DEEPEST_SUM) return undefined;
    const [x, y] = node.inputs;
    for (const [large, small] of [
      [x, y],
      [y, x],
    ]) {
      if (!sameShape(large.shape, node.shape) || sizeOf(small.shape) > sizeOf(factor.shape)) continue;
      const scaled = large.operation.scaled?.(large, factor, depth + 1);
      if (!scaled) continue;
      const rest = mul(small, factor);
      return large === x ? combine(scaled, rest) : combine(rest, scaled);
    }
    return undefined;
  };
}

const multiplication = binary("Mul", (x, y) => x * y, {
  range: ({ inputs: [a, b] }, [x, y]) => (a === b ? squareOf(x) : productOf(x, y)),
  units: multipliedUnits,
  scaling: always(SUM),
  outputStep: { kind: "combines", operands: [0, 1], effect: () => "rescales" },
  simplify: ([x, y], type) => {
    const s = splatOf(x);
    const t = splatOf(y);
    if (s === undefined && t === undefined) {
      if (x.operation.name === "Neg" && y.operation.name === "Neg") return mul(x.inputs[0], y.inputs[0]);
      if (x.operation.name === "Neg") return neg(mul(x.inputs[0], y));
      if (y.operation.name === "Neg") return neg(mul(x, y.inputs[0]));
      const absorbed = absorb(x, y) ?? absorb(y, x);
      if (absorbed) return absorbed;
      return x.id > y.id ? mul(y, x) : undefined;
    }
    const factor = t ?? s ?? 1;
    const other = t === undefined ? y : x;
    if (factor === 1) return broadcastTo(other, type.shape);
    // 0·x is not 0 where x is ∞ or NaN; integers have neither.
    if (factor === 0 && type.dtype === "int64") return broadcastTo(x.graph.scalar(0, type.dtype), type.shape);
    if (!sameShape(other.shape, type.shape)) return undefined;
    if (factor === -1) return neg(other);
    if (other.operation.name === "Neg") return mul(other.inputs[0], -factor);
    if (other.operation.name === "Mul") {
      const inner = splatOf(other.inputs[1]);
      if (inner !== undefined && isOrdinary(factor * inner) && sameShape(other.inputs[0].shape, type.shape))
        return mul(other.inputs[0], factor * inner);
    }
    const constant = t === undefined ? x : y;
    return constant === y && constant.shape.length === 0 ? undefined : mul(other, factor);
  },
  jvp: (node, [s, t]) => {
    const [x, y] = node.inputs;
    const left = s && mul(s, y);
    const right = t && mul(x, t);
    const sum = left && right ? add(left, right) : (left ?? right);
    return sum && broadcastTo(sum, node.shape);
  },
  vjp: (node, g, i) => sumTo(mul(g, node.inputs[1 - i]), node.inputs[i].shape),
});

/** Mul: x · y. */
export const Mul = defineOp({
  name: "Mul",
  summary: "x · y, element by element",
  attributes: NO_ATTRIBUTES,
  make: () => multiplication,
});

/**
 * x · y element by element, broadcast.
 *
 * @example
 * mul(floats([[1], [2]]), floats([3, 4])); // → [[3, 4], [6, 8]]
 */
export function mul(x: Operand, y: Operand): Value {
  const left = lift(x, y);
  return left.graph.apply(multiplication, [left, lift(y, x)]);
}

const division = binary("Div", (x, y) => x / y, {
  range: ({ dtype }, [x, y]) => (isFloat(dtype) ? productOf(x, inverseOf(y)) : ANYWHERE),
  units: dividedUnits,
  scaling: always({ kind: "difference" }),
  outputStep: {
    kind: "combines",
    operands: [0, 1],
    divides: true,
    effect: (_fixed, variable) => (variable === 0 ? "rescales" : undefined),
  },
  simplify: ([x, y], { shape, dtype }) => {
    const divisor = splatOf(y);
    if (divisor === 1) return broadcastTo(x, shape);
    // Only where 1/c is exact: otherwise x/c and x·(1/c) round differently.
    if (
      divisor !== undefined &&
      dtype !== "int64" &&
      isOrdinary(divisor) &&
      Number.isInteger(Math.log2(Math.abs(divisor)))
    ) {
      return mul(x, 1 / divisor);
    }
    if (splatOf(x) === 1 && sameShape(y.shape, shape) && dtype !== "int64") return reciprocal(y);
    return undefined;
  },
  jvp: (node, [s, t]) => {
    const [, y] = node.inputs;
    const top = s && div(s, y);
    const bottom = t && div(mul(node, t), y);
    const sum = top && bottom ? sub(top, bottom) : (top ?? (bottom && neg(bottom)));
    return sum && broadcastTo(sum, node.shape);
  },
  vjp: (node, g, i) => {
    const [x, y] = node.inputs;
    const part = div(g, y);
    return i === 0 ? sumTo(part, x.shape) : sumTo(neg(mul(part, node)), y.shape);
  },
});

/** Div: x / y; integers truncate towards zero. */
export const Div = defineOp({ name: "Div", summary: "x / y", attributes: NO_ATTRIBUTES, make: () => division });

/**
 * x / y, broadcast; integers truncate towards zero.
 *
 * @example
 * div(integers([7, -7]), integers([2])); // → [3, -3]
 */
export function div(x: Operand, y: Operand): Value {
  const left = lift(x, y);
  return left.graph.apply(division, [left, lift(y, x)]);
}

const negation: Primitive = {
  name: "Neg",
  takes: ["numbers"],
  range: (_node, [x]) => negated(x),
  outputStep: { kind: "negates" },
  scaling: always(SAME),
  units: (_node, [x]) => x,
  attributes: {},
  infer: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  simplify: ([x]) => {
    if (x.operation.name === "Neg") return x.inputs[0];
    if (x.operation.name === "Sub") return sub(x.inputs[1], x.inputs[0]);
    if (splatOf(x) === 0) return x;
    return undefined;
  },
  evaluate: (inputs, type) => evaluateElementwise((x) => -x, inputs, type),
  jvp: (_node, [t]) => t && neg(t),
  vjp: (_node, g) => neg(g),
  elementwise: true,
  vmap: vmapElementwise,
  emit: (_node, inputs, e) => e.node("Neg", inputs),
};

/** Neg: −x. */
export const Neg = defineOp({ name: "Neg", summary: "−x", attributes: NO_ATTRIBUTES, make: () => negation });

/**
 * −x.
 *
 * @example
 * neg(floats([1, -2])); // → [-1, 2]
 */
export function neg(x: Value): Value {
  return x.graph.apply(negation, [x]);
}

const inversion: Primitive = {
  name: "Reciprocal",
  range: (_node, [x]) => inverseOf(x),
  scaling: (_node, regime) => (regime === "exchange" ? SAME : scaled(-1)),
  attributes: {},
  infer: ([x]) => {
    requireFloat("Reciprocal", x);
    return { dtype: x.dtype, shape: x.shape };
  },
  evaluate: (inputs, type) => evaluateElementwise((x) => 1 / x, inputs, type),
  // d(1/x) = −dx/x²
  jvp: (node, [t]) => t && neg(mul(t, mul(node, node))),
  vjp: (node, g) => neg(mul(g, mul(node, node))),
  elementwise: true,
  vmap: vmapElementwise,
  emit: (_node, inputs, e) => e.node("Reciprocal", inputs),
};

/** Reciprocal: 1 / x. */
export const Reciprocal = defineOp({
  name: "Reciprocal",
  summary: "1 / x",
  attributes: NO_ATTRIBUTES,
  make: () => inversion,
});

/**
 * 1 / x.
 *
 * @example
 * reciprocal(floats([2, 4])); // → [0.5, 0.25]
 */
export function reciprocal(x: Value): Value {
  return x.graph.apply(inversion, [x]);
}

/**
 * Sum of values that may be absent (zero).
 *
 * @example
 * addMaybe(undefined, floats([1])); // → [1]
 * addMaybe(undefined, undefined); // → undefined
 */
export function addMaybe(x: Value | undefined, y: Value | undefined): Value | undefined {
  return x && y ? add(x, y) : (x ?? y);
}
