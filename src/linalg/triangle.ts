import { kernelMemory, type Kernel } from "./kernel-memory.ts";

/**
 * A symmetric matrix, of which the lower triangle is kept, with room for vectors beside it, and the pass that
 * reduces it: A ← A − uqᵀ − quᵀ on the leading m × m triangle, and p ← A v with the new A, in one pass.
 */
export interface Triangle {
  /** n × n, row-major. */
  readonly matrix: Float64Array;
  /** Vectors of n elements, zero at first. */
  readonly vectors: readonly Float64Array[];
  /** u, q, v and p by their place among the vectors; p is another than the rest. */
  pass(m: number, u: number, q: number, v: number, p: number): void;
}

/** Works on two rows at a time; the first `count` elements of both, their sums with v into `coefficients`. */
type Rows = (first: number, second: number, count: number, places: readonly number[]) => void;

/** u₀ u₁ q₀ q₁ v₀ v₁, then s₀ s₁. */
const COEFFICIENTS = 8;

/** A copy of a matrix as a triangle, in WebAssembly memory where there is SIMD. */
export function copyTriangle(matrix: Float64Array, n: number, vectors: number, simd = true): Triangle {
  // Rows and vectors begin at even elements; behind the last row is one of zeros, the partner of a single row.
  const stride = n + (n % 2);
  const elements = COEFFICIENTS + (n + 1 + vectors) * stride;
  const memory = simd ? kernelMemory(8 * elements) : null;
  const all = memory ? new Float64Array(memory.buffer, 0, elements) : new Float64Array(elements);
  const rowsAt = COEFFICIENTS;
  const vectorsAt = rowsAt + (n + 1) * stride;
  const view = Array.from({ length: vectors }, (_, i) =>
    all.subarray(vectorsAt + i * stride, vectorsAt + i * stride + n),
  );
  for (let i = 0; i < n; i++) all.set(matrix.subarray(i * n, (i + 1) * n), rowsAt + i * stride);
  const rows = memory ? simdRows(memory.kernels.rank_two_rows) : plainRows(all);
  return {
    matrix: all.subarray(rowsAt, rowsAt + n * stride),
    vectors: view,
    pass(m, ...indices) {
      const places = indices.map((index) => vectorsAt + index * stride);
      const [u, q, v, p] = indices.map((index) => view[index]);
      p.fill(0, 0, m);
      for (let j = 0; j < m; j += 2) {
        const isPair = j + 1 < m;
        const first = rowsAt + j * stride;
        const second = isPair ? first + stride : rowsAt + n * stride;
        all[0] = u[j];
        all[1] = isPair ? u[j + 1] : 0;
        all[2] = q[j];
        all[3] = isPair ? q[j + 1] : 0;
        all[4] = v[j];
        all[5] = isPair ? v[j + 1] : 0;
        rows(first, second, j, places);
        const d0 = all[first + j] - 2 * u[j] * q[j];
        all[first + j] = d0;
        p[j] += all[6] + d0 * v[j];
        if (!isPair) continue;
        const cross = all[second + j] - (u[j + 1] * q[j] + q[j + 1] * u[j]);
        const d1 = all[second + j + 1] - 2 * u[j + 1] * q[j + 1];
        all[second + j] = cross;
        all[second + j + 1] = d1;
        p[j] += cross * v[j + 1];
        p[j + 1] += all[7] + cross * v[j] + d1 * v[j + 1];
      }
    },
  };
}

function simdRows(kernel: Kernel): Rows {
  return (first, second, count, [u, q, v, p]) => kernel(8 * first, 8 * second, count, 8 * u, 8 * q, 8 * v, 8 * p, 0);
}

function plainRows(all: Float64Array): Rows {
  return (first, second, count, [u, q, v, p]) => {
    const [u0, u1, q0, q1, v0, v1] = all;
    let s0 = 0;
    let s1 = 0;
    for (let k = 0; k < count; k++) {
      const uk = all[u + k];
      const qk = all[q + k];
      const vk = all[v + k];
      const a0 = all[first + k] - (u0 * qk + q0 * uk);
      const a1 = all[second + k] - (u1 * qk + q1 * uk);
      all[first + k] = a0;
      all[second + k] = a1;
      s0 += a0 * vk;
      s1 += a1 * vk;
      all[p + k] += a0 * v0 + a1 * v1;
    }
    all[6] = s0;
    all[7] = s1;
  };
}
