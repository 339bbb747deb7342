import { broadcastShapes } from "../../graph/broadcast.ts";
import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { add, div, mul, neg, reciprocal, sub } from "../../ops/arithmetic.ts";
import { cast, less, maximum, minimum, mod, where } from "../../ops/logic.ts";
import { pow } from "../../ops/pow.ts";
import { abs, atan, ceil, cos, erf, exp, floor, log, round, sign, sin, sqrt } from "../../ops/unary.ts";
import { isFloat } from "../../util/tensor.ts";
import { FLAG } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";

/** Checks the broadcast size of constants before it is computed. */
export function broadcasting(node: NodeContext, values: readonly Value[]): void {
  const shape = broadcastShapes(node.node.op, ...values.map((value) => value.shape));
  node.checkSize(
    shape,
    values.every((value) => tensorOf(value) !== undefined),
  );
}

function binary(op: string, f: (x: Value, y: Value) => Value): OnnxRule {
  return {
    op,
    inputs: 2,
    import: (node) => {
      const [x, y] = [node.input(0), node.input(1)];
      broadcasting(node, [x, y]);
      return f(x, y);
    },
  };
}

export function unaryRule(op: string, f: (x: Value) => Value, more: Partial<OnnxRule> = {}): OnnxRule {
  return { op, inputs: 1, ...more, import: (node) => f(node.input(0)) };
}

function variadic(
  op: string,
  f: (x: Value, y: Value) => Value,
  finish: (sum: Value, count: number) => Value = (x) => x,
): OnnxRule {
  return {
    op,
    inputs: Infinity,
    import: (node) => {
      const values = node.all();
      broadcasting(node, values);
      return finish(values.reduce(f), values.length);
    },
  };
}

/** xʸ where the exponent or both may be integers. */
function power(x: Value, y: Value): Value {
  if (!isFloat(x.dtype)) return cast(pow(cast(x, "float64"), cast(y, "float64")), x.dtype);
  return pow(x, isFloat(y.dtype) ? y : cast(y, x.dtype));
}

/** asin x = atan(x / √(1 − x²)) */
function asin(x: Value): Value {
  return atan(div(x, sqrt(sub(1, mul(x, x)))));
}

/** asinh x = ±log(|x| + √(x² + 1)), odd without cancellation. */
function asinh(x: Value): Value {
  const negative = less(x, 0);
  const size = where(negative, neg(x), x);
  const value = log(add(size, sqrt(add(mul(size, size), 1))));
  return where(negative, neg(value), value);
}

function halfDifference(x: Value): Value {
  return mul(sub(exp(x), exp(neg(x))), 0.5);
}

/** Remainder: of integers with the divisor's sign, of floats (fmod = 1) with the dividend's: x − y·trunc(x/y). */
function remainder(node: NodeContext): Value {
  const [x, y] = [node.input(0), node.input(1)];
  broadcasting(node, [x, y]);
  const fmod = node.flag("fmod");
  if (!isFloat(x.dtype)) return mod(x, y, fmod);
  const quotient = div(x, y);
  const whole = fmod ? where(less(quotient, 0), ceil(quotient), floor(quotient)) : floor(quotient);
  return sub(x, mul(y, whole));
}

export const ARITHMETIC: readonly OnnxRule[] = [
  binary("Add", add),
  binary("Sub", sub),
  binary("Mul", mul),
  binary("Div", div),
  { ...binary("Pow", power), slots: ["arithmetic", "arithmetic"] },
  { op: "Mod", attributes: { fmod: FLAG }, inputs: 2, import: remainder },
  variadic("Sum", add),
  variadic("Mean", add, (sum, count) => mul(sum, 1 / count)),
  variadic("Max", maximum),
  variadic("Min", minimum),
  unaryRule("Neg", neg),
  unaryRule("Reciprocal", reciprocal),
  unaryRule("Abs", (x) => (isFloat(x.dtype) ? abs(x) : where(less(x, 0), neg(x), x))),
  unaryRule("Exp", exp),
  unaryRule("Log", log),
  unaryRule("Sqrt", sqrt),
  unaryRule("Erf", erf),
  unaryRule("Sin", sin),
  unaryRule("Cos", cos),
  unaryRule("Tan", (x) => div(sin(x), cos(x))),
  unaryRule("Atan", atan),
  unaryRule("Asin", asin),
  unaryRule("Acos", (x) => sub(Math.PI / 2, asin(x))),
  unaryRule("Sinh", halfDifference),
  unaryRule("Cosh", (x) => mul(add(exp(x), exp(neg(x))), 0.5)),
  unaryRule("Asinh", asinh),
  unaryRule("Acosh", (x) => log(add(x, sqrt(sub(mul(x, x), 1))))),
  unaryRule("Atanh", (x) => mul(sub(log(add(1, x)), log(sub(1, x))), 0.5)),
  unaryRule("Floor", floor, { flat: true }),
  unaryRule("Ceil", ceil, { flat: true }),
  unaryRule("Round", round, { flat: true }),
  unaryRule("Sign", (x) => (isFloat(x.dtype) ? sign(x) : cast(sign(cast(x, "float64")), x.dtype)), { flat: true }),
];
