import type { Value } from "../graph/value.ts";
import { mul } from "./arithmetic.ts";
import { cast } from "./logic.ts";
import { MatMul, matmul } from "./matmul.ts";
import { sumAll, swapLast } from "./structure.ts";

/**
 * ⟨x, y⟩ = Σᵢ xᵢ yᵢ, as a scalar in float64: products of numbers that float32 holds leave its range, and what is added up of
 * many is rounded as often. Of two products of matrices, x = PᵀQ and y = RᵀS, it is taken from their factors
 * where that is cheaper, and neither x nor y is formed:
 *
 *   ⟨PᵀQ, RᵀS⟩ = Σ_st (P Rᵀ)_st (Q Sᵀ)_st.
 *
 * The gradient of a weight matrix is such a product, with one row of P and Q for each place at which one example uses
 * the weight: for a dense layer ‖∇W‖² = ‖δ‖²‖x‖² (Goodfellow 2015).
 *
 * Cost for P of [k, m], Q of [k, n], R of [l, m], S of [l, n]: k l (m + n) multiplications from the factors.
 *
 * @example
 * innerProduct(floats([[1, 2]]), floats([[3, 4]])); // → 11
 */
export function innerProduct(x: Value, y: Value): Value {
  const [one, other] = [factorsOf(x), factorsOf(y)];
  const wide = (value: Value) => cast(value, "float64");
  if (!one || !other || !isCheaper(one, other)) return sumAll(mul(wide(x), wide(y)));
  const products = (a: Value, b: Value) => matmul(wide(a), wide(b), { transposeB: true });
  return sumAll(mul(products(one.left, other.left), products(one.right, other.right)));
}

/** PᵀQ: P of [k, m] and Q of [k, n]. */
interface Factors {
  readonly left: Value;
  readonly right: Value;
}

function factorsOf({ operation, inputs, shape }: Value): Factors | undefined {
  if (operation.name !== MatMul.name || shape.length !== 2) return undefined;
  const { transposeA, transposeB } = operation.attributes;
  const [a, b] = inputs;
  return { left: transposeA === true ? a : swapLast(a), right: transposeB === true ? swapLast(b) : b };
}

/** Beside forming both products, which take k m n and l m n multiplications. */
function isCheaper(one: Factors, other: Factors): boolean {
  const [k, m] = one.left.shape;
  const [l] = other.left.shape;
  const [, n] = one.right.shape;
  return 2 * k * l * (m + n) <= (k + l) * m * n;
}
