import { describe, expect, it } from "vitest";
import { ekfac, gaussNewtonDiagonal, kfac } from "../src/library/layered-matrices.ts";
import type { LinearOperator } from "../src/operators/linear-operator.ts";
import { gaussNewtonProduct } from "../src/problem/derivatives/gauss-newton.ts";
import type { Point } from "../src/problem/point.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { openedNets } from "./support/open-net.ts";
import { norm, distance } from "./support/numbers.ts";

/* K-FAC, EKFAC and the diagonal against the Gauss–Newton matrix, column by column, in float64. */

const open = openedNets();
const random = createRandom(5);

function examples(count: number, inputs: readonly number[], outputs: number) {
  const draw = (shape: readonly number[], label: string) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return { dtype: "float64" as const, shape, data: random.split(label).normalVector(size).map(Math.fround) };
  };
  return { x: draw([count, ...inputs], "x"), y: draw([count, outputs], "y") };
}

async function columnsOf({ apply, dimension }: Pick<LinearOperator, "apply" | "dimension">): Promise<Float64Array[]> {
  return apply(
    Array.from({ length: dimension }, (_, i) => Float64Array.from({ length: dimension }, (_, j) => Number(i === j))),
  );
}

const exactly = (point: Point) =>
  columnsOf({ dimension: point.dimension, apply: (block) => point.product(gaussNewtonProduct, block) });

const square = (columns: readonly Float64Array[], other?: readonly Float64Array[]) =>
  Math.hypot(...columns.map((column, i) => (other ? distance(column, other[i]) : norm(column))));

describe("the Gauss–Newton matrix by layers", () => {
  it.each([
    ["mlp:3-4-2:tanh", [3]],
    ["mlp:3-4-4-2:relu", [3]],
  ] as const)("has the diagonal of its columns, of %s", async (net, inputs) => {
    const { point } = open(net, examples(6, inputs, 2));
    const columns = await exactly(point);
    const diagonal = await gaussNewtonDiagonal(point);
    const truth = Float64Array.from(columns, (column, i) => column[i]);
    expect(distance(diagonal, truth)).toBeLessThan(1e-13 * norm(truth));
  });

  it("is K-FAC and EKFAC themselves where blocks are Kronecker products, and its inverse is one", async () => {
    const { point } = open("deep-linear:4-3-5-2", examples(7, [4], 2));
    const columns = await exactly(point);
    for (const matrix of [await kfac(point), await ekfac(point)]) {
      const own = await columnsOf(matrix);
      for (const [i, column] of columns.entries())
        for (const at of columns.keys()) if (own[i][at] !== 0) expect(own[i][at]).toBeCloseTo(column[at], 11);
      const inverse = matrix.inverse(0.1);
      const back = await inverse.apply(own.map((column, i) => column.map((x, j) => x + (i === j ? 0.1 : 0))));
      back.forEach((column, i) => column.forEach((x, j) => expect(x).toBeCloseTo(Number(i === j), 12)));
    }
  });

  it("has EKFAC nearer than K-FAC, with the exact trace of every block", async () => {
    const { point } = open("mlp:3-5-4-2:tanh", examples(9, [3], 2));
    const columns = await exactly(point);
    const [ofKfac, ofEkfac] = [await columnsOf(await kfac(point)), await columnsOf(await ekfac(point))];
    const trace = (matrix: readonly Float64Array[]) => matrix.reduce((sum, column, i) => sum + column[i], 0);
    expect(square(ofEkfac, columns)).toBeLessThan(square(ofKfac, columns));
    expect(Math.abs(trace(ofEkfac) - trace(columns))).toBeLessThan(1e-12 * trace(columns));
    // The nearest matrix of its kind: what is left over is orthogonal to it.
    const inner = columns.reduce(
      (sum, column, i) => sum + column.reduce((part, x, j) => part + (x - ofEkfac[i][j]) * ofEkfac[i][j], 0),
      0,
    );
    expect(Math.abs(inner)).toBeLessThan(1e-12 * square(columns) ** 2);
  });
});
