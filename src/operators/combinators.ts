import { ThalwegError } from "../util/thalweg-error.ts";
import type { LinearOperator } from "./linear-operator.ts";

/**
 * A + cI. The eigenvectors stay, every eigenvalue moves by c. One product of A each.
 *
 * @example
 * const damped = shiftOperator(hessian, 1e-3); // H + 10⁻³ I
 */
export function shiftOperator(operator: LinearOperator, shift: number): LinearOperator {
  return {
    ...described(operator, `${operator.name} + ${shift} I`),
    apply: async (block) => {
      const products = await operator.apply(block);
      products.forEach((product, j) => {
        const v = block[j];
        for (let i = 0; i < product.length; i++) product[i] += shift * v[i];
      });
      return products;
    },
  };
}

/** cA. One product of A each. */
export function scaleOperator(operator: LinearOperator, factor: number): LinearOperator {
  return {
    ...described(operator, `${factor} ${operator.name}`),
    apply: async (block) => {
      const products = await operator.apply(block);
      for (const product of products) for (let i = 0; i < product.length; i++) product[i] *= factor;
      return products;
    },
  };
}

/**
 * A₁ + A₂ + …: one product of each summand. Symmetric when every summand is; as precise as the least.
 *
 * @throws usage error `dimension-mismatch`; `empty-sum` for no summand
 */
export function sumOperator(operators: readonly LinearOperator[]): LinearOperator {
  const [first, ...rest] = operators;
  if (first === undefined) {
    throw new ThalwegError({
      kind: "usage",
      code: "empty-sum",
      message: "A sum of operators needs at least one of them.",
    });
  }
  for (const other of rest) {
    if (other.dimension !== first.dimension) {
      throw new ThalwegError({
        kind: "usage",
        code: "dimension-mismatch",
        message: `${first.name} has dimension ${first.dimension} and ${other.name} has ${other.dimension}: they cannot be added.`,
      });
    }
  }
  return {
    dimension: first.dimension,
    symmetric: operators.every((operator) => operator.symmetric),
    precision: operators.some((operator) => operator.precision === "float32") ? "float32" : "float64",
    preferredBlock: Math.max(...operators.map((operator) => operator.preferredBlock)),
    atOnce: Math.max(...operators.map((operator) => operator.atOnce ?? 1)),
    name: operators.map((operator) => operator.name).join(" + "),
    apply: async (block) => {
      const total = await first.apply(block);
      for (const operator of rest) {
        const products = await operator.apply(block);
        products.forEach((product, j) => {
          const sum = total[j];
          for (let i = 0; i < sum.length; i++) sum[i] += product[i];
        });
      }
      return total;
    },
  };
}

/** A run of coordinates: `length` of them from `offset`. */
export interface CoordinateRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * EᵀAE, the sub-block of A on the given coordinates (one parameter, one layer), in the order given.
 * One product of A each; its eigenvalues interlace those of A.
 *
 * @throws usage error `range-outside` when a range leaves 0 … dimension − 1
 *
 * @example
 * const layer = subBlockOperator(hessian, [{ offset: 100, length: 20 }], "Hessian of fc1"); // 20 × 20
 */
export function subBlockOperator(
  operator: LinearOperator,
  ranges: readonly CoordinateRange[],
  name?: string,
): LinearOperator {
  for (const { offset, length } of ranges) {
    if (offset < 0 || length < 0 || offset + length > operator.dimension) {
      throw new ThalwegError({
        kind: "usage",
        code: "range-outside",
        message: `Coordinates ${offset} to ${offset + length - 1} are not all among the ${operator.dimension} of ${operator.name}.`,
      });
    }
  }
  const dimension = ranges.reduce((sum, range) => sum + range.length, 0);
  return {
    ...described(operator, name ?? `sub-block of ${operator.name}`),
    dimension,
    apply: async (block) => {
      const products = await operator.apply(
        block.map((v) => {
          const embedded = new Float64Array(operator.dimension);
          let at = 0;
          for (const { offset, length } of ranges) {
            embedded.set(v.subarray(at, at + length), offset);
            at += length;
          }
          return embedded;
        }),
      );
      return products.map((product) => {
        const restricted = new Float64Array(dimension);
        let at = 0;
        for (const { offset, length } of ranges) {
          restricted.set(product.subarray(offset, offset + length), at);
          at += length;
        }
        return restricted;
      });
    },
  };
}

function described(operator: LinearOperator, name: string): Omit<LinearOperator, "apply"> {
  const { dimension, symmetric, precision, preferredBlock, atOnce } = operator;
  return { dimension, symmetric, precision, preferredBlock, atOnce, name };
}
