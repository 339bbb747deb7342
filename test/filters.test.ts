import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filtersOf } from "../src/landscape/filters.ts";
import { load } from "../src/library/open.ts";
import { commandLine, floats } from "./support/command-line.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";

const { at, npz } = commandLine();

type Model = Parameters<typeof modelBytes>[0];

/** The filters of a network with x of some shape, by the names of tensors. */
async function filtersOfModel(
  name: string,
  input: readonly number[],
  nodes: Model["nodes"],
  initializers: Model["initializers"],
  output: readonly number[],
) {
  writeFileSync(
    at(`${name}.onnx`),
    modelBytes({
      opset: 17,
      inputs: [valueInfo("x", "double", ["N", ...input])],
      outputs: [valueInfo("z", "double", ["N", ...output])],
      nodes,
      initializers,
    }),
  );
  const data = npz(`${name}.npz`, {
    x: floats([4, ...input], (i) => Math.sin(i + 1)),
    y: floats([4, ...output], (i) => Math.cos(i)),
  });
  await using problem = await load(at(`${name}.onnx`), { data, loss: "mse" });
  return new Map(
    filtersOf(problem).map(({ tensor, role, count, filterOf, source }) => [
      tensor.name,
      { role, count, filterOf: [...filterOf], source: source?.tensor.name },
    ]),
  );
}

const numbers = (name: string, shape: readonly number[]) =>
  tensorProto(
    name,
    "double",
    [...shape],
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(3 * i + 1)),
  );

describe("filters", () => {
  it("of a bias that is added to heads are those of the layer before them", async () => {
    const found = await filtersOfModel(
      "heads",
      [3],
      [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Reshape", inputs: ["h", "cut"], outputs: ["r"] },
        { op: "Add", inputs: ["r", "b"], outputs: ["s"] },
        { op: "Tanh", inputs: ["s"], outputs: ["z"] },
      ],
      [numbers("w", [3, 8]), numbers("b", [2, 4]), tensorProto("cut", "int64", [3], [-1, 2, 4])],
      [2, 4],
    );
    expect(found.get("b")).toEqual({ role: "offset", count: 8, filterOf: [0, 1, 2, 3, 4, 5, 6, 7], source: "w" });
  });

  it("of a bias that is added behind a transposition, to heads and in another order, are those of the layer before them", async () => {
    const found = await filtersOfModel(
      "turned",
      [3],
      [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Reshape", inputs: ["h", "cut"], outputs: ["r"] },
        { op: "Transpose", inputs: ["r"], outputs: ["t"], attributes: { perm: [0, 2, 1] } },
        { op: "Add", inputs: ["t", "b"], outputs: ["s"] },
        { op: "Tanh", inputs: ["s"], outputs: ["z"] },
      ],
      [numbers("w", [3, 8]), numbers("b", [4, 2]), tensorProto("cut", "int64", [3], [-1, 2, 4])],
      [4, 2],
    );
    expect(found.get("b")).toEqual({ role: "offset", count: 8, filterOf: [0, 4, 1, 5, 2, 6, 3, 7], source: "w" });
  });

  it("of a bias of a stack of matrices are those of its matrices", async () => {
    const found = await filtersOfModel(
      "stack",
      [1, 5, 3],
      [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Add", inputs: ["h", "b"], outputs: ["z"] },
      ],
      [numbers("w", [2, 3, 4]), numbers("b", [2, 1, 4])],
      [2, 5, 4],
    );
    expect(found.get("w")).toMatchObject({ role: "weights", count: 8 });
    expect(found.get("b")).toEqual({ role: "offset", count: 8, filterOf: [0, 1, 2, 3, 4, 5, 6, 7], source: "w" });
  });

  it("of a bias of columns that are taken in another order are those columns", async () => {
    const found = await filtersOfModel(
      "ordered",
      [2],
      [
        { op: "Gather", inputs: ["w", "order"], outputs: ["v"], attributes: { axis: 1 } },
        { op: "MatMul", inputs: ["x", "v"], outputs: ["h"] },
        { op: "Add", inputs: ["h", "b"], outputs: ["z"] },
      ],
      [numbers("w", [2, 3]), numbers("b", [3]), tensorProto("order", "int64", [3], [2, 0, 1])],
      [3],
    );
    expect(found.get("b")).toEqual({ role: "offset", count: 3, filterOf: [2, 0, 1], source: "w" });
  });

  it("of an offset to a sum of two layers are its own", async () => {
    const found = await filtersOfModel(
      "sum",
      [3],
      [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Tanh", inputs: ["x"], outputs: ["t"] },
        { op: "MatMul", inputs: ["t", "v"], outputs: ["g"] },
        { op: "Add", inputs: ["h", "g"], outputs: ["s"] },
        { op: "Reshape", inputs: ["s", "cut"], outputs: ["r"] },
        { op: "Add", inputs: ["r", "b"], outputs: ["z"] },
      ],
      [numbers("w", [3, 4]), numbers("v", [3, 4]), numbers("b", [2, 2]), tensorProto("cut", "int64", [3], [-1, 2, 2])],
      [2, 2],
    );
    expect(found.get("b")).toEqual({ role: "offset", count: 1, filterOf: [0, 0, 0, 0], source: undefined });
  });

  it("of a table added to positions are its rows", async () => {
    const found = await filtersOfModel(
      "positions",
      [2, 3],
      [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Add", inputs: ["h", "table"], outputs: ["z"] },
      ],
      [numbers("w", [3, 4]), numbers("table", [2, 4])],
      [2, 4],
    );
    expect(found.get("table")).toMatchObject({ role: "weights", count: 2 });
  });

  it("of a matrix whose columns are taken in another order are those columns", async () => {
    const found = await filtersOfModel(
      "columns",
      [2],
      [
        { op: "Gather", inputs: ["w", "order"], outputs: ["v"], attributes: { axis: 1 } },
        { op: "MatMul", inputs: ["x", "v"], outputs: ["h"] },
        { op: "Add", inputs: ["h", "b"], outputs: ["z"] },
      ],
      [numbers("w", [2, 3]), numbers("b", [3]), tensorProto("order", "int64", [3], [2, 0, 1])],
      [3],
    );
    expect(found.get("w")).toMatchObject({ role: "weights", count: 3 });
    const { filterOf } = found.get("w") ?? expect.unreachable();
    expect(filterOf.slice(3)).toEqual(filterOf.slice(0, 3));
  });

  it("of a transposed convolution in groups are its output channels", async () => {
    const found = await filtersOfModel(
      "groups",
      [4, 2],
      [{ op: "ConvTranspose", inputs: ["x", "w", "b"], outputs: ["z"], attributes: { group: 2 } }],
      [numbers("w", [4, 3, 1]), numbers("b", [6])],
      [6, 2],
    );
    expect(found.get("w")).toMatchObject({ count: 6, filterOf: [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5] });
    expect(found.get("b")).toEqual({ role: "offset", count: 6, filterOf: [0, 1, 2, 3, 4, 5], source: "w" });
  });
});
