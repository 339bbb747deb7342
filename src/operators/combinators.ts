import { ThalwegError } from "../util/thalweg-error.ts";
import type { LinearOperator, ProductRounding } from "./linear-operator.ts";

/**
 * A + cI. The eigenvectors stay, every eigenvalue moves by c. One product of A each.
 *
 * @example
 * const damped = shiftOperator(hessian, 1e-3); // H + 10⁻³ I
 */
export function shiftOperator(operator: LinearOperator, shift: number): LinearOperator {
  return made(operator, {
    name: `${operator.name} + ${shift} I`,
    apply: async (multiply, block) => {
      const products = await multiply(block);
      products.forEach((product, j) => {
        const v = block[j];
        for (let i = 0; i < product.length; i++) product[i] += shift * v[i];
      });
      return products;
    },
  });
}

/** cA. One product of A each. */
export function scaleOperator(operator: LinearOperator, factor: number): LinearOperator {
  return made(operator, {
    name: `${factor} ${operator.name}`,
    rounding: ({ norm, frobenius, trace }) => {
      const size = Math.abs(factor);
      return { norm: size * norm, frobenius: size * frobenius, trace: size * trace };
    },
    apply: async (multiply, block) => {
      const products = await multiply(block);
      for (const product of products) for (let i = 0; i < product.length; i++) product[i] *= factor;
      return products;
    },
  });
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
  const total = async (products: readonly Multiply[], block: readonly Float64Array[]) => {
    const [sums, ...others] = await inTurn(products, block);
    for (const images of others) {
      images.forEach((image, j) => {
        const sum = sums[j];
        for (let i = 0; i < sum.length; i++) sum[i] += image[i];
      });
    }
    return sums;
  };
  const wider = operators.flatMap((operator) => operator.wider ?? []);
  const roundings = operators.flatMap((operator) => operator.rounding ?? []);
  return {
    dimension: first.dimension,
    symmetric: operators.every((operator) => operator.symmetric),
    precision: operators.some((operator) => operator.precision === "float32") ? "float32" : "float64",
    preferredBlock: Math.max(...operators.map((operator) => operator.preferredBlock)),
    atOnce: Math.max(...operators.map((operator) => operator.atOnce ?? 1)),
    name: operators.map((operator) => operator.name).join(" + "),
    wider:
      wider.length < operators.length
        ? undefined
        : {
            apply: (block) =>
              total(
                wider.map((each) => each.apply),
                block,
              ),
          },
    rounding:
      roundings.length < operators.length
        ? undefined
        : async () => {
            let sum: ProductRounding = { norm: 0, frobenius: 0, trace: 0 };
            for (const measure of roundings) sum = sumOf(sum, await measure());
            return sum;
          },
    apply: (block) =>
      total(
        operators.map((operator) => operator.apply),
        block,
      ),
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
  return made(operator, {
    name: name ?? `sub-block of ${operator.name}`,
    dimension,
    // Errors of the diagonal may cancel in the whole trace, and not in a part of it.
    rounding: ({ norm, frobenius }) => ({ norm, frobenius, trace: Math.sqrt(dimension) * frobenius }),
    apply: async (multiply, block) => {
      const products = await multiply(
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
  });
}

type Multiply = LinearOperator["apply"];

interface Made {
  readonly name: string;
  readonly dimension?: number;
  /** What the rounding of the operator's products becomes; the same where absent. */
  readonly rounding?: (of: ProductRounding) => ProductRounding;
  apply(multiply: Multiply, block: readonly Float64Array[]): Promise<Float64Array[]>;
}

/** An operator that is made of one other's products, in both arithmetics alike. */
function made(operator: LinearOperator, { name, dimension, rounding, apply }: Made): LinearOperator {
  const { wider, rounding: measure } = operator;
  return {
    ...operator,
    diagonalBlock: undefined,
    name,
    dimension: dimension ?? operator.dimension,
    apply: (block) => apply(operator.apply, block),
    wider: wider && { apply: (block) => apply(wider.apply, block) },
    rounding:
      measure &&
      (async () => {
        const found = await measure();
        return rounding ? rounding(found) : found;
      }),
  };
}

async function inTurn(products: readonly Multiply[], block: readonly Float64Array[]): Promise<Float64Array[][]> {
  const images: Float64Array[][] = [];
  for (const multiply of products) images.push(await multiply(block));
  return images;
}

function sumOf(a: ProductRounding, b: ProductRounding): ProductRounding {
  return { norm: a.norm + b.norm, frobenius: a.frobenius + b.frobenius, trace: a.trace + b.trace };
}
