import { expect, test } from "vitest";
import { evaluate } from "../../test/support/run-values.ts";
import { Graph } from "../graph/graph.ts";
import { add, mul, sub } from "../ops/arithmetic.ts";

test.each([2 ** -52, 1e-12, 1e-9, 3e-8])("a float64 factor of 1 + %d is no 1", async (beyond) => {
  const graph = new Graph();
  const x = graph.input("x", "float64", [2]);
  const found = await evaluate(
    new Map([["y", sub(mul(add(x, x), 1 + beyond), x)]]),
    new Map([["x", { dtype: "float64", shape: [2], data: Float64Array.of(1, 2) }]]),
  );
  expect(found.get("y")?.data).toEqual(Float64Array.of(2 * (1 + beyond) - 1, 4 * (1 + beyond) - 2));
});
