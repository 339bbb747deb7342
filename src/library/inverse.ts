import { inverseOperator, inverseOptions } from "../estimators/inverse-operator.ts";
import { requireSymmetricMap } from "../estimators/require-symmetric-map.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { requireOperator } from "../operators/require-operator.ts";
import { type OptionsOf, readOptions } from "../util/options.ts";
import { checkedContext, contextOption } from "./run-options.ts";

const inverseCallOptions = inverseOptions.extend({ context: contextOption });

/**
 * (A + δI)⁻¹ as an operator, whose products are solved for when they are asked: by conjugate gradients (default; A + δI positive
 * definite), by MINRES (symmetric), or by a Neumann series (Hestenes & Stiefel 1952; Paige & Saunders 1975; Lorraine, Vicol &
 * Duvenaud 2020). A product that was not found to the tolerance is an error, not a number. Those of `kfac` and `ekfac` have an
 * exact `inverse` of their own.
 *
 * Cost of a product: some tens of products of A; `terms` of them for the series.
 *
 * @throws usage errors `bad-argument`, `bad-option`, `no-step`; on a product check errors `not-solved`, `not-finite`
 *
 * @example
 * const inverted = await inverse(diagonalOperator(Float64Array.of(1, 3)), { damping: 1 });
 * const [x] = await inverted.apply([Float64Array.of(2, 4)]);
 * x; // → [1, 1]
 */
export async function inverse(
  operator: LinearOperator,
  options: OptionsOf<typeof inverseCallOptions> = {},
): Promise<LinearOperator> {
  requireOperator("inverse", operator);
  const { context, ...rest } = readOptions("inverse", inverseCallOptions, options);
  const checked = checkedContext("inverse", context);
  await requireSymmetricMap(operator, checked);
  return inverseOperator(operator, rest, checked);
}
