import { orthogonalize } from "../linalg/multi-vector.ts";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { dot, norm2 } from "../linalg/vector.ts";
import type { LinearOperator, ProductRounding } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { maxOf } from "../util/extremes.ts";

/** Random vectors that are compared. */
const VECTORS = 3;

/** Steps of the Krylov space of the error. */
const STEPS = 4;

/** Products of both arithmetics that it takes. */
export const PRODUCTS_OF_ROUNDING = VECTORS + 2 + (STEPS - 1);

/** What so few vectors show of a norm may be a third of it. */
const SAFETY = 3;

/**
 * ΔA = fl(A) − A from products with the same orthonormal vectors V in both arithmetics: random ones z; then Az, where
 * an error that is a share of A shows; then a few steps of the Krylov space of ΔA, which find an error that sits in
 * few directions.
 *
 *   ‖ΔA‖₂ ≤ 3 σmax(ΔA V),   ‖ΔA‖F² ≤ 9 n mean ‖ΔA z‖²,   |tr ΔA| ≤ |n mean zᵀΔA z| + 3 √(2/k) ‖ΔA‖F
 *
 * (the variance of n zᵀΔA z is 2‖ΔA‖F² at most; the norm bounds the two others from below, ‖ΔA‖F ≥ ‖ΔA‖₂).
 *
 * Cost: eight products of both.
 */
export async function measureRounding(
  narrow: LinearOperator["apply"],
  wide: LinearOperator["apply"],
  dimension: number,
  random: RandomStream,
): Promise<ProductRounding> {
  const basis: Float64Array[] = [];
  const errors: Float64Array[] = [];
  /** Compares the products with the part of these vectors that is new. */
  const compare = async (vectors: readonly Float64Array[]): Promise<Float64Array[]> => {
    const block: Float64Array[] = [];
    for (const vector of vectors) {
      const part = vector.slice();
      orthogonalize([...basis, ...block], part);
      const length = norm2(part);
      // What is left of a vector of the span is rounding.
      if (length > 1e-8 * norm2(vector)) block.push(part.map((x) => x / length));
    }
    if (block.length === 0) return [];
    const images = await wide(block);
    const rounded = await narrow(block);
    for (const each of block) basis.push(each);
    for (const each of images.map((image, j) => rounded[j].map((x, i) => x - image[i]))) errors.push(each);
    return images;
  };
  const z = Array.from({ length: VECTORS }, (_, i) => random.split(`${i}`).normalVector(dimension));
  const images = await compare(z);
  const count = images.length;
  const lengths = errors.map(norm2);
  const along = errors.reduce((sum, error, i) => sum + dot(basis[i], error), 0);
  const longest = errors[lengths.indexOf(maxOf(lengths))];
  await compare([images[0], longest]);
  for (let step = 1; step < STEPS && basis.length < dimension; step++) await compare(errors.slice(-1));
  const norm = SAFETY * largestSingularValue(errors);
  const meanSquare = lengths.reduce((sum, x) => sum + x * x, 0) / count;
  const frobenius = Math.max(norm, SAFETY * Math.sqrt(dimension * meanSquare));
  const trace = Math.abs((dimension * along) / count) + 3 * Math.sqrt(2 / count) * frobenius;
  return { norm, frobenius, trace };
}

/** Of the matrix with these columns. */
function largestSingularValue(columns: readonly Float64Array[]): number {
  const k = columns.length;
  const gram = new Float64Array(k * k);
  // Scaled, as squares of small errors leave the range of numbers.
  const size = maxOf(columns.map(norm2));
  if (size === 0) return 0;
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) gram[i * k + j] = dot(columns[i], columns[j]) / size / size;
  return size * Math.sqrt(symmetricEigen(gram, k, false).values[k - 1]);
}
