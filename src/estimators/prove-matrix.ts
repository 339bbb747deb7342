import { distance, norm2 } from "../linalg/vector.ts";
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

/** Columns of which it is asked whether they are rounded. */
const COLUMNS = 3;
/** The share of a column that rounding may be. */
const NEAR = 1e-3;

type Proven = Pick<LinearOperator, "apply" | "dimension" | "wider">;

/**
 * A symmetric matrix M that was made of blocks of products, against one product Av that was in no block, v a random unit
 * vector: a wrong column, or one in the place of another, is in Mv with probability 1. Where they differ by more than
 * rounding of a product of this size is known to leave, rounding is measured, as what is left of Av − A(v/2 + w) − A(v/2 − w)
 * for a random w of the length of v; where it is more, too, the columns
 * in which most of it lies are looked at in wider arithmetic. Cost: one product, and rarely three, or nine.
 *
 * @param rounding what rounding adds to a product with a random unit vector, as far as it is known: ‖ΔA‖_F/√n
 */
export async function proveMatrix(
  { apply, dimension, wider }: Proven,
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
  const shown = Math.max(rounding, MARGIN * left);
  const limit = error <= shown ? shown : shown + (await ofColumns());
  return { measured: error / scale, limit: limit / scale };

  /**
   * What rounding leaves of the columns in which most of the difference lies. Where all examples add the same to an element, as to
   * that of a bias, rounding goes one way at every step of the sum: such a column is further off than products with random vectors
   * show. It counts where the product is the column, again, and wider arithmetic is near it.
   */
  async function ofColumns(): Promise<number> {
    if (!wider) return 0;
    const off = image.map((x, i) => Math.abs(x - rowTimes(matrix, i, v)));
    const places = [...off.keys()].sort((a, b) => off[b] - off[a]).slice(0, COLUMNS);
    const units = places.map((place) => new Float64Array(dimension).fill(1, place, place + 1));
    const wide = await wider.apply(units);
    let explained = 0;
    for (const [k, place] of places.entries()) {
      const column = matrix.subarray(place * dimension, (place + 1) * dimension);
      const again = await multiply(units[k]);
      const rounded = distance(again, wide[k]);
      if (rounded > NEAR * norm2(wide[k]) || distance(column, again) > 2 * rounded) continue;
      explained += 2 * distance(column, wide[k]) * Math.abs(v[place]);
    }
    return explained;
  }
}

function rowTimes(matrix: Float64Array, row: number, vector: Float64Array): number {
  let sum = 0;
  const at = row * vector.length;
  for (let j = 0; j < vector.length; j++) sum += matrix[at + j] * vector[j];
  return sum;
}
