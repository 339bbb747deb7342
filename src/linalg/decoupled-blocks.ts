/**
 * The blocks into which a symmetric matrix falls: index sets, ascending, between which every element is zero.
 * A row of zeros is a block of its own. Cost: each row is read once at most, and stops at the indices reached.
 *
 * @param matrix n × n, row-major, symmetric
 *
 * @example
 * decoupledBlocks(Float64Array.of(1, 0, 2, 0, 0, 0, 2, 0, 1), 3); // [0, 2] and [1]
 */
export function decoupledBlocks(matrix: Float64Array, n: number): Uint32Array[] {
  const blocks: Uint32Array[] = [];
  let left = Uint32Array.from({ length: n }, (_, i) => i);
  while (left.length > 0) {
    const reached = [left[0]];
    left = left.subarray(1);
    for (let at = 0; at < reached.length && left.length > 0; at++) {
      const row = reached[at] * n;
      let count = 0;
      for (let i = 0; i < left.length; i++) {
        const j = left[i];
        if (matrix[row + j] !== 0) reached.push(j);
        else left[count++] = j;
      }
      left = left.subarray(0, count);
    }
    blocks.push(Uint32Array.from(reached).sort());
  }
  return blocks;
}
