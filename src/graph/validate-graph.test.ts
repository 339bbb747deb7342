import { describe, expect, it } from "vitest";
import { attributesOf } from "../../test/support/well-formed.ts";
import { add } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum, transpose } from "../ops/structure.ts";
import { tanh } from "../ops/unary.ts";
import { Graph } from "./graph.ts";
import { validateGraph, type GraphRule } from "./validate-graph.ts";
import type { Value } from "./value.ts";

/** A network of one layer and the value of each name on the way. */
function network(): { graph: Graph; x: Value; product: Value; layer: Value; sum: Value } {
  const graph = new Graph();
  const x = graph.input("x", "float32", [4, 3]);
  const product = matmul(x, graph.constant({ dtype: "float32", shape: [3, 2], data: new Float32Array(6) }));
  const layer = tanh(add(product, graph.input("b", "float32", [2])));
  return { graph, x, product, layer, sum: reduceSum(layer, [0]) };
}

/** Puts another node in the place of one, behind the back of the graph, and reads it with a tanh. */
function planted(graph: Graph, value: Value, changes: Partial<Value>): Value[] {
  const wrong: Value = { ...value, ...changes };
  graph.values[value.id] = wrong;
  const reader: Value = { ...tanhOf(wrong), inputs: [wrong] };
  graph.values[reader.id] = reader;
  return [reader];
}

function tanhOf(value: Value): Value {
  const { graph, dtype, shape } = value;
  return { ...tanh(graph.input("probe", "float32", [1])), dtype, shape };
}

const PLANTS: readonly (readonly [string, GraphRule, () => readonly Value[]])[] = [
  [
    "an operation that no registry has",
    "unknown-operation",
    () => {
      const { graph, layer } = network();
      return planted(graph, layer, { operation: { ...layer.operation, name: "Tanhh" } });
    },
  ],
  [
    "a value that is read before it is made",
    "order",
    () => {
      const { graph, layer, sum } = network();
      return planted(graph, layer, { inputs: [sum] });
    },
  ],
  [
    "a value of another graph",
    "foreign-value",
    () => {
      const { graph, layer } = network();
      return planted(graph, layer, { inputs: network().layer.inputs });
    },
  ],
  [
    "a value that was never put into the graph",
    "foreign-value",
    () => {
      const { layer } = network();
      return [tanh(layer)].map((value) => ({ ...value, inputs: [{ ...layer }] }));
    },
  ],
  [
    "a shape that the operation does not make",
    "type",
    () => {
      const { graph, product } = network();
      return planted(graph, product, { shape: [4, 5] });
    },
  ],
  [
    "an element type that the operation does not make",
    "type",
    () => {
      const { graph, product } = network();
      return planted(graph, product, { dtype: "float64" });
    },
  ],
  [
    "inputs that do not fit the operation",
    "inference",
    () => {
      const { graph, product, x } = network();
      return planted(graph, product, { inputs: [x, x] });
    },
  ],
  [
    "an extent below 0",
    "shape",
    () => {
      const { graph, x } = network();
      return planted(graph, x, { shape: [-1, 3] });
    },
  ],
  [
    "an extent that is no whole number",
    "shape",
    () => {
      const { graph, x } = network();
      return planted(graph, x, { shape: [1.5, 3] });
    },
  ],
  [
    "an attribute outside of its schema",
    "attributes",
    () => {
      const { graph, sum } = network();
      return planted(graph, sum, { operation: { ...sum.operation, attributes: { axes: [-1] } } });
    },
  ],
  [
    "an attribute that is missing",
    "attributes",
    () => {
      const { graph, product } = network();
      const { transposeA } = product.operation.attributes;
      return planted(graph, product, { operation: { ...product.operation, attributes: { transposeA } } });
    },
  ],
  [
    "an attribute that the operation does not have",
    "attributes",
    () => {
      const { graph, layer } = network();
      return planted(graph, layer, { operation: { ...layer.operation, attributes: { axis: 1 } } });
    },
  ],
  [
    "two equal nodes",
    "duplicate",
    () => {
      const { graph, layer, sum } = network();
      const twin: Value = { ...layer, id: graph.values.length };
      graph.values.push(twin);
      return [sum, twin];
    },
  ],
  [
    "an input of two types",
    "input-type",
    () => {
      const { graph, layer } = network();
      return [layer, graph.input("x", "float64", [4, 3])];
    },
  ],
  [
    "an input that nothing is fed to",
    "undeclared-input",
    () => {
      const { graph, layer } = network();
      return [layer, graph.input("dangling", "float32", [])];
    },
  ],
  [
    "a constant with too few elements",
    "constant",
    () => {
      const { graph, product } = network();
      const [, weight] = product.inputs;
      return planted(graph, weight, { shape: [3, 3] });
    },
  ],
  ["no outputs", "output", () => []],
  ["outputs of two graphs", "output", () => [network().layer, network().layer]],
];

describe("a validator of graphs", () => {
  const inputs = new Set(["x", "b", "probe"]);

  it("finds nothing in what the graph built", () => {
    const { layer, sum } = network();
    expect(validateGraph([sum, transpose(layer, [1, 0])], { attributesOf, inputs })).toEqual([]);
  });

  it.each(PLANTS)("finds %s", (_, rule, plant) => {
    const found = validateGraph(plant(), { attributesOf, inputs });
    expect(found.map((each) => each.rule)).toContain(rule);
    for (const { message } of found) expect(message).toMatch(/^[A-Z%].*[.\])]$|^%/su);
  });
});
