/**
 * How the output of an operation scales when its inputs do. If the inputs are multiplied by α^d, the output is
 * multiplied by α^(…):
 *
 * - none: the inputs must not scale, and the output does not;
 * - same: every input must have one exponent, and the output has it (linear and homogeneous functions);
 * - sum: the exponents of the inputs add (products);
 * - difference: the first less the second (quotients);
 * - scaled: the exponent times a factor (powers);
 * - first: that of the first input; the others must not scale (indices);
 * - second: that of the second input, whatever the first, by whose order it is picked or placed;
 * - select: first input a condition that must not scale, the others as `same`;
 * - compare: inputs must have one exponent, and the output does not scale (orders, signs, positions).
 */
export type ScalingRule =
  | { readonly kind: "none" | "same" | "sum" | "difference" | "first" | "second" | "select" | "compare" }
  | { readonly kind: "scaled"; readonly factor: number };

/** Which factors are meant: positive ones, signs, or any exchange of units, which functions of single elements let pass. */
export type Regime = "positive" | "sign" | "exchange";

/** A number below this is taken for one that keeps a division finite: verification decides. */
export const NEGLIGIBLE = 2e-3;

export const NONE: ScalingRule = { kind: "none" };
export const SAME: ScalingRule = { kind: "same" };
export const SUM: ScalingRule = { kind: "sum" };
export const FIRST: ScalingRule = { kind: "first" };
export const SECOND: ScalingRule = { kind: "second" };
export const COMPARE: ScalingRule = { kind: "compare" };

export function scaled(factor: number): ScalingRule {
  return { kind: "scaled", factor };
}

/** One rule, whatever the factors. */
export function always(rule: ScalingRule): () => ScalingRule {
  return () => rule;
}

/** A rule for each kind of factors; none where it is left out. */
export function byRegime(
  rules: Readonly<Partial<Record<Regime, ScalingRule>>>,
): (node: unknown, regime: Regime) => ScalingRule {
  return (_node, regime) => rules[regime] ?? NONE;
}
