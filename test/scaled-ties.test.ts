import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { loadModel } from "../src/load/load-model.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { FloatType } from "../src/util/tensor.ts";
import { float, modelBytes, type NodeSpec, tensorProto, valueInfo } from "./support/onnx-model.ts";

/* An output layer that is a number times the transposed embedding: folded by an exporter, and as the network has it. */

const [TOKENS, WIDTH] = [7, 4];
const folder = mkdtempSync(join(tmpdir(), "thalweg-ties-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = createRandom(3);
const embedding = Array.from(random.split("embedding").normalVector(TOKENS * WIDTH), Math.fround);
const factor = Math.fround(0.3);
const head = Array.from({ length: WIDTH * TOKENS }, (_, i) =>
  Math.fround(factor * embedding[(i % TOKENS) * WIDTH + Math.floor(i / TOKENS)]),
);
const data = join(folder, "data.npz");
writeFileSync(
  data,
  encodeNpz([
    ["x", { dtype: "int64", shape: [6, 3], data: Float64Array.from({ length: 18 }, (_, i) => (5 * i + 2) % TOKENS) }],
    ["y", { dtype: "int64", shape: [6, 3], data: Float64Array.from({ length: 18 }, (_, i) => (3 * i + 1) % TOKENS) }],
  ]),
);

async function gradient(isFolded: boolean, precision: FloatType, weights?: string) {
  const scaled: NodeSpec[] = [
    { op: "Transpose", inputs: ["wte.weight"], outputs: ["turned"], attributes: { perm: [1, 0] } },
    { op: "Constant", inputs: [], outputs: ["c"], attributes: { value_float: float(factor) } },
    { op: "Mul", inputs: ["turned", "c"], outputs: ["onnx::MatMul_8"] },
  ];
  const model = join(folder, `${isFolded}.onnx`);
  writeFileSync(
    model,
    modelBytes({
      opset: 17,
      producer: "pytorch",
      inputs: [valueInfo("x", "int64", ["N", 3])],
      outputs: [valueInfo("out", "float", ["N", 3, TOKENS])],
      initializers: [
        ...(isFolded ? [tensorProto("onnx::MatMul_8", "float", [WIDTH, TOKENS], head)] : []),
        tensorProto("wte.weight", "float", [TOKENS, WIDTH], embedding),
      ],
      nodes: [
        ...(isFolded ? [] : scaled),
        { op: "Gather", inputs: ["wte.weight", "x"], outputs: ["e"] },
        { op: "Tanh", inputs: ["e"], outputs: ["h"] },
        { op: "MatMul", inputs: ["h", "onnx::MatMul_8"], outputs: ["out"] },
      ],
    }),
  );
  const loaded = await loadProblem(model, { data, precision, weights, threads: 1 });
  try {
    const { problem, proofs, warnings } = loaded;
    const [{ name }] = problem.space.tensors;
    expect([problem.space.tensors.length, name]).toEqual([1, "wte.weight"]);
    return { values: Array.from(await problem.point.gradient()), proofs, warnings: warnings.join("\n") };
  } finally {
    await loaded.close();
  }
}

it.each<[FloatType, number]>([
  ["float32", 1e-5],
  ["float64", 1e-6],
])("are one parameter, with the derivative of the network that was exported (%s)", async (precision, tolerance) => {
  const own = await gradient(false, precision);
  const folded = await gradient(true, precision);
  expect(folded.proofs.every(({ passed }) => passed === true)).toBe(true);
  expect(folded.warnings).toMatch(/onnx::MatMul_8 is 0\.3 times wte\.weight/);
  const difference = Math.hypot(...own.values.map((each, i) => each - folded.values[i]));
  expect(difference).toBeLessThan(tolerance * Math.hypot(...own.values));
});

it("a checkpoint may hold both, if they are that number apart", async () => {
  await gradient(true, "float32");
  const weights = join(folder, "weights.safetensors");
  const write = (copy: readonly number[]) =>
    writeFileSync(
      weights,
      encodeSafetensors([
        ["wte.weight", { dtype: "float32", shape: [TOKENS, WIDTH], data: Float32Array.from(embedding, (x) => 2 * x) }],
        ["onnx::MatMul_8", { dtype: "float32", shape: [WIDTH, TOKENS], data: Float32Array.from(copy) }],
      ]),
    );
  write(head.map((x) => 2 * x));
  const { model } = loadModel(join(folder, "true.onnx"), { weights });
  expect(model.parameters[0].data[3]).toBe(2 * embedding[3]);
  write(head);
  expect(() => loadModel(join(folder, "true.onnx"), { weights })).toThrow(
    expect.objectContaining({ code: "weights-tied" }),
  );
});

it("the file is run with both of them where a checkpoint has new numbers", async () => {
  const twice = Array.from(random.split("trained").normalVector(TOKENS * WIDTH), Math.fround);
  const weights = join(folder, "trained.safetensors");
  writeFileSync(
    weights,
    encodeSafetensors([["wte.weight", { dtype: "float32", shape: [TOKENS, WIDTH], data: Float32Array.from(twice) }]]),
  );
  const own = await gradient(false, "float32", weights);
  const folded = await gradient(true, "float32", weights);
  expect(folded.proofs.filter(({ passed }) => passed !== true)).toEqual([]);
  expect(folded.warnings).not.toMatch(/the file's own weights/);
  const difference = Math.hypot(...own.values.map((each, i) => each - folded.values[i]));
  expect(difference).toBeLessThan(1e-5 * Math.hypot(...own.values));
});
