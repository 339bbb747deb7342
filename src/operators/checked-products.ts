import { ThalwegError } from "../util/thalweg-error.ts";
import type { LinearOperator } from "./linear-operator.ts";

type Named = Pick<LinearOperator, "name" | "dimension">;

/** The memory that products came in: what is kept of earlier ones would be overwritten by later ones in the same. */
export class TakenMemory {
  private readonly places = new WeakMap<ArrayBufferLike, Set<number>>();

  /** Whether it was free. */
  take({ buffer, byteOffset }: Float64Array): boolean {
    const taken = this.places.get(buffer) ?? new Set();
    const isFree = !taken.has(byteOffset);
    this.places.set(buffer, taken.add(byteOffset));
    return isFree;
  }
}

/**
 * Products as an operator promises them: one for each vector, of its dimension, in an array of its own; the vectors stay
 * as they were. An operator of a program's own may do otherwise, and its numbers would be wrong in silence.
 *
 * @param taken where products came before that may still be in use
 * @throws usage error `dimension-mismatch` for vectors of another space; check error `bad-product`
 */
export async function checkedProducts(
  operator: Named,
  multiply: LinearOperator["apply"],
  block: readonly Float64Array[],
  taken = new TakenMemory(),
): Promise<Float64Array[]> {
  requireBlock(operator, block);
  const before = block.map(sumOf);
  const products: unknown = await multiply(block);
  if (!isListOfVectors(products)) throw badProduct(operator, "are no list of Float64Arrays");
  if (products.length !== block.length)
    throw badProduct(operator, `are ${products.length}, where ${block.length} vectors were multiplied`);
  const other = products.find(({ length }) => length !== operator.dimension);
  if (other) throw badProduct(operator, `have ${other.length} numbers, and its dimension is ${operator.dimension}`);
  if (products.some((product) => block.some((vector) => isInPlaceOf(vector, product)) || !taken.take(product)))
    throw badProduct(operator, "are not in new arrays");
  if (block.some((vector, j) => !Object.is(sumOf(vector), before[j])))
    throw badProduct(operator, "were made by writing into the vectors");
  return products;
}

/**
 * Stops at a block that cannot be multiplied: no list, or vectors of another space.
 *
 * @throws usage error `dimension-mismatch`
 */
export function requireBlock({ name, dimension }: Named, block: readonly Float64Array[]): void {
  const given: unknown = block;
  const isList = isListOfVectors(given);
  const other = isList ? given.find(({ length }) => length !== dimension) : undefined;
  if (isList && !other) return;
  throw new ThalwegError({
    kind: "usage",
    code: "dimension-mismatch",
    message: `${name} multiplies a list of Float64Arrays of ${dimension} numbers${other ? `, and one of them has ${other.length}` : ""}.`,
    hint: "Give a list also for one vector: apply([v]).",
  });
}

function isListOfVectors(given: unknown): given is Float64Array[] {
  return Array.isArray(given) && given.every((each) => each instanceof Float64Array);
}

function isInPlaceOf(vector: Float64Array, product: Float64Array): boolean {
  return product.buffer === vector.buffer && product.byteOffset === vector.byteOffset;
}

/** Steps of the golden section: the weights of no two places are the same. */
const GOLDEN = 0.618_033_988_749_894_9;

/** Changes with any number of the vector, and where two change places. */
function sumOf(vector: Float64Array): number {
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < vector.length; i++) {
    weight += GOLDEN;
    if (weight >= 1) weight--;
    sum += vector[i] * (0.5 + weight);
  }
  return sum;
}

function badProduct({ name }: Named, fault: string): ThalwegError {
  return new ThalwegError({
    kind: "check",
    code: "bad-product",
    message: `The products of ${name} ${fault}.`,
    hint: "Let apply return one new Float64Array for each vector, of as many numbers as the operator has dimensions, and leave the vectors as they are.",
  });
}
