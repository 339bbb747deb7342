import { expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { evaluate } from "../../test/support/run-values.ts";
import { createRandom } from "../random/random-stream.ts";
import { tensor } from "../util/tensor.ts";
import { innerProduct } from "./inner-product.ts";
import { mul } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { sumAll } from "./structure.ts";

const constants = (graph: Graph, dtype: "float32" | "float64", scale = 1) => {
  const random = createRandom(5);
  return (name: string, ...shape: number[]): Value => {
    const data = random.split(name).normalVector(shape.reduce((x, y) => x * y, 1));
    const values = data.map((x) => scale * x);
    return graph.constant(tensor(dtype, shape, dtype === "float32" ? Float32Array.from(values) : values));
  };
};

const sized = (values: readonly Value[]) =>
  Math.max(...reachable(values).map(({ shape }) => shape.reduce((x, y) => x * y, 1)));

async function numbers(precision: "float32" | "float64", ...values: Value[]): Promise<number[]> {
  const named = new Map(values.map((value, i) => [String(i), value]));
  const found = await evaluate(named, new Map(), { precision, portable: false });
  return values.map((_, i) => Number(found.get(String(i))?.data[0]));
}

it.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])("of two products is taken from their factors, transposed or not (%s, %s)", async (transposeA, transposeB) => {
  const graph = new Graph();
  const of = constants(graph, "float64");
  const product = (name: string, k: number) =>
    matmul(
      transposeA ? of(`${name}a`, k, 30) : of(`${name}a`, 30, k),
      transposeB ? of(`${name}b`, 40, k) : of(`${name}b`, k, 40),
      { transposeA, transposeB },
    );
  const [x, y] = [product("x", 2), product("y", 3)];
  const found = innerProduct(x, y);
  expect(sized([found])).toBeLessThan(30 * 40);
  const [one, other] = await numbers("float64", found, sumAll(mul(x, y)));
  expect(one).toBeCloseTo(other, 10);
});

it("forms the products where their factors are larger", () => {
  const graph = new Graph();
  const of = constants(graph, "float64");
  const x = matmul(of("a", 4, 50), of("b", 50, 5));
  expect(reachable([innerProduct(x, x)])).toContain(x);
});

it("does not leave the range of float32 where its value does not", async () => {
  const graph = new Graph();
  const small = constants(graph, "float32", 1e-24);
  const large = constants(graph, "float32", 1e12);
  const x = matmul(small("a", 30, 1), large("b", 1, 40));
  const [one, other] = await numbers("float32", innerProduct(x, x), sumAll(mul(x, x)));
  expect(one / other).toBeCloseTo(1, 5);
});
