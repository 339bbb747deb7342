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
  const runs = consecutive(chosen);
  return {
    dimension,
    copyRow(i, to, place) {
      const row = chosen[i] * n;
      for (const [at, length] of runs) {
        if (at > i) break;
        const count = Math.min(length, i + 1 - at);
        const from = row + chosen[at];
        if (count >= BY_RUNS) to.set(matrix.subarray(from, from + count), place + at);
        else for (let j = 0; j < count; j++) to[place + at + j] = matrix[from + j];
      }
    },
  };
}

/** From this length on, a view of a run costs less than its elements one by one. */
const BY_RUNS = 16;

/** Where runs of numbers that follow one another begin, and how long they are. */
export function consecutive(numbers: Uint32Array): [at: number, length: number][] {
  const runs: [number, number][] = [];
  for (let at = 0, end = 1; at < numbers.length; at = end++) {
    while (end < numbers.length && numbers[end] === numbers[end - 1] + 1) end++;
    runs.push([at, end - at]);
  }
  return runs;
}
