import { expect, test } from "vitest";
import { Graph } from "../graph/graph.ts";
import { reachable } from "../graph/traverse.ts";
import type { Value } from "../graph/value.ts";
import { sub } from "../ops/arithmetic.ts";
import { maxPool } from "../ops/pool.ts";
import { expand, reshape, transpose } from "../ops/structure.ts";
import { anchor } from "../ops/unary.ts";
import { roundValues } from "./round-values.ts";

const HANDED_ON: Readonly<Record<string, (x: Value) => Value>> = {
  anchor,
  expand: (x) => expand(x, [2, 1, 4, 4]),
  reshape: (x) => reshape(x, [4, 4]),
  transpose: (x) => transpose(x, [0, 1, 3, 2]),
  maxPool: (x) => maxPool(x, { kernel: [2, 2], strides: [2, 2], before: [0, 0], after: [0, 0], dilations: [1, 1] }),
};

// A second grain takes the first one back wherever their signs differ.
test.each(Object.entries(HANDED_ON))("what is only handed on (%s) is not rounded again", (_name, handOn) => {
  const graph = new Graph();
  const [x, y] = ["x", "y"].map((name) => graph.input(name, "float64", [1, 1, 4, 4]));
  const [moved] = roundValues([handOn(sub(x, y))], [x]);
  expect([...reachable([moved])].filter(({ operation }) => operation.name === "Mul").length).toBe(1);
});
