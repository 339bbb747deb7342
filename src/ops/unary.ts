import { ANYWHERE, excludesZero, type Interval, magnitudeOf } from "../graph/interval.ts";
import type { Target } from "../graph/emitter.ts";
import type { ActivationTraits, Operation, Primitive, Value } from "../graph/value.ts";
import { COMPARE, SAME, always, byRegime, scaled } from "../graph/scaling.ts";
import { NO_ATTRIBUTES } from "./attribute-schemas.ts";
import { add, div, mul, neg, reciprocal, sub } from "./arithmetic.ts";
import { atanSeries } from "./atan.ts";
import { defineOp } from "./define-op.ts";
import { evaluateElementwise, requireFloat, vmapElementwise, ZERO_DERIVATIVE } from "./elementwise.ts";
import { erfc } from "./erf.ts";
import { cast, equal, greater, where } from "./logic.ts";
import { sineSeries } from "./sine.ts";

interface UnaryRules {
  readonly name: string;
  readonly summary: string;
  /** The reference semantics on numbers. */
  readonly f?: (x: number) => number;
  /** dy/dx from x and y. */
  readonly derivative?: (x: Value, y: Value) => Value;
  /** The product of dy/dx with a tangent or cotangent, where it is cheaper than forming dy/dx. */
  readonly times?: (t: Value, x: Value, y: Value) => Value;
  readonly simplify?: (x: Value) => Value | undefined;
  readonly lower?: (x: Value, target: Target) => Value | undefined;
  readonly activation?: ActivationTraits;
  readonly scaling: Primitive["scaling"];
  readonly outputStep?: Primitive["outputStep"];
  readonly caveat?: Primitive["caveat"];
  /** Where the results lie, by where x does. */
  readonly range?: (x: Interval) => Interval;
}

/** A function applied to each element: J = diag(f′(x)), so the two products are the same. */
function unary(rules: UnaryRules) {
  const { name, f, derivative, simplify, lower, range } = rules;
  const times = rules.times ?? (derivative && ((t: Value, x: Value, y: Value) => mul(t, derivative(x, y))));
  const operation: Primitive = {
    name,
    scaling: rules.scaling,
    ...(rules.outputStep && { outputStep: rules.outputStep }),
    attributes: {},
    infer: ([x]) => {
      requireFloat(name, x);
      return { dtype: x.dtype, shape: x.shape };
    },
    ...(simplify && { simplify: ([x]: readonly Value[]) => simplify(x) }),
    ...(f && { evaluate: (inputs, type) => evaluateElementwise(f, inputs, type) }),
    ...(times
      ? {
          jvp: (node: Value, [t]: readonly (Value | undefined)[]) => t && times(t, node.inputs[0], node),
          vjp: (node: Value, g: Value) => times(g, node.inputs[0], node),
        }
      : ZERO_DERIVATIVE),
    elementwise: true,
    vmap: vmapElementwise,
    ...(lower && { lower: (_node: Value, [x]: readonly Value[], target: Target) => lower(x, target) }),
    emit: (_node, inputs, e) => e.node(name, inputs),
    ...(rules.activation && { activation: rules.activation }),
    ...(rules.caveat && { caveat: rules.caveat }),
    ...(range && { range: (_node: Value, [x]: readonly Interval[]) => range(x) }),
  };
  return {
    definition: defineOp({ name, summary: rules.summary, attributes: NO_ATTRIBUTES, make: () => operation }),
    apply: (x: Value): Value => x.graph.apply(operation, [x]),
  };
}

/** Of a function that rises everywhere. */
const rising =
  (f: (x: number) => number) =>
  ({ low, high }: Interval): Interval => ({ low: f(low), high: f(high) });

/** Of a function that rises from 0 on, and has no numbers below. */
const risingFromZero = (f: (x: number) => number) => (x: Interval) =>
  x.low >= 0 ? rising(f)(x) : { low: f(0), high: f(Math.max(x.high, 0)) };

