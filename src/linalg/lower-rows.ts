import { decoupledBlocks } from "./decoupled-blocks.ts";

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

/** The blocks into which a symmetric matrix falls: plain data, of half the size of the matrix at most. */
export interface PackedBlocks {
  /** The rows and columns of each block, ascending. */
  readonly indices: readonly Uint32Array[];
  /** The rows of the lower triangle of each block, one after the other. */
  readonly elements: Float64Array;
}

/** @param matrix n × n, row-major, symmetric; only its lower triangle is read */
export function packBlocks(matrix: Float64Array, n: number): PackedBlocks {
  const indices = decoupledBlocks(matrix, n);
  const elements = new Float64Array(indices.reduce((sum, { length }) => sum + sizeOfTriangle(length), 0));
  let start = 0;
  for (const block of indices) {
    const rows = chosenRows(matrix, n, block);
    for (let i = 0; i < block.length; i++) rows.copyRow(i, elements, start + sizeOfTriangle(i));
    start += sizeOfTriangle(block.length);
  }
  return { indices, elements };
}

/** The rows of each of the blocks. */
export function packedRows({ indices, elements }: PackedBlocks): LowerRows[] {
  let end = 0;
  return indices.map(({ length: dimension }) => {
    const start = end;
    end += sizeOfTriangle(dimension);
    return {
      dimension,
      copyRow(i, to, place) {
        const from = start + sizeOfTriangle(i);
        to.set(elements.subarray(from, from + i + 1), place);
      },
    };
  });
}

/** Elements of so many rows. */
function sizeOfTriangle(rows: number): number {
  return (rows * (rows + 1)) / 2;
}
