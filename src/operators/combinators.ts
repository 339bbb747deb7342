import { z } from "zod";
import { orthogonalize } from "../linalg/multi-vector.ts";
import { requireArgument } from "../util/require-argument.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { checkedProducts, requireBlock, TakenMemory } from "./checked-products.ts";
import type { LinearOperator, ProductRounding } from "./linear-operator.ts";
import { requireOperator } from "./require-operator.ts";
import { maxOf } from "../util/extremes.ts";

/**
 * A + cI. The eigenvectors stay, every eigenvalue moves by c. One product of A each.
 *
 * @throws usage error `bad-argument`
 *
 * @example
 * const damped = shiftOperator(hessian, 1e-3); // H + 10⁻³ I
 */
export function shiftOperator(operator: LinearOperator, shift: number): LinearOperator {
  requireOperator("shiftOperator", operator);
  requireArgument("shift", "shiftOperator", z.number(), shift);
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

/**
 * cA. One product of A each.
 *
 * @throws usage error `bad-argument`
 */
export function scaleOperator(operator: LinearOperator, factor: number): LinearOperator {
  requireOperator("scaleOperator", operator);
  requireArgument("factor", "scaleOperator", z.number(), factor);
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
 * @throws usage error `bad-argument`; `dimension-mismatch`; `empty-sum` for no summand
 */
export function sumOperator(operators: readonly LinearOperator[]): LinearOperator {
  requireArgument("operators", "sumOperator", z.array(z.unknown()), operators);
  for (const operator of operators) requireOperator("sumOperator", operator);
  const [first, ...rest] = operators;
  if (first === undefined) {
    throw new ThalwegError({
      kind: "usage",
      code: "empty-sum",
      message: "A sum of operators needs at least one of them.",
      hint: "Give a list of operators: sumOperator([a, b]).",
    });
  }
  for (const other of rest) {
    if (other.dimension !== first.dimension) {
      throw new ThalwegError({
        kind: "usage",
        code: "dimension-mismatch",
        message: `${first.name} has dimension ${first.dimension} and ${other.name} has ${other.dimension}: they cannot be added.`,
        hint: "Operators of one sum have one space: make both of the same parameters.",
      });
    }
  }
  const total = async (multiply: (operator: LinearOperator) => Multiply, block: readonly Float64Array[]) => {
    const taken = new TakenMemory();
    const sums = await checkedProducts(first, multiply(first), block, taken);
    for (const other of rest) {
      const images = await checkedProducts(other, multiply(other), block, taken);
      images.forEach((image, j) => {
        const sum = sums[j];
        for (let i = 0; i < sum.length; i++) sum[i] += image[i];
      });
    }
    return sums;
  };
  return {
    dimension: first.dimension,
    symmetric: operators.every((operator) => operator.symmetric),
    precision: operators.some((operator) => operator.precision === "float32") ? "float32" : "float64",
    preferredBlock: maxOf(operators.map((operator) => operator.preferredBlock)),
    atOnce: maxOf(operators.map((operator) => operator.atOnce ?? 1)),
    name: operators.map((operator) => operator.name).join(" + "),
    wider: operators.every(({ wider }) => wider) ? { apply: (block) => total(widerProducts, block) } : undefined,
    rounding: operators.every(({ rounding }) => rounding)
      ? async () => {
          let sum = NONE;
          for (const operator of operators) sum = sumOf(sum, (await operator.rounding?.()) ?? NONE);
          return sum;
        }
      : undefined,
    apply: (block) => total(narrowProducts, block),
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
 * @throws usage error `bad-argument`; `range-outside` when a range leaves 0 … dimension − 1; `range-twice` when two
 *   of them share coordinates; `no-coordinates`
 *
 * @example
 * const layer = subBlockOperator(hessian, [{ offset: 100, length: 20 }], "Hessian of fc1"); // 20 × 20
 */
export function subBlockOperator(
  operator: LinearOperator,
  ranges: readonly CoordinateRange[],
  name?: string,
): LinearOperator {
  requireOperator("subBlockOperator", operator);
  requireArgument("ranges", "subBlockOperator", rangesOfCoordinates, ranges);
  requireArgument("name", "subBlockOperator", z.string().optional(), name);
  for (const { offset, length } of ranges) {
    if (offset + length > operator.dimension)
      throw badRange(
        "range-outside",
        `Coordinates ${offset} to ${offset + length - 1} are not all among the ${operator.dimension} of ${operator.name}.`,
      );
  }
  const sorted = ranges.filter(({ length }) => length > 0).toSorted((a, b) => a.offset - b.offset);
  const again = sorted.find(({ offset }, i) => i > 0 && offset < sorted[i - 1].offset + sorted[i - 1].length);
  if (again) throw badRange("range-twice", `Coordinate ${again.offset} of ${operator.name} is in two of the ranges.`);
  const dimension = ranges.reduce((sum, range) => sum + range.length, 0);
  if (dimension === 0) throw badRange("no-coordinates", `The ranges hold no coordinate of ${operator.name}.`);
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

const rangesOfCoordinates = z.array(z.object({ offset: z.int().min(0), length: z.int().min(0) }));

function badRange(code: string, message: string): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code,
    message,
    hint: "`problem.space.tensors` has the offset and the size of every parameter.",
  });
}

/**
 * (I − QQᵀ) A (I − QQᵀ), A without what is known of it: its trace is tr A − Σ qᵀAq. One product of A each.
 *
 * @param basis orthonormal
 */
export function deflatedOperator(operator: LinearOperator, basis: readonly Float64Array[]): LinearOperator {
  const without = (vectors: readonly Float64Array[]) =>
    vectors.map((vector) => {
      const rest = vector.slice();
      orthogonalize(basis, rest);
      return rest;
    });
  return made(operator, {
    name: `${operator.name} beside ${basis.length} directions`,
    apply: async (multiply, block) => without(await multiply(without(block))),
  });
}

type Multiply = LinearOperator["apply"];

const narrowProducts =
  (operator: LinearOperator): Multiply =>
  (block) =>
    operator.apply(block);
const widerProducts =
  (operator: LinearOperator): Multiply =>
  (block) =>
    (operator.wider ?? operator).apply(block);

interface Made {
  readonly name: string;
  readonly dimension?: number;
  /** What the rounding of the operator's products becomes; the same where absent. */
  readonly rounding?: (of: ProductRounding) => ProductRounding;
  apply(multiply: Multiply, block: readonly Float64Array[]): Promise<Float64Array[]>;
}

/**
 * An operator that is made of one other's products, in both arithmetics alike. The members of the other are asked for
 * one by one: it may be of a class of its own.
 */
function made(
  operator: LinearOperator,
  { name, dimension = operator.dimension, rounding, apply }: Made,
): LinearOperator {
  const through = (multiply: Multiply) => (block: readonly Float64Array[]) => {
    requireBlock({ name, dimension }, block);
    return apply((vectors) => checkedProducts(operator, multiply, vectors), block);
  };
  return {
    name,
    dimension,
    symmetric: operator.symmetric,
    precision: operator.precision,
    preferredBlock: operator.preferredBlock,
    atOnce: operator.atOnce,
    apply: through(narrowProducts(operator)),
    wider: operator.wider && { apply: through(widerProducts(operator)) },
    rounding:
      operator.rounding &&
      (async () => {
        const found = (await operator.rounding?.()) ?? NONE;
        return rounding ? rounding(found) : found;
      }),
  };
}

const NONE: ProductRounding = { norm: 0, frobenius: 0, trace: 0 };

function sumOf(a: ProductRounding, b: ProductRounding): ProductRounding {
  return { norm: a.norm + b.norm, frobenius: a.frobenius + b.frobenius, trace: a.trace + b.trace };
}
