import type { LinearOperator } from "./linear-operator.ts";

/**
 * D^(−½) (A + cI) D^(−½), which is symmetric and has the eigenvalues of D⁻¹(A + cI). One product of A each.
 *
 * @param divisor D, above 0 in every coordinate
 * @example
 * preconditionedOperator(diagonalOperator(Float64Array.of(6, 8)), Float64Array.of(3, 2), 0); // eigenvalues 2 and 4
 */
export function preconditionedOperator(operator: LinearOperator, divisor: Float64Array, shift: number): LinearOperator {
  const root = divisor.map((d) => 1 / Math.sqrt(d));
  const { dimension, precision, preferredBlock, atOnce } = operator;
  return {
    name: `D⁻¹ ${operator.name}`,
    dimension,
    symmetric: true,
    precision,
    preferredBlock,
    atOnce,
    apply: async (block) => {
      const inside = block.map((v) => v.map((x, i) => x * root[i]));
      const images = await operator.apply(inside);
      return images.map((image, k) => image.map((x, i) => (x + shift * inside[k][i]) * root[i]));
    },
  };
}
