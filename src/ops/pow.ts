import { ANYWHERE, NOT_NEGATIVE } from "../graph/interval.ts";
import { broadcastShapes, sameShape } from "../graph/broadcast.ts";
import { tensorOf } from "../graph/leaf.ts";
import type { Operand, Primitive, Value } from "../graph/value.ts";
import { FIRST, byRegime } from "../graph/scaling.ts";
import { NO_ATTRIBUTES } from "./attribute-schemas.ts";
import { add, addMaybe, mul, reciprocal, sub } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { broadcastTo, evaluateElementwise, fullLike, lift, requireFloat, vmapElementwise } from "./elementwise.ts";
import { and, equal, greaterOrEqual, where } from "./logic.ts";
import { splatOf, sumTo } from "./structure.ts";
import { log, sqrt } from "./unary.ts";

/** Exponents for which a power is written as products and roots, exactly and for any sign of the base. */
const BY_PRODUCTS = new Map<number, (x: Value) => Value>([
  [0, (x) => fullLike(x, 1)],
  [1, (x) => x],
  [2, (x) => mul(x, x)],
  [3, (x) => mul(mul(x, x), x)],
  [4, (x) => mul(mul(x, x), mul(x, x))],
  [0.5, (x) => sqrt(x)],
  [-0.5, (x) => reciprocal(sqrt(x))],
  [-1, (x) => reciprocal(x)],
  [-2, (x) => reciprocal(mul(x, x))],
]);

const power: Primitive = {
  name: "Pow",
  scaling: byRegime({ exchange: FIRST }),
  attributes: {},
  infer: (inputs) => {
    requireFloat("Pow", ...inputs);
    return { dtype: inputs[0].dtype, shape: broadcastShapes("Pow", inputs[0].shape, inputs[1].shape) };
  },
  simplify: ([x, y], { shape }) => {
    const exponent = splatOf(y);
    const rule = exponent === undefined ? undefined : BY_PRODUCTS.get(exponent);
    return rule && sameShape(x.shape, shape) ? broadcastTo(rule(x), shape) : undefined;
  },
  evaluate: (inputs, type) => evaluateElementwise(Math.pow, inputs, type),
  // d(xʸ) = y·xʸ⁻¹ dx + xʸ·log x dy
  jvp: (node, [s, t]) => {
    const [x, y] = node.inputs;
    const sum = addMaybe(s && mul(s, slope(x, y)), t && mul(t, growth(x, y, node)));
    return sum && broadcastTo(sum, node.shape);
  },
  vjp: (node, g, i) => {
    const [x, y] = node.inputs;
    return sumTo(mul(g, i === 0 ? slope(x, y) : growth(x, y, node)), node.inputs[i].shape);
  },
  elementwise: true,
  vmap: vmapElementwise,
  emit: (_node, inputs, e) => e.node("Pow", inputs),
  range: ({ inputs: [, y] }, [x]) => {
    const exponent = splatOf(y);
    if (exponent === undefined) return x.low > 0 ? NOT_NEGATIVE : ANYWHERE;
    if (x.low >= 0 && exponent >= 0) return { low: x.low ** exponent, high: x.high ** exponent };
    if (x.low > 0) return { low: x.high ** exponent, high: x.low ** exponent };
    return exponent % 2 === 0 && exponent >= 0 ? NOT_NEGATIVE : ANYWHERE;
  },
  caveat: ({ inputs: [, y] }, [x]) => {
    if (x.low > 0) return undefined;
    const exponents = tensorOf(y)?.data;
    if (!exponents) return "Pow with a variable exponent is differentiated for positive bases only";
    const smooth = exponents.every((each) => each >= 0 && Number.isInteger(each));
    return smooth ? undefined : "Pow with a fractional or negative exponent does not have all derivatives at 0";
  },
};

/** y·xʸ⁻¹, and 0 for the exponent 0 at any base, without 0·∞ in this or in further derivatives. */
function slope(x: Value, y: Value): Value {
  const constant = equal(y, 0);
  return where(constant, 0, mul(y, pow(x, sub(where(constant, 2, y), 1))));
}

/**
 * xʸ·log x, and 0 at the base 0 with an exponent that is not negative, the limit for positive ones; what is 0 there is
 * written as a root, so that derivatives in x (and in y at 0⁰), which do not exist, become ∞ or NaN. NaN for negative
 * bases, where xʸ is defined at single exponents only.
 */
function growth(x: Value, y: Value, power: Value): Value {
  const none = and(equal(x, 0), greaterOrEqual(y, 0));
  const atZero = add(sqrt(where(none, x, 1)), sqrt(where(and(none, equal(y, 0)), y, 1)));
  return where(none, where(equal(y, 0), atZero, sub(atZero, 1)), mul(power, log(x)));
}

/** Pow: xʸ. */
export const Pow = defineOp({ name: "Pow", summary: "xʸ", attributes: NO_ATTRIBUTES, make: () => power });

/**
 * xʸ, broadcast.
 *
 * @example
 * pow(floats([2, 3]), 5); // → [32, 243]
 */
export function pow(x: Value, y: Operand): Value {
  return x.graph.apply(power, [x, lift(y, x)]);
}
