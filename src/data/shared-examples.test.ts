import { describe, expect, it } from "vitest";
import { allocate, type DType, type Shape, sizeOf, tensor } from "../util/tensor.ts";
import type { Dataset } from "./dataset.ts";
import { sharedExamples } from "./shared-examples.ts";

/** Rows with their labels. */
function dataset(rows: readonly (readonly number[])[], labels: readonly number[], dtype: DType = "float32"): Dataset {
  const of = (type: DType, shape: Shape, numbers: readonly number[]) => {
    const data = allocate(type, sizeOf(shape));
    data.set(numbers);
    return tensor(type, shape, data);
  };
  const y = (start: number, end: number) => of("int64", [end - start], labels.slice(start, end));
  return {
    name: "rows",
    examples: rows.length,
    inputs: [{ name: "x", array: "x", dtype, shape: [rows[0].length] }],
    labels: { array: "y", dtype: "int64", shape: [] },
    notes: [],
    batch(start, end) {
      return {
        inputs: { x: of(dtype, [end - start, rows[0].length], rows.slice(start, end).flat()) },
        y: y(start, end),
      };
    },
    y,
    sha256: () => "",
  };
}

describe("examples of one dataset that are examples of another", () => {
  const rows = [
    [0.1, 0.2],
    [0.3, -0.4],
    [0, 1],
  ];
  const all = dataset(rows, [0, 1, 2]);

  it("are counted wherever they stand, each as often as it is there", () => {
    expect(sharedExamples(all, all)).toBe(3);
    expect(sharedExamples(dataset([rows[2], [7, 8], rows[0]], [2, 1, 0]), all)).toBe(2);
    expect(sharedExamples(dataset([rows[1], rows[1]], [1, 1]), all)).toBe(2);
    expect(sharedExamples(dataset([rows[1]], [1]), dataset([rows[1], rows[1]], [1, 1]))).toBe(1);
    expect(sharedExamples(dataset([[-0, 1]], [2]), all)).toBe(1);
  });

  it("are those with all numbers alike, the label too, in their order", () => {
    expect(sharedExamples(dataset([rows[0], [0.2, 0.1], [0.1, 0.2000001]], [1, 0, 0]), all)).toBe(0);
  });

  it("are known in float64 by what float32 keeps of them, and tiny or huge numbers by all that they are", () => {
    const wide = (numbers: readonly (readonly number[])[]) => dataset(numbers, [0, 1, 2], "float64");
    const single = rows.map((row) => row.map((x) => Math.fround(x)));
    expect(sharedExamples(wide(single), wide(rows))).toBe(3);
    expect(sharedExamples(dataset([[1e-60, 1e60]], [0], "float64"), dataset([[2e-60, 2e60]], [0], "float64"))).toBe(0);
  });

  it("are whole numbers beyond what float32 holds, told apart", () => {
    const ids = (first: number) => dataset([[first, 1]], [0], "int64");
    expect(sharedExamples(ids(2 ** 24 + 1), ids(2 ** 24))).toBe(0);
    expect(sharedExamples(ids(2 ** 24 + 1), ids(2 ** 24 + 1))).toBe(1);
  });

  it("are not found by accident among many on a coarse grid, whose numbers end in zeros", () => {
    const grid = (from: number) => {
      const each = Array.from({ length: 20_000 }, (_, i) => [from + i, (i % 16) / 16, 0, Math.floor(i / 16) / 4]);
      return dataset(
        each,
        each.map(() => 1),
      );
    };
    const [low, high] = [grid(0), grid(20_000)];
    expect(sharedExamples(low, high)).toBe(0);
    expect(sharedExamples(low, low)).toBe(20_000);
  });
});
