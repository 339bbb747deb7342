import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";

/* Graph networks take the matrix of a graph's edges beside its nodes: the examples lie on two axes of one input. */

const NODES = 7;
const folder = mkdtempSync(join(tmpdir(), "thalweg-edges-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = createRandom(5);
const draw = (name: string, count: number) => Float64Array.from(random.split(name).normalVector(count));
const [x, edges, w] = [draw("x", NODES * 2), draw("edges", NODES * NODES), draw("w", 4)];
const model = join(folder, "graph.onnx");
writeFileSync(
  model,
  modelBytes({
    opset: 13,
    inputs: [valueInfo("x", "double", ["n", 2]), valueInfo("edges", "double", ["n", "n"])],
    outputs: [valueInfo("out", "double", ["n", 2])],
    initializers: [tensorProto("w", "double", [2, 2], Array.from(w))],
    nodes: [
      { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
      { op: "MatMul", inputs: ["edges", "h"], outputs: ["out"] },
    ],
  }),
);

function dataOf(rows: number): string {
  const path = join(folder, `${rows}.npz`);
  writeFileSync(
    path,
    encodeNpz([
      ["x", { dtype: "float64", shape: [rows, 2], data: x.slice(0, rows * 2) }],
      ["edges", { dtype: "float64", shape: [rows, NODES], data: edges.slice(0, rows * NODES) }],
      ["y", { dtype: "int64", shape: [rows], data: Float64Array.from({ length: rows }, (_, i) => i % 2) }],
    ]),
  );
  return path;
}

/** Cross-entropy of edges · x · w over all nodes. */
function byHand(): number {
  const product = (a: Float64Array, b: Float64Array, rows: number, inner: number) =>
    Float64Array.from({ length: rows * 2 }, (_, at) =>
      Array.from({ length: inner }, (_each, k) => a[Math.floor(at / 2) * inner + k] * b[2 * k + (at % 2)]).reduce(
        (sum, each) => sum + each,
        0,
      ),
    );
  const z = product(edges, product(x, w, NODES, 2), NODES, NODES);
  const losses = Array.from({ length: NODES }, (_, i) => {
    const row = [z[2 * i], z[2 * i + 1]];
    return Math.log(Math.exp(row[0]) + Math.exp(row[1])) - row[i % 2];
  });
  return losses.reduce((sum, each) => sum + each, 0) / NODES;
}

describe("examples on two axes of an input", () => {
  it("are one batch, of which nothing has to be asked", async () => {
    const { problem, warnings, close } = await loadProblem(model, { data: dataOf(NODES), threads: 1 });
    try {
      expect((await problem.point.value()).loss).toBeCloseTo(byHand(), 12);
      expect(problem.options.batchSize).toBe(NODES);
      expect(warnings.join("\n")).toMatch(/The examples are not independent.*that of all 7 examples as one batch/s);
    } finally {
      await close();
    }
  });

  it("are refused where the axes differ, with what that means", async () => {
    await expect(loadProblem(model, { data: dataOf(NODES - 2), threads: 1 })).rejects.toMatchObject({
      code: "shape-mismatch",
      hint: expect.stringMatching(/Axes that the file gives one name are as long as each other/),
    });
  });
});
