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
  const sums = new Float64Array(16);
  // Four rows by four columns at a time stay in registers; what is beyond the last is the last again, and not kept.
  for (let i = 0; i < rows; i += 4) {
    const i0 = i * inner;
    const i1 = Math.min(i + 1, rows - 1) * inner;
    const i2 = Math.min(i + 2, rows - 1) * inner;
    const i3 = Math.min(i + 3, rows - 1) * inner;
    for (let j = 0; j < columns; j += 4) {
      const j0 = j * inner;
      const j1 = Math.min(j + 1, columns - 1) * inner;
      const j2 = Math.min(j + 2, columns - 1) * inner;
      const j3 = Math.min(j + 3, columns - 1) * inner;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      let s20 = 0;
      let s21 = 0;
      let s22 = 0;
      let s23 = 0;
      let s30 = 0;
      let s31 = 0;
      let s32 = 0;
      let s33 = 0;
      for (let k = 0; k < inner; k++) {
        const b0 = b[j0 + k];
        const b1 = b[j1 + k];
        const b2 = b[j2 + k];
        const b3 = b[j3 + k];
        let x = a[i0 + k];
        s00 += x * b0;
        s01 += x * b1;
        s02 += x * b2;
        s03 += x * b3;
        x = a[i1 + k];
        s10 += x * b0;
        s11 += x * b1;
        s12 += x * b2;
        s13 += x * b3;
        x = a[i2 + k];
        s20 += x * b0;
        s21 += x * b1;
        s22 += x * b2;
        s23 += x * b3;
        x = a[i3 + k];
        s30 += x * b0;
        s31 += x * b1;
        s32 += x * b2;
        s33 += x * b3;
      }
      sums.set([s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33]);
      for (let r = 0; r < 4 && i + r < rows; r++)
        for (let c = 0; c < 4 && j + c < columns; c++) product[(i + r) * columns + j + c] = sums[4 * r + c];
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
