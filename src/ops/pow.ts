import { broadcastShapes, sameShape } from "../graph/broadcast.ts";
import type { Operation } from "../graph/operation.ts";
import type { Operand, Value } from "../graph/value.ts";
import { addMaybe, mul, reciprocal, sub } from "./arithmetic.ts";
import { defineOp } from "./define-op.ts";
import { broadcastTo, evaluateElementwise, fullLike, lift, requireFloat, vmapElementwise } from "./elementwise.ts";
import { greater, where } from "./logic.ts";
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

const power: Operation = {
  name: "Pow",
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
    const sum = addMaybe(s && mul(s, slope(x, y)), t && mul(t, mul(node, safeLog(x))));
    return sum && broadcastTo(sum, node.shape);
  },
  vjp: (node, g, i) => {
    const [x, y] = node.inputs;
    return sumTo(mul(g, i === 0 ? slope(x, y) : mul(node, safeLog(x))), node.inputs[i].shape);
  },
  elementwise: true,
  vmap: vmapElementwise,
  emit: (_node, inputs, e) => e.node("Pow", inputs),
  caveat: "Pow with a variable exponent is differentiated for positive bases only",
};

function slope(x: Value, y: Value): Value {
  return mul(y, pow(x, sub(y, 1)));
}

/** log x, and 0 where x ≤ 0, without making a NaN in the branch not taken. */
function safeLog(x: Value): Value {
  const positive = greater(x, 0);
  return where(positive, log(where(positive, x, 1)), 0);
}

/** Pow: xʸ. */
export const Pow = defineOp({ name: "Pow", summary: "xʸ", make: () => power });

export function pow(x: Value, y: Operand): Value {
  return x.graph.apply(power, [x, lift(y, x)]);
}
