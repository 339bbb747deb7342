import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { chosenRows } from "./lower-rows.ts";
import { ROWS } from "./put-off-updates.ts";
import { copyTriangle } from "./triangle.ts";

describe("copyTriangle", () => {
  it.each([1, 2, 3, 8, 17, 40])("updates and multiplies the leading triangle as the definition says, n = %i", (n) => {
    const random = createRandom(n);
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
    const chosen = Uint32Array.from({ length: n }, (_, i) => i).filter((i) => i % 3 !== 1);
    const m = chosen.length;
    const given = Array.from({ length: 6 }, (_, i) => random.split(String(i)).normalVector(m));
    const original = (i: number, j: number) => a[chosen[i] * n + chosen[j]];
    const updated = (i: number, j: number, count: number) => {
      let sum = original(i, j);
      for (let s = 0; s < count; s++)
        sum -= given[2 * s][i] * given[2 * s + 1][j] + given[2 * s + 1][i] * given[2 * s][j];
      return sum;
    };
    for (const simd of [true, false]) {
      for (const count of [0, 1, 2]) {
        const fresh = () => {
          const triangle = copyTriangle(chosenRows(a, n, chosen), 3, simd);
          given.slice(0, 2 * count).forEach((vector, i) => triangle.putOff.pairs[i].set(vector));
          return triangle;
        };
        for (let length = 1; length <= m; length++) {
          const triangle = fresh();
          const u = given[4].subarray(0, length);
          triangle.putOff.pairs[2 * count].set(u);
          triangle.multiply(length, count, 1);
          for (let i = 0; i < length; i++) {
            const product = u.reduce((sum, x, j) => sum + updated(i, j, count) * x, 0);
            expect(triangle.putOff.pairs[2 * count + 1][i]).toBeCloseTo(product, 11);
          }
          triangle.putOff.updateRow(triangle.rowAt(length - 1), length - 1, count);
          for (let j = 0; j < length; j++)
            expect(triangle.row(length - 1)[j]).toBeCloseTo(updated(length - 1, j, count), 12);
        }
        for (let length = 0; length <= m; length += ROWS) {
          const triangle = fresh();
          triangle.update(length, count);
          for (let i = 0; i < m; i++)
            for (let j = 0; j <= i; j++)
              expect(triangle.row(i)[j]).toBeCloseTo(i < length ? updated(i, j, count) : original(i, j), 12);
        }
      }
    }
  });
});
