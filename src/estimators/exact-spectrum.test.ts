import { describe, expect, it } from "vitest";
import { roundedToFloat32 } from "../../test/support/prescribed-spectrum.ts";
import { norm2 } from "../linalg/vector.ts";
import { denseOperator } from "../operators/dense-operator.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { denseMatrix, denseMatrixInTime } from "./exact-spectrum.ts";
import { countProducts } from "./products.ts";

const N = 560;
const BLOCK = { start: 40, size: 300, products: 30 };
const isZero = (i: number) => i % 9 === 2;
const NOT_ZERO = Array.from({ length: N }, (_, i) => i).filter((i) => !isZero(i));
const isInBlock = (i: number) => i >= BLOCK.start && i < BLOCK.start + BLOCK.size;

function symmetric(): Float64Array {
  const matrix = createRandom(3).normalVector(N * N);
  for (let i = 0; i < N; i++)
    for (let j = 0; j <= i; j++) matrix[i * N + j] = matrix[j * N + i] = isZero(i) || isZero(j) ? 0 : matrix[i * N + j];
  return matrix;
}

/** With its block by the way, each element changed by `change`. */
function withBlock(matrix: Float64Array, change: (x: number, i: number, j: number) => number): LinearOperator {
  const { start, size } = BLOCK;
  const addTo = (rows: readonly Float64Array[]) => {
    rows.forEach((row, i) => {
      for (let j = 0; j < size; j++) row[j] += change(matrix[(start + i) * N + start + j], i, j);
    });
    return Promise.resolve();
  };
  return { ...denseOperator(matrix, N), diagonalBlock: () => ({ ...BLOCK, addTo }) };
}

const outside = NOT_ZERO.filter((i) => !isInBlock(i)).length;

describe("a diagonal block that is had for less", () => {
  it("takes the place of its columns; zero rows take no product inside of it or outside", async () => {
    const truth = symmetric();
    const products = countProducts(
      withBlock(truth, (x) => x),
      {},
    );
    const { matrix, asymmetry } = await denseMatrix(products, "test");
    expect(matrix).toEqual(truth);
    expect(products.count()).toBe(2 + outside + BLOCK.products);
    expect(asymmetry).toBeLessThan(1e-13);
  });

  it.each([
    ["one element", (x: number, i: number, j: number) => (i === 7 && j === 9 ? x + 1e-4 : x)],
    ["its size", (x: number) => 1.000001 * x],
    ["its order", (_: number, i: number, j: number) => Math.sin(i) * Math.sin(j)],
    ["everything", () => 0],
  ])("is dropped where products tell that it is wrong in %s", async (_, change) => {
    const truth = symmetric();
    const products = countProducts(withBlock(truth, change), {});
    const { matrix, asymmetry } = await denseMatrix(products, "test");
    expect(matrix).toEqual(truth);
    expect(products.count()).toBe(2 + NOT_ZERO.length + BLOCK.products);
    expect(asymmetry).toBe(0);
  });

  it("counts in the asymmetry with what it is off by", async () => {
    const truth = symmetric();
    const wobble = createRandom(8).normalVector(BLOCK.size ** 2);
    const off = (x: number, i: number, j: number) =>
      x * (1 + 1e-6 * wobble[Math.min(i, j) * BLOCK.size + Math.max(i, j)]);
    const operator = roundedToFloat32(withBlock(truth, off));
    const { matrix, asymmetry } = await denseMatrix(countProducts(operator, {}), "test");
    const error = norm2(matrix.map((x, at) => x - truth[at])) / norm2(truth);
    expect(error).toBeGreaterThan(2e-7);
    expect(asymmetry).toBeGreaterThan(error / 2);
    expect(asymmetry).toBeLessThan(2 * error);
  });

  it("ends with the time", async () => {
    const context = { outOfTime: () => true };
    const products = countProducts(
      withBlock(symmetric(), (x) => x),
      context,
    );
    expect(await denseMatrixInTime(products, "test")).toBeUndefined();
    expect(products.count()).toBe(0);
  });
});
