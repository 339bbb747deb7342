import { norm2 } from "../linalg/vector.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { RandomStream } from "../random/random-stream.ts";

/** How a matrix and a product of its own agree. */
export interface MatrixProof {
  /** ‖Av − Mv‖/‖Av‖. */
  readonly measured: number;
  /** The most that rounding makes of it; 1 or more says that nothing could be decided. */
  readonly limit: number;
}

/** How many times what additivity shows of rounding is still rounding: a matrix has met that of as many products as it has columns. */
const MARGIN = 16;

/**
 * A symmetric matrix M that was made of blocks of products, against one product Av that was in no block, v a random unit
 * vector: a wrong column, or one in the place of another, is in Mv with probability 1. Where they differ by more than
 * rounding of a product of this size is known to leave, rounding is measured, as what is left of Av − A(v/2 + w) − A(v/2 − w)
 * for a random w of the length of v. Cost: one product, and rarely three.
 *
 * @param rounding what rounding adds to a product with a random unit vector, as far as it is known: ‖ΔA‖_F/√n
 */
export async function proveMatrix(
  { apply, dimension }: Pick<LinearOperator, "apply" | "dimension">,
  matrix: Float64Array,
  rounding: number,
  random: RandomStream,
): Promise<MatrixProof> {
  const unit = (name: string) => {
    const vector = random.split(name).normalVector(dimension);
    const length = norm2(vector);
    return vector.map((x) => x / length);
  };
  const multiply = async (vector: Float64Array) => (await apply([vector]))[0];
  const v = unit("v");
  const image = await multiply(v);
  const error = norm2(image.map((x, i) => x - rowTimes(matrix, i, v)));
  const size = norm2(image);
  if (error === 0) return { measured: 0, limit: size > 0 ? rounding / size : 0 };
  if (error <= rounding) return { measured: error / Math.max(size, error), limit: rounding / Math.max(size, error) };
  const w = unit("w");
  const halves = [await multiply(v.map((x, i) => x / 2 + w[i])), await multiply(v.map((x, i) => x / 2 - w[i]))];
  const left = norm2(image.map((x, i) => x - halves[0][i] - halves[1][i]));
  const scale = Math.max(size, error);
  return { measured: error / scale, limit: Math.max(rounding, MARGIN * left) / scale };
}

function rowTimes(matrix: Float64Array, row: number, vector: Float64Array): number {
  let sum = 0;
  const at = row * vector.length;
  for (let j = 0; j < vector.length; j++) sum += matrix[at + j] * vector[j];
  return sum;
}
