import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { copyTriangle } from "./triangle.ts";

describe("copyTriangle", () => {
  it.each([1, 2, 3, 8, 17])("updates and multiplies the leading triangle as the definition says, n = %i", (n) => {
    const random = createRandom(n);
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
    const given = [0, 1, 2].map(() => random.normalVector(n));
    for (const simd of [true, false]) {
      for (let m = 1; m <= n; m++) {
        const triangle = copyTriangle(a, n, 4, simd);
        given.forEach((vector, i) => triangle.vectors[i].set(vector));
        triangle.pass(m, 0, 1, 2, 3);
        const [u, q, v] = given;
        const updated = (i: number, j: number) => a[i * n + j] - u[i] * q[j] - q[i] * u[j];
        const stride = triangle.matrix.length / n;
        for (let i = 0; i < m; i++) {
          let product = 0;
          for (let j = 0; j < m; j++) product += updated(i, j) * v[j];
          expect(triangle.vectors[3][i]).toBeCloseTo(product, 12);
          for (let j = 0; j <= i; j++) expect(triangle.matrix[i * stride + j]).toBeCloseTo(updated(i, j), 13);
        }
        for (let i = m; i < n; i++)
          for (let j = 0; j <= i; j++) expect(triangle.matrix[i * stride + j]).toBe(a[i * n + j]);
      }
    }
  });
});
