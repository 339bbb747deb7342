/** The lower triangle of a symmetric matrix, to be read row by row. */
export interface LowerRows {
  readonly dimension: number;
  /** Copies row i, up to its diagonal, to a place of an array. */
  copyRow(i: number, to: Float64Array, place: number): void;
}

/**
 * Some rows and columns of a matrix, ascending.
 *
 * @param matrix n × n, row-major; only its lower triangle is read
 */
export function chosenRows(matrix: Float64Array, n: number, chosen: Uint32Array): LowerRows {
  const dimension = chosen.length;
  return {
    dimension,
    copyRow(i, to, place) {
      const from = chosen[i] * n;
      if (dimension === n) to.set(matrix.subarray(from, from + i + 1), place);
      else for (let j = 0; j <= i; j++) to[place + j] = matrix[from + chosen[j]];
    },
  };
}
