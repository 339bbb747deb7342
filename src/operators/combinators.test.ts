import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { thinQr } from "../linalg/thin-qr.ts";
import { dot } from "../linalg/vector.ts";
import { deflatedOperator, scaleOperator, shiftOperator, subBlockOperator, sumOperator } from "./combinators.ts";
import { denseOperator, diagonalOperator } from "./dense-operator.ts";
import { triangleOperator } from "./triangle-operator.ts";

function columnsOf(n: number): Float64Array[] {
  return Array.from({ length: n }, (_, j) => Float64Array.from({ length: n }, (_unused, i) => (i === j ? 1 : 0)));
}

describe("operator combinators", () => {
  it("agree with the dense algebra", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.nat(), async (n, seed) => {
        const random = createRandom(seed);
        const a = random.normalVector(n * n);
        const d = random.normalVector(n);
        const combined = sumOperator([scaleOperator(denseOperator(a, n), 2), shiftOperator(diagonalOperator(d), 3)]);
        const columns = await combined.apply(columnsOf(n));
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++)
            expect(columns[j][i]).toBeCloseTo(2 * a[i * n + j] + (i === j ? d[i] + 3 : 0), 12);
        const half = Math.floor(n / 2);
        const block = subBlockOperator(combined, [
          { offset: half, length: n - half },
          { offset: 0, length: half },
        ]);
        const order = Array.from({ length: n }, (_, i) => (i + half) % n);
        const shuffled = await block.apply(columnsOf(n));
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++) expect(shuffled[j][i]).toBe(columns[order[j]][order[i]]);
      }),
    );
  });

  it("without what is known of it, the rest has the rest of the trace", async () => {
    const n = 6;
    const random = createRandom(4);
    const a = random.normalVector(n * n);
    const { q } = thinQr([random.normalVector(n), random.normalVector(n)]);
    const whole = denseOperator(a, n);
    const rest = await deflatedOperator(whole, q).apply(columnsOf(n));
    const images = await whole.apply(q);
    const known = q.reduce((sum, v, i) => sum + dot(v, images[i]), 0);
    const trace = (columns: readonly Float64Array[]) => columns.reduce((sum, column, i) => sum + column[i], 0);
    expect(trace(rest)).toBeCloseTo(trace(await whole.apply(columnsOf(n))) - known, 12);
    for (const column of rest) for (const v of q) expect(dot(v, column)).toBeCloseTo(0, 12);
  });

  it("leave their inputs as they are and say what they are", async () => {
    const v = Float64Array.of(1, 2);
    const operator = shiftOperator(denseOperator(Float64Array.of(0, 1, 1, 0), 2, "A"), 1);
    await operator.apply([v]);
    expect(Array.from(v)).toEqual([1, 2]);
    expect(operator.symmetric).toBe(true);
    expect(operator.name).toBe("A + 1 I");
    expect(denseOperator(Float64Array.of(0, 1, 2, 0), 2).symmetric).toBe(false);
  });

  it("refuse what does not fit", () => {
    const small = diagonalOperator(new Float64Array(2));
    expect(() => sumOperator([small, diagonalOperator(new Float64Array(3))])).toThrow(/cannot be added/);
    expect(() => sumOperator([])).toThrow(/at least one/);
    expect(() => subBlockOperator(small, [{ offset: 1, length: 2 }])).toThrow(/among the 2/);
    expect(() => subBlockOperator(small, [{ offset: 0.5, length: 1 }])).toThrow(/offset of the element 0 .* is 0.5/);
    expect(() => subBlockOperator(small, [{ offset: 0, length: Number.NaN }])).toThrow(/length of the element 0/);
    expect(() => subBlockOperator(small, [{ offset: 0, length: 0 }])).toThrow(/no coordinate/);
    const twice = [
      { offset: 1, length: 1 },
      { offset: 0, length: 2 },
    ];
    expect(() => subBlockOperator(small, twice)).toThrow(/Coordinate 1 of diagonal is in two/);
    expect(() => denseOperator(new Float64Array(3), 2)).toThrow(/4 elements/);
  });
});

it.each([1, 5, 33, 70])(
  "some rows and columns of a symmetric matrix of %i rows are multiplied as a matrix",
  async (n) => {
    const random = createRandom(n);
    const a = random.normalVector(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
    const chosen = Uint32Array.from({ length: n }, (_, i) => i).filter((i) => i % 4 !== 1);
    const operator = triangleOperator(a, n, chosen, "rows");
    expect(operator.dimension).toBe(chosen.length);
    // Twice: nothing of the first is left in the second.
    for (const columns of [columnsOf(chosen.length), columnsOf(chosen.length).toReversed()]) {
      const images = await operator.apply(columns);
      images.forEach((image, k) =>
        expect([...image]).toEqual([...chosen].map((row) => a[row * n + chosen[columns[k].indexOf(1)]])),
      );
    }
  },
);