/** A sentence about 0, where x may be 0. */
const atZero =
  (text: string) =>
  (_node: Value, [x]: readonly Interval[]): string | undefined =>
    excludesZero(x) ? undefined : text;

/** Functions of single elements without any symmetry of their own: units may change places. */
const UNITWISE = byRegime({ exchange: SAME });

/** f(−x) = −f(x). */
const ODD = byRegime({ sign: SAME, exchange: SAME });

/**
 * eˣ.
 *
 * @example
 * exp(floats([0, 1])); // → [1, 2.718281828]
 */
export const { definition: Exp, apply: exp } = unary({
  name: "Exp",
  range: rising(Math.exp),
  summary: "eˣ",
  scaling: UNITWISE,
  f: Math.exp,
  derivative: (_x, y) => y,
});

/**
 * The natural logarithm.
 *
 * @example
 * log(floats([1, 10])); // → [0, 2.302585093]
 */
export const { definition: Log, apply: log } = unary({
  name: "Log",
  range: (x) => (x.low > 0 ? rising(Math.log)(x) : ANYWHERE),
  outputStep: { kind: "logarithm" },
  summary: "natural logarithm",
  scaling: UNITWISE,
  f: Math.log,
  derivative: (x) => reciprocal(x),
});

/**
 * The hyperbolic tangent.
 *
 * @example
 * tanh(floats([0, 1])); // → [0, 0.761594156]
 */
export const { definition: Tanh, apply: tanh } = unary({
  name: "Tanh",
  range: rising(Math.tanh),
  summary: "hyperbolic tangent",
  scaling: ODD,
  f: Math.tanh,
  activation: { rectifies: false, bounds: [-1, 1] },
  derivative: (_x, y) => sub(1, mul(y, y)),
});

/**
 * 1 / (1 + e⁻ˣ).
 *
 * @example
 * sigmoid(floats([0, 2])); // → [0.5, 0.880797078]
 */
export const { definition: Sigmoid, apply: sigmoid } = unary({
  name: "Sigmoid",
  range: rising((x) => 1 / (1 + Math.exp(-x))),
  outputStep: { kind: "links", gives: "probabilities", normalises: false, axis: undefined },
  summary: "1 / (1 + e⁻ˣ)",
  scaling: UNITWISE,
  activation: { rectifies: false, bounds: [0, 1] },
  f: (x) => 1 / (1 + Math.exp(-x)),
  derivative: (_x, y) => mul(y, sub(1, y)),
  // The runtime's float64 kernel rounds what is below 1e-16 to 0, and its small values to 1e-16 absolutely.
  lower: (x, target) => (target.precision === "float64" ? reciprocal(add(1, exp(neg(x)))) : undefined),
});

/**
 * √x.
 *
 * @example
 * sqrt(floats([4, 2])); // → [2, 1.414213562]
 */
export const { definition: Sqrt, apply: sqrt } = unary({
  name: "Sqrt",
  range: risingFromZero(Math.sqrt),
  summary: "square root",
  scaling: byRegime({ positive: scaled(0.5), exchange: SAME }),
  f: Math.sqrt,
  derivative: (_x, y) => div(0.5, y),
  caveat: atZero("Sqrt has no derivative at 0"),
});

/**
 * The sine.
 *
 * @example
 * sin(floats([0, 1])); // → [0, 0.841470985]
 */
export const { definition: Sin, apply: sin } = unary({
  name: "Sin",
  range: () => ({ low: -1, high: 1 }),
  summary: "sine",
  scaling: ODD,
  f: Math.sin,
  derivative: (x) => cos(x),
  lower: (x, { device }) => (device === "webgpu" ? sineSeries(x, 0, floor) : undefined),
});

/**
 * The cosine.
 *
 * @example
 * cos(floats([0, 1])); // → [1, 0.540302306]
 */
