import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import { runChecks } from "../src/instruments/run-checks.ts";
import type { LoadOptions } from "../src/load/load-options.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { sizeOf, type Shape, type Tensor } from "../src/util/tensor.ts";
import { modelBytes, tensorProto, valueInfo, type ModelSpec } from "./support/onnx-model.ts";

/*
 * Files and data whose first axes are not what they should be: a batch written into the file, inputs that are the same
 * for all examples.
 */

const folder = mkdtempSync(join(tmpdir(), "thalweg-batch-"));
afterAll(() => rmSync(folder, { recursive: true }));

const random = createRandom(8);
const drawn = (label: string, shape: Shape): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(random.split(label).normalVector(sizeOf(shape))),
});
const classes: Tensor = { dtype: "int64", shape: [24], data: Float64Array.from({ length: 24 }, (_, i) => i % 2) };

/** A model on 24 examples with three features and two classes. */
function opened(spec: Partial<ModelSpec>, options: Partial<LoadOptions> = {}, more: readonly [string, Tensor][] = []) {
  const model = join(folder, "m.onnx");
  const data = join(folder, "m.npz");
  writeFileSync(data, encodeNpz([["x", drawn("x", [24, 3])], ...more, ["y", classes]]));
  writeFileSync(
    model,
    modelBytes({
      opset: 18,
      nodes: [],
      inputs: [valueInfo("x", "float", ["N", 3])],
      outputs: [valueInfo("out", "float", ["N", 2])],
      ...spec,
      initializers: [
        tensorProto("w", "float", [3, 2], Array.from(drawn("w", [3, 2]).data)),
        ...(spec.initializers ?? []),
      ],
    }),
  );
  return loadProblem(model, { data, threads: 1, loss: "cross-entropy", ...options });
}

/** x goes through a shape in which the exporter wrote the size of its batch. */
const baked = (batch: number): Partial<ModelSpec> => ({
  nodes: [
    { op: "Reshape", inputs: ["x", "shape"], outputs: ["r"] },
    { op: "MatMul", inputs: ["r", "w"], outputs: ["out"] },
  ],
  initializers: [tensorProto("shape", "int64", [2], [batch, 3])],
});

test("a batch of more examples than there are is one of all that there are", async () => {
  const nodes = [{ op: "MatMul", inputs: ["x", "w"], outputs: ["out"] }];
  // Of so many, no tensor could be made.
  const loaded = await opened({ nodes }, { batchSize: 1e9 });
  try {
    expect(loaded.problem.options.batchSize).toBe(24);
  } finally {
    await loaded.close();
  }
});

describe("a batch written into the file", () => {
  test.each([undefined, 5])("of an open file is found and named, asked for %s", async (batchSize) => {
    const opening = opened(baked(8), { batchSize });
    await expect(opening).rejects.toMatchObject({ code: "baked-batch", message: /batches of 8 and not of/ });
    await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining("--batch-size 8") });
  });

  test.each([
    ["declared", 1, undefined],
    ["declared", 8, undefined],
    ["declared", 1, 1],
    ["open", 8, 8],
  ])("%s, of %i, asked for %s, is measured and checked", async (kind, batch, batchSize) => {
    const ports =
      kind === "declared"
        ? { inputs: [valueInfo("x", "float", [batch, 3])], outputs: [valueInfo("out", "float", [batch, 2])] }
        : {};
    const loaded = await opened({ ...baked(batch), ...ports }, { batchSize, proofs: "several-batches" });
    try {
      expect(loaded.problem.options.batchSize).toBe(batch);
      expect(loaded.proofs).toMatchObject([
        { name: "import", passed: true },
        { name: "file-loss", passed: true },
      ]);
      const checks = await runChecks(loaded.problem, "all", createRandom(0), {});
      expect(checks.filter(({ passed }) => passed !== true)).toEqual([]);
      expect(checks.map(({ name }) => name)).not.toContain("batch-size");
    } finally {
      await loaded.close();
    }
  });
});

describe("an input that is the same for all examples", () => {
  const twoInputs = (...shape: (number | string)[]): Partial<ModelSpec> => ({
    nodes: [
      { op: "ReduceSum", inputs: ["s"], outputs: ["sum"], attributes: { keepdims: 0 } },
      { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
      { op: "Mul", inputs: ["h", "sum"], outputs: ["out"] },
    ],
    inputs: [valueInfo("x", "float", ["N", 3]), valueInfo("s", "float", shape)],
  });

  test.each<[string, (number | string)[], Shape]>([
    ["a time", [1], [1]],
    ["a number", [], []],
    ["edges", [2, "E"], [2, 60]],
  ])("%s is named, with what can be done", async (_what, asked, held) => {
    const opening = opened(twoInputs(...asked), {}, [["s", drawn("s", held)]]);
    await expect(opening).rejects.toMatchObject({ code: "not-counted", where: { input: "s" } });
    await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining("buffer instead of an input") });
  });

  test("repeated for each example, where the file has no axis for that, is told so", async () => {
    const opening = opened(twoInputs(1), {}, [["s", drawn("s", [24, 1])]]);
    await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining("no axis for examples") });
  });
});

describe("the caveat of a power", () => {
  const power = (...exponents: number[]): Partial<ModelSpec> => ({
    nodes: [
      { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
      { op: "Pow", inputs: ["h", "p"], outputs: ["out"] },
    ],
    initializers: [tensorProto("p", "float", [exponents.length], exponents)],
  });
  const caveats = async (...exponents: number[]) => {
    const loaded = await opened(power(...exponents), { params: ["w"], proofs: "one-batch" });
    await loaded.close();
    return loaded.problem.caveats.filter((each) => each.startsWith("Pow"));
  };

  test("is none for whole exponents, and does not call a constant a variable", async () => {
    expect(await caveats(3, 5)).toEqual([]);
    expect(await caveats(-1, 5)).toEqual([expect.stringContaining("fractional or negative exponent")]);
  });
});
