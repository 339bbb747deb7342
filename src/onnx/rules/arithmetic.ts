import { broadcastShapes, sameShape } from "../../graph/broadcast.ts";
import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { add, div, mul, neg, reciprocal, sub } from "../../ops/arithmetic.ts";
import { cast, greater, less, maximum, minimum, mod, where } from "../../ops/logic.ts";
import { broadcastTo } from "../../ops/elementwise.ts";
import { boundedRoot, productOfNorms, rootOfSquares, squaredNorm } from "../../ops/norm.ts";
import { pow } from "../../ops/pow.ts";
import { reshape, splatOf } from "../../ops/structure.ts";
import { abs, atan, ceil, cos, erf, exp, floor, log, round, sign, sin, softplus, sqrt } from "../../ops/unary.ts";
import { isFloat } from "../../util/tensor.ts";
import { FLAG, INT, until } from "../declaration.ts";
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

/** How opset 6 broadcasts: the second operand alone, where it is told to, from an axis of the first on, or along its last. */
export const OLD_BROADCAST = { axis: until(6, INT), broadcast: until(6, FLAG) };

/** Both operands of a node, the second in a shape that broadcasts as its opset has it. */
export function operands(node: NodeContext): [x: Value, y: Value] {
  const [x, y] = [node.input(0), node.input(1)];
  const aligned = node.opset < 7 ? oldAligned(node, x, y) : y;
  broadcasting(node, [x, aligned]);
  return [x, aligned];
}

function oldAligned(node: NodeContext, x: Value, y: Value): Value {
  const misfit = () =>
    node.fail(
      "shape-mismatch",
      `combines the shapes [${x.shape.join(", ")}] and [${y.shape.join(", ")}], which do not fit in opset ${node.opset}`,
    );
  if (!node.flag("broadcast")) return sameShape(x.shape, y.shape) ? y : misfit();
  const rank = x.shape.length;
  const first = node.hasAttribute("axis") ? node.int("axis", 0) : rank - y.shape.length;
  const behind = rank - (first < 0 ? first + rank : first) - y.shape.length;
  return behind >= 0 ? reshape(y, [...y.shape, ...new Array<number>(behind).fill(1)]) : misfit();
}

function binary(op: string, f: (x: Value, y: Value) => Value): OnnxRule {
  return {
    op,
    attributes: OLD_BROADCAST,
    inputs: 2,
    import: (node) => f(...operands(node)),
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

/** Of the larger or smaller of two values, those apart of which one is a norm that is kept from 0. */
function ties(op: string): OnnxRule["bends"] {
  return (node) => {
    const values = node.all();
    const isRaised = values.some((value) => values.some((bound) => raisedNorm(value, bound) !== undefined));
    return isRaised
      ? undefined
      : `${op} has no derivative where its operands tie (shared equally); second derivatives ignore the kink`;
  };
}

/** max(y, c) of a root y and a constant c > 0; undefined where they are none. */
export function raisedNorm(value: Value, bound: Value): Value | undefined {
  const floor = splatOf(bound);
  return floor !== undefined && floor > 0 ? boundedRoot(value, bound) : undefined;
}

/** x·y; the square of a norm, whatever it is multiplied by, is a sum of squares, which is smooth where the norm is not. */
function product(x: Value, y: Value): Value {
  const inner = x === y ? withoutSign(x) : x;
  const other = x === y ? inner : y;
  return productOfNorms(inner, other) ?? mul(inner, other);
}

/** x for |x| and −x, which have the same even powers: those of |x| have no kink at 0. */
function withoutSign(x: Value): Value {
  return x.operation.name === "Abs" || x.operation.name === "Neg" ? withoutSign(x.inputs[0]) : x;
}

/**
 * log x; of a probability σ(z), or 1 − σ(z) = σ(−z), it is −softplus(−z): the rounding of σ to 0 or 1 would make it −∞,
 * and NaN of 0 times it, as where a label is 0 or 1.
 */
function logarithm(x: Value): Value {
  const z = logit(x);
  return z ? neg(softplus(neg(z))) : log(x);
}

/** z where a value is written as σ(z) or 1 − σ(z), under any view; undefined where it is not. */
function logit(x: Value): Value | undefined {
  const { operation, inputs, graph } = x;
  const [first, second] = inputs;
  if (operation.name === "Sigmoid") return first;
  if (operation.name === "Sub" && splatOf(first) === 1) {
    const z = logit(second);
    return z && broadcastTo(neg(z), x.shape);
  }
  if (!operation.view && !operation.broadcasts && operation.name !== "Transpose") return undefined;
  const z = logit(first);
  return z && graph.apply(operation, [z]);
}

/** √x; the root of a sum of squares is a norm, whose gradient at 0 is taken as 0. */
function root(x: Value): Value {
  return rootOfSquares(x) ?? sqrt(x);
}

/** The larger of two values, which share the derivative where they are equal. NaN in either stays NaN. */
function larger(x: Value, y: Value): Value {
  if (!isFloat(x.dtype)) return maximum(x, y);
  return raisedNorm(x, y) ?? raisedNorm(y, x) ?? where(less(x, y), y, where(greater(x, y), x, middle(x, y)));
}

/** The smaller of two values, which share the derivative where they are equal. NaN in either stays NaN. */
function smaller(x: Value, y: Value): Value {
  return isFloat(x.dtype) ? where(greater(x, y), y, where(less(x, y), x, middle(x, y))) : minimum(x, y);
}

/** Half of either: their value where they are equal, NaN where either is. */
function middle(x: Value, y: Value): Value {
  return add(mul(x, 0.5), mul(y, 0.5));
}

/** xʸ where the exponent or both may be integers. */
function power(x: Value, y: Value): Value {
  if (!isFloat(x.dtype)) return cast(pow(cast(x, "float64"), cast(y, "float64")), x.dtype);
  const exponent = splatOf(y);
  const base = exponent !== undefined && exponent % 2 === 0 ? withoutSign(x) : x;
  const special = exponent === 2 ? squaredNorm(base) : exponent === 0.5 ? rootOfSquares(base) : undefined;
  return special ?? pow(base, isFloat(y.dtype) ? y : cast(y, x.dtype));
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
  binary("Mul", product),
  binary("Div", div),
  { ...binary("Pow", power), slots: ["arithmetic", "arithmetic"] },
  { op: "Mod", attributes: { fmod: FLAG }, inputs: 2, import: remainder },
  variadic("Sum", add),
  variadic("Mean", add, (sum, count) => mul(sum, 1 / count)),
  { ...variadic("Max", larger), bends: ties("Max") },
  { ...variadic("Min", smaller), bends: ties("Min") },
  unaryRule("Neg", neg),
  unaryRule("Reciprocal", reciprocal),
  unaryRule("Abs", (x) => (isFloat(x.dtype) ? abs(x) : where(less(x, 0), neg(x), x))),
  unaryRule("Exp", exp),
  unaryRule("Log", logarithm),
  unaryRule("Sqrt", root),
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
