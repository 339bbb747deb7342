/**
 * A · Bᵀ of two matrices whose rows have the same length.
 *
 * @param a rows × inner, row-major
 * @param b columns × inner, row-major
 *
 * @example
 * timesTransposed(Float64Array.of(1, 2), Float64Array.of(3, 4), 2); // Float64Array [11]
 */
export function timesTransposed(a: Float64Array, b: Float64Array, inner: number): Float64Array {
  const rows = inner === 0 ? 0 : a.length / inner;
  const columns = inner === 0 ? 0 : b.length / inner;
  const product = new Float64Array(rows * columns);
  // Two rows by four columns at a time stay in registers.
  for (let i = 0; i < rows; i += 2) {
    const second = Math.min(i + 1, rows - 1) * inner;
    const first = i * inner;
    for (let j = 0; j < columns; j += 4) {
      const j0 = j * inner;
      const j1 = Math.min(j + 1, columns - 1) * inner;
      const j2 = Math.min(j + 2, columns - 1) * inner;
      const j3 = Math.min(j + 3, columns - 1) * inner;
      let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let k = 0; k < inner; k++) {
        const x = a[first + k];
        const y = a[second + k];
        const [b0, b1, b2, b3] = [b[j0 + k], b[j1 + k], b[j2 + k], b[j3 + k]];
        s0 += x * b0;
        s1 += x * b1;
        s2 += x * b2;
        s3 += x * b3;
        t0 += y * b0;
        t1 += y * b1;
        t2 += y * b2;
        t3 += y * b3;
      }
      const put = (row: number, sums: readonly number[]) => {
        for (let k = 0; k < 4 && j + k < columns; k++) product[row * columns + j + k] = sums[k];
      };
      put(i, [s0, s1, s2, s3]);
      if (i + 1 < rows) put(i + 1, [t0, t1, t2, t3]);
    }
  }
  return product;
}

/**
 * The transpose of a square matrix.
 *
 * @example
 * transposed(Float64Array.of(1, 2, 3, 4), 2); // Float64Array [1, 3, 2, 4]
 */
export function transposed(matrix: Float64Array, n: number): Float64Array {
  const turned = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) turned[j * n + i] = matrix[i * n + j];
  return turned;
}

/** The unit matrix. */
export function identityMatrix(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}

/** ‖A‖, the root of the sum of squares. */
export function frobeniusLength(matrix: Float64Array): number {
  return Math.sqrt(matrix.reduce((sum, x) => sum + x * x, 0));
}

/**
 * The inverse of a square matrix by Gauss–Jordan elimination with partial pivoting; undefined where a pivot is 0 to
 * rounding. Cost: 2 n³ flops.
 *
 * @example
 * inverseOf(Float64Array.of(2, 0, 0, 4), 2); // Float64Array [0.5, 0, 0, 0.25]
 */
export function inverseOf(matrix: Float64Array, n: number): Float64Array | undefined {
  const a = Float64Array.from(matrix);
  const inverse = identityMatrix(n);
  const largest = matrix.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const swap = (m: Float64Array, i: number, j: number) => {
    const row = m.slice(i * n, (i + 1) * n);
    m.copyWithin(i * n, j * n, (j + 1) * n);
    m.set(row, j * n);
  };
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
    if (!(Math.abs(a[pivot * n + k]) > n * Number.EPSILON * largest)) return undefined;
    if (pivot !== k) {
      swap(a, k, pivot);
      swap(inverse, k, pivot);
    }
    const factor = 1 / a[k * n + k];
    for (let j = 0; j < n; j++) {
      a[k * n + j] *= factor;
      inverse[k * n + j] *= factor;
    }
    for (let i = 0; i < n; i++) {
      const times = a[i * n + k];
      if (i === k || times === 0) continue;
      for (let j = k; j < n; j++) a[i * n + j] -= times * a[k * n + j];
      for (let j = 0; j < n; j++) inverse[i * n + j] -= times * inverse[k * n + j];
    }
  }
  return inverse;
}