export const { definition: Cos, apply: cos } = unary({
  name: "Cos",
  range: () => ({ low: -1, high: 1 }),
  summary: "cosine",
  scaling: byRegime({ sign: COMPARE, exchange: SAME }),
  f: Math.cos,
  derivative: (x) => neg(sin(x)),
  lower: (x, { device }) => (device === "webgpu" ? sineSeries(x, 1, floor) : undefined),
});

/**
 * log(1 + eˣ).
 *
 * @example
 * softplus(floats([0, 1000])); // → [0.693147181, 1000]
 */
export const { definition: Softplus, apply: softplus } = unary({
  name: "Softplus",
  summary: "log(1 + eˣ)",
  scaling: UNITWISE,
  activation: { rectifies: false },
  f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  // σ(x) = eˣ⁻ʸ keeps its relative precision far below zero, where the runtime's float32 kernel of σ gives 0.
  derivative: (x, y) => exp(sub(x, y)),
  // The runtime's kernels are log(1 + eˣ) as written: in float64 ∞ for x > 709, and 0 for x < −37 (−17 in float32).
  lower: (x) => add(relu(x), logOnePlus(exp(neg(abs(x))))),
});

/**
 * log(1 + u), u ≥ 0, to full relative precision: what 1 + u loses, its logarithm is corrected for (Kahan). No derivatives: for lowerings.
 *
 * @example
 * logOnePlus(floats([1e-18, 1])); // → [1e-18, 0.693147181]
 */
export function logOnePlus(u: Value): Value {
  const sum = add(1, u);
  const rounded = sub(sum, 1);
  const lost = equal(rounded, 0);
  return where(lost, u, div(mul(log(sum), u), where(lost, 1, rounded)));
}

/** log 2/√π, of the derivative of erf at 0. */
const LOG_SLOPE = Math.log(2 / Math.sqrt(Math.PI));

/**
 * The error function.
 *
 * @example
 * erf(floats([0, 1])); // → [0, 0.842700793]
 */
export const { definition: Erf, apply: erf } = unary({
  name: "Erf",
  range: () => ({ low: -1, high: 1 }),
  summary: "error function",
  scaling: ODD,
  activation: { rectifies: false, bounds: [-1, 1] },
  // 2/√π e^{−x²}, the factor in the exponent: a pass less.
  derivative: (x) => exp(sub(LOG_SLOPE, mul(x, x))),
  // The runtime has no float64 kernel: erf x = sign(x)·(1 − erfc|x|).
  lower: (x, target) =>
    target.precision === "float64" ? mul(sign(x), sub(1, erfc(abs(x), exp, reciprocal))) : undefined,
});

/**
 * The inverse tangent.
 *
 * @example
 * atan(floats([0, 1])); // → [0, 0.785398163]
 */
export const { definition: Atan, apply: atan } = unary({
  name: "Atan",
  summary: "inverse tangent",
  scaling: ODD,
  f: Math.atan,
  derivative: (x) => reciprocal(add(1, mul(x, x))),
  lower: (x, target) => (target.precision === "float64" ? atanSeries(x) : undefined),
});

/**
 * max(x, 0).
 *
 * @example
 * relu(floats([-1, 2])); // → [0, 2]
 */
export const { definition: Relu, apply: relu } = unary({
  name: "Relu",
  range: rising((x) => Math.max(x, 0)),
  summary: "max(x, 0)",
  scaling: byRegime({ positive: SAME, exchange: SAME }),
  activation: { rectifies: true },
  f: (x) => Math.max(x, 0),
  // The sign of y is that of x, and so nothing needs x once y is known.
  times: (t, _x, y) => mul(t, step(y)),
  caveat: atZero("Relu has no derivative at 0 (taken as 0); second derivatives ignore the kink"),
});

/**
 * 1 where x > 0, else 0: the derivative of Relu by the convention that it is 0 at the kink.
 *
 * @example
 * step(floats([-1, 0, 2])); // → [0, 0, 1]
 */
export function step(x: Value): Value {
  return cast(greater(x, 0), x.dtype);
}

/**
 * |x|.
 *
 * @example
 * abs(floats([-1, 2])); // → [1, 2]
 */
