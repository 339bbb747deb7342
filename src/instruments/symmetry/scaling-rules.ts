import type { Value } from "../../graph/value.ts";
import { isFloat } from "../../util/tensor.ts";

/**
 * How a value scales when the inputs of its operation do. If the inputs are multiplied by α^d, the
 * output is multiplied by α^(…):
 *
 * - same: every input must have one exponent, and the output has it (linear and homogeneous functions);
 * - sum: the exponents of the inputs add (products);
 * - difference: the first less the second (quotients);
 * - scaled: the exponent times a factor (powers);
 * - first: that of the first input; the others must not scale (indices);
 * - second: that of the second input, whatever the first, by whose order it is picked or placed;
 * - select: first input a condition that must not scale, the others as `same`;
 * - compare: inputs must have one exponent, and the output does not scale (orders, signs, positions).
 *
 * An operation that is not listed allows no scaling of its inputs.
 */
export type ScalingRule =
  | { readonly kind: "same" | "sum" | "difference" | "first" | "second" | "select" | "compare" }
  | { readonly kind: "scaled"; readonly factor: number };

/** Which groups are looked for: positive factors, signs, or any exchange of units. */
export type Regime = "positive" | "sign" | "exchange";

const same: ScalingRule = { kind: "same" };
const sum: ScalingRule = { kind: "sum" };
const first: ScalingRule = { kind: "first" };
const second: ScalingRule = { kind: "second" };
const compare: ScalingRule = { kind: "compare" };

/** A rule, or how it follows from the value that an operation gives. */
type Rules = Readonly<Record<string, ScalingRule | ((value: Value) => ScalingRule | undefined)>>;

/** A number below this is taken for one that keeps a division finite: verification decides. */
export const NEGLIGIBLE = 2e-3;

/** Between floats nothing changes; a truth value has no size; a whole number is rounded. */
function castRule({ dtype, inputs: [x] }: Value): ScalingRule | undefined {
  if (isFloat(dtype)) return isFloat(x.dtype) ? same : compare;
  return dtype === "bool" ? compare : undefined;
}

/** A power of what is standardised, where nothing but a small ε is added to its variance. */
function standardized(factor: number): (value: Value) => ScalingRule | undefined {
  return ({ operation: { attributes } }) =>
    typeof attributes.epsilon === "number" && attributes.epsilon <= NEGLIGIBLE ? { kind: "scaled", factor } : undefined;
}

const LINEAR: Rules = {
  Anchor: same,
  ScatterAdd: first,
  ScatterElementsAdd: first,
  Add: same,
  Sub: same,
  Neg: same,
  Concat: same,
  Reshape: same,
  Transpose: same,
  Expand: same,
  ReduceSum: same,
  Slice: same,
  Pad: same,
  Detach: same,
  CumSum: same,
  Where: { kind: "select" },
  Gather: first,
  GatherElements: first,
  Mul: sum,
  MatMul: sum,
  Conv: sum,
  ConvInput: sum,
  ConvWeight: sum,
  Div: { kind: "difference" },
  Reciprocal: { kind: "scaled", factor: -1 },
  Cast: castRule,
};

const POSITIVE: Rules = {
  Norm: same,
  Standardize: standardized(0),
  InverseDeviation: standardized(-1),
  ScatterElementsMax: first,
  MaxPoolIndices: compare,
  MaxPoolPick: second,
  MaxPoolPlace: second,
  Relu: same,
  Abs: same,
  MaxPool: same,
  ReduceMax: same,
  Max: same,
  Min: same,
  Sqrt: { kind: "scaled", factor: 0.5 },
  Greater: compare,
  Less: compare,
  GreaterOrEqual: compare,
  LessOrEqual: compare,
  Equal: compare,
  Sign: compare,
  ArgMax: compare,
};

const ODD: Rules = { Tanh: same, Erf: same, Sin: same, Atan: same, Sign: same, Standardize: same, Round: same };

/** What does not see a sign. */
const EVEN: Rules = { Abs: compare, Cos: compare, Norm: compare, InverseDeviation: compare };

const UNITWISE: Rules = {
  ...ODD,
  Norm: same,
  InverseDeviation: same,
  Relu: same,
  Abs: same,
  MaxPool: same,
  Max: same,
  Min: same,
  Exp: same,
  Log: same,
  Sigmoid: same,
  Softplus: same,
  Sqrt: same,
  Cos: same,
  Floor: same,
  Ceil: same,
  Round: same,
  Reciprocal: same,
  Pow: first,
  Greater: compare,
  Less: compare,
  GreaterOrEqual: compare,
  LessOrEqual: compare,
};

const RULES: Readonly<Record<Regime, Rules>> = {
  positive: { ...LINEAR, ...POSITIVE },
  sign: { ...LINEAR, ...ODD, ...EVEN },
  exchange: { ...LINEAR, ...UNITWISE },
};

/**
 * Operations that take the size out of what goes in, or give it: behind them a layer may be multiplied by itself,
 * which hides what it has in common with the next one.
 */
const OF_SIZE: ReadonlySet<string> = new Set(["Norm", "Standardize", "InverseDeviation"]);

export function isOfSize({ operation: { name } }: Value): boolean {
  return OF_SIZE.has(name);
}

/** The rule of a value's operation; undefined where it allows no scaling. */
export function scalingRuleOf(value: Value, regime: Regime): ScalingRule | undefined {
  const rule = RULES[regime][value.operation.name];
  return typeof rule === "function" ? rule(value) : rule;
}
