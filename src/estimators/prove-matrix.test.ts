import { describe, expect, test } from "vitest";
import { createRandom } from "../random/random-stream.ts";
import { proveMatrix } from "./prove-matrix.ts";

const DIMENSION = 40;
const random = createRandom(5);

function symmetric(): Float64Array {
  const matrix = new Float64Array(DIMENSION ** 2);
  const draws = random.split("matrix").normalVector(matrix.length);
  for (let i = 0; i < DIMENSION; i++)
    for (let j = 0; j <= i; j++) matrix[i * DIMENSION + j] = matrix[j * DIMENSION + i] = draws[i * DIMENSION + j];
  return matrix;
}

function times(matrix: Float64Array, vector: Float64Array, noise = 0): Float64Array {
  const errors = random.split(`noise ${vector[0]}`).normalVector(DIMENSION);
  return Float64Array.from({ length: DIMENSION }, (_, i) =>
    vector.reduce((sum, x, j) => sum + matrix[i * DIMENSION + j] * x, noise * errors[i]),
  );
}

const operator = (matrix: Float64Array, noise = 0) => ({
  dimension: DIMENSION,
  apply: (block: readonly Float64Array[]) => Promise.resolve(block.map((vector) => times(matrix, vector, noise))),
});

const matrix = symmetric();

test("a matrix is its products up to rounding", async () => {
  const { measured, limit } = await proveMatrix(operator(matrix), matrix, 1e-12, random);
  expect(measured).toBeLessThan(1e-14);
  expect(limit).toBeGreaterThan(measured);
});

test.each([
  ["one column that is 0.1 % too large", (m: Float64Array) => m.map((x, at) => (at % DIMENSION === 7 ? 1.001 * x : x))],
  [
    "two columns in each other's place",
    (m: Float64Array) => m.map((x, at) => (at % DIMENSION === 3 ? m[at + 1] : at % DIMENSION === 4 ? m[at - 1] : x)),
  ],
  ["a matrix that is 1 % too large, and symmetric", (m: Float64Array) => m.map((x) => 1.01 * x)],
])("%s", async (_what, spoil) => {
  const { measured, limit } = await proveMatrix(operator(matrix), spoil(matrix), 1e-12, random);
  expect(measured).toBeGreaterThan(10 * limit);
});

test("rounding beyond what is known of it is measured, and still tells a wrong matrix", async () => {
  const noisy = operator(matrix, 1e-6);
  const right = await proveMatrix(noisy, matrix, 1e-12, random);
  expect(right.measured).toBeGreaterThan(1e-9);
  expect(right.measured).toBeLessThan(right.limit);
  const wrong = await proveMatrix(
    noisy,
    matrix.map((x) => 1.01 * x),
    1e-12,
    random,
  );
  expect(wrong.measured).toBeGreaterThan(wrong.limit);
});

test("the zero matrix", async () => {
  const zero = new Float64Array(DIMENSION ** 2);
  expect(await proveMatrix(operator(zero), zero, 0, random)).toEqual({ measured: 0, limit: 0 });
});

describe("beside wider arithmetic", () => {
  /** Products whose seventh column is rounded: by a share of it. */
  const rounded = (share: number) => {
    const coarse = matrix.slice();
    coarse[7 * DIMENSION + 7] += share * 40;
    const product = (vector: Float64Array) =>
      times(vector.filter((x) => x !== 0).length === 1 ? coarse : matrix, vector, 1e-12);
    return {
      dimension: DIMENSION,
      apply: (block: readonly Float64Array[]) => Promise.resolve(block.map(product)),
      wider: { apply: (block: readonly Float64Array[]) => Promise.resolve(block.map((each) => times(matrix, each))) },
    };
  };
  const columns = async ({ apply }: ReturnType<typeof rounded>) => {
    const units = Array.from({ length: DIMENSION }, (_, i) => new Float64Array(DIMENSION).fill(1, i, i + 1));
    return Float64Array.from((await apply(units)).flatMap((column) => [...column]));
  };

  test("a column that is rounded more than random products are is rounded", async () => {
    const { measured, limit } = await proveMatrix(rounded(1e-5), await columns(rounded(1e-5)), 1e-12, random);
    expect(measured).toBeGreaterThan(1e-6);
    expect(measured).toBeLessThan(limit);
    expect(limit).toBeLessThan(1e-3);
  });

  test("a column that no product gives, and one that is no rounding, are found", async () => {
    const spoiled = await columns(rounded(1e-5));
    spoiled[7 * DIMENSION + 7] += 0.01;
    for (const [operated, made] of [
      [rounded(1e-5), spoiled],
      [rounded(0.1), await columns(rounded(0.1))],
    ] as const) {
      const { measured, limit } = await proveMatrix(operated, made, 1e-12, random);
      expect(measured).toBeGreaterThan(10 * limit);
    }
  });
});