export const { definition: Abs, apply: abs } = unary({
  name: "Abs",
  range: magnitudeOf,
  summary: "|x|",
  scaling: byRegime({ positive: SAME, sign: COMPARE, exchange: SAME }),
  f: Math.abs,
  derivative: (x) => sign(x),
  caveat: atZero("Abs has no derivative at 0 (taken as 0); second derivatives ignore the kink"),
});

/**
 * −1, 0 or 1.
 *
 * @example
 * sign(floats([-3, 0, 2])); // → [-1, 0, 1]
 */
export const { definition: Sign, apply: sign } = unary({
  name: "Sign",
  range: rising(Math.sign),
  summary: "−1, 0 or 1",
  scaling: byRegime({ positive: COMPARE, sign: SAME, exchange: SAME }),
  f: Math.sign,
});
/**
 * The largest integer ≤ x.
 *
 * @example
 * floor(floats([1.5, -1.5])); // → [1, -2]
 */
export const { definition: Floor, apply: floor } = unary({
  name: "Floor",
  range: rising(Math.floor),
  summary: "largest integer ≤ x",
  scaling: UNITWISE,
  f: Math.floor,
  caveat: "Floor is piecewise constant: its derivative is 0",
});
/**
 * The smallest integer ≥ x.
 *
 * @example
 * ceil(floats([1.5, -1.5])); // → [2, -1]
 */
export const { definition: Ceil, apply: ceil } = unary({
  name: "Ceil",
  range: rising(Math.ceil),
  summary: "smallest integer ≥ x",
  scaling: UNITWISE,
  f: Math.ceil,
  caveat: "Ceil is piecewise constant: its derivative is 0",
});
/**
 * The nearest integer, halves to even.
 *
 * @example
 * round(floats([0.5, 1.5, 2.4])); // → [0, 2, 2]
 */
export const { definition: Round, apply: round } = unary({
  name: "Round",
  summary: "nearest integer, halves to even",
  scaling: ODD,
  f: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  caveat: "Round is piecewise constant: its derivative is 0",
});

/** An identity that stays while the graph is built: `lower` removes it. */
function marker(name: string, summary: string, rules: Pick<Operation, "holds" | "jvp" | "vjp">) {
  const operation: Primitive = {
    name,
    scaling: always(SAME),
    attributes: {},
    infer: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
    ...rules,
    elementwise: true,
    selects: true,
    units: (_node, [x]) => x,
    vmap: vmapElementwise,
    lower: (_node, [x]) => x,
    emit: (_node, inputs, e) => e.node("Identity", inputs),
  };
  return {
    definition: defineOp({ name, summary, attributes: NO_ATTRIBUTES, make: () => operation }),
    apply: (x: Value): Value => x.graph.apply(operation, [x]),
  };
}

/**
 * The value as a constant, where what it is used for does not depend on it: no derivative passes.
 *
 * @example
 * detach(floats([1, 2])); // → [1, 2]
 */
export const { definition: Detach, apply: detach } = marker(
  "Detach",
  "x, held constant by derivatives",
  ZERO_DERIVATIVE,
);

/**
 * The value as a constant, whatever depends on it: what `--freeze` puts behind a node. Derivatives are then those of another
 * function than the one that is computed.
 *
 * @example
 * frozen(floats([1, 2])); // → [1, 2]
 */
export const { definition: Frozen, apply: frozen } = marker("Frozen", "x, held constant by the user", {
  ...ZERO_DERIVATIVE,
  holds: true,
});

/**
 * The value as a place to differentiate at: simplification does not look through it, so that every
 * path from what comes before to what comes behind goes through this one value.
 *
 * @example
 * anchor(floats([1, 2])); // → [1, 2]
 */
export const { definition: Anchor, apply: anchor } = marker(
  "Anchor",
  "x, kept as one value to differentiate with respect to",
  {
    jvp: (_node, [t]) => t,
    vjp: (_node, g) => g,
  },
);
