import { chosenRows } from "../linalg/lower-rows.ts";
import { copyTriangle } from "../linalg/triangle.ts";
import type { LinearOperator } from "./linear-operator.ts";

/**
 * The operator of some rows and columns of a symmetric matrix that is held in memory, row-major: a copy of their lower
 * triangle, so that a product reads each element once. Cost m² multiplications a product for m rows; 4 m² bytes.
 *
 * @param matrix n × n; only its lower triangle is read
 * @param chosen the rows and columns, ascending
 */
export function triangleOperator(matrix: Float64Array, n: number, chosen: Uint32Array, name: string): LinearOperator {
  const dimension = chosen.length;
  const triangle = copyTriangle(chosenRows(matrix, n, chosen), 1);
  const [vector, image] = triangle.putOff.pairs;
  return {
    dimension,
    symmetric: true,
    precision: "float64",
    preferredBlock: 1,
    name,
    apply: (block) =>
      Promise.resolve(
        block.map((v) => {
          vector.fill(0);
          vector.set(v);
          triangle.multiply(dimension, 0, 1);
          return image.slice(0, dimension);
        }),
      ),
  };
}
