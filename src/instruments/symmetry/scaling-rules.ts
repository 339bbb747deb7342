/**
 * How a value scales when the inputs of its operation do. If the inputs are multiplied by α^d, the
 * output is multiplied by α^(…):
 *
 * - same: every input must have one exponent, and the output has it (linear and homogeneous functions);
 * - sum: the exponents of the inputs add (products);
 * - difference: the first less the second (quotients);
 * - scaled: the exponent times a factor (powers);
 * - first: that of the first input; the others must not scale (indices);
 * - select: first input a condition that must not scale, the others as `same`;
 * - compare: inputs must have one exponent, and the output does not scale (orders, signs, positions).
 *
 * An operation that is not listed allows no scaling of its inputs.
 */
export type ScalingRule =
  | { readonly kind: "same" | "sum" | "difference" | "first" | "select" | "compare" }
  | { readonly kind: "scaled"; readonly factor: number };

/** Which groups are looked for: positive factors, signs, or any exchange of units. */
export type Regime = "positive" | "sign" | "exchange";

const same: ScalingRule = { kind: "same" };
const sum: ScalingRule = { kind: "sum" };
const first: ScalingRule = { kind: "first" };
const compare: ScalingRule = { kind: "compare" };

const LINEAR: Readonly<Record<string, ScalingRule>> = {
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
  Cast: compare,
};

const POSITIVE: Readonly<Record<string, ScalingRule>> = {
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

const ODD: Readonly<Record<string, ScalingRule>> = { Tanh: same, Erf: same, Sin: same, Atan: same, Sign: same };

const UNITWISE: Readonly<Record<string, ScalingRule>> = {
  ...ODD,
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

const RULES: Readonly<Record<Regime, Readonly<Record<string, ScalingRule>>>> = {
  positive: { ...LINEAR, ...POSITIVE },
  sign: { ...LINEAR, ...ODD },
  exchange: { ...LINEAR, ...UNITWISE },
};

export function scalingRuleOf(operation: string, regime: Regime): ScalingRule | undefined {
  return RULES[regime][operation];
}
