import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { modelBytes, tensorProto, valueInfo } from "../../test/support/onnx-model.ts";
import { encodeNpz } from "../files/npz.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import { type Tensor, tensor } from "../util/tensor.ts";
import { loadProblem } from "./load-problem.ts";
import { weightsOf } from "./weights-of.ts";

const folder = mkdtempSync(join(tmpdir(), "thalweg-weights-of-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const waves = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => Math.fround(1.3 * Math.sin(7.31 * (i + 1) * seed)));
const float = (shape: number[], data: readonly number[]): Tensor => tensor("float32", shape, Float32Array.from(data));

function write(name: string, activation: string, seed: number): string {
  const bytes = modelBytes({
    opset: 17,
    inputs: [valueInfo("x", "float", ["N", 3])],
    outputs: [valueInfo("y", "float", ["N", 2])],
    nodes: [
      { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["h"] },
      { op: "BatchNormalization", inputs: ["h", "gain", "offset", "mean", "var"], outputs: ["n"] },
      { op: activation, inputs: ["n"], outputs: ["a"] },
      { op: "Gemm", inputs: ["a", "v", "c"], outputs: ["y"] },
    ],
    initializers: [
      tensorProto("w", "float", [3, 4], waves(12, seed)),
      tensorProto("b", "float", [4], waves(4, seed + 1)),
      tensorProto("gain", "float", [4], [1.5, 0.5, 2, 0.25]),
      tensorProto("offset", "float", [4], waves(4, seed + 2)),
      tensorProto("mean", "float", [4], waves(4, seed + 3)),
      tensorProto("var", "float", [4], [0.5, 1.5, 2.5, seed]),
      tensorProto("v", "float", [4, 2], waves(8, seed + 4)),
      tensorProto("c", "float", [2], waves(2, seed + 5)),
    ],
  });
  writeFileSync(at(name), bytes);
  return at(name);
}

const model = write("m.onnx", "Tanh", 1);
const again = write("again.onnx", "Tanh", 2);
const sigmoid = write("sigmoid.onnx", "Sigmoid", 2);
writeFileSync(
  at("d.npz"),
  encodeNpz([
    ["x", float([6, 3], waves(18, 9))],
    ["y", float([6, 2], waves(12, 10))],
  ]),
);
const saved: readonly (readonly [string, Tensor])[] = [
  ["w", float([3, 4], waves(12, 21))],
  ["b", float([4], waves(4, 22))],
  ["gain", float([4], [1, 2, 3, 4])],
  ["offset", float([4], waves(4, 23))],
  ["v", float([4, 2], waves(8, 24))],
  ["c", float([2], waves(2, 25))],
];
const flat = saved.flatMap(([, { data }]) => [...data]);
writeFileSync(at("c.safetensors"), encodeSafetensors(saved));
writeFileSync(at("c.npz"), encodeNpz(saved));
writeFileSync(
  at("quantised.npz"),
  encodeNpz(
    saved.map(([name, each], i) => [
      name,
      i === 0 ? tensor("int64", each.shape, Float64Array.from(each.data, Math.round)) : each,
    ]),
  ),
);
writeFileSync(at("less.npz"), encodeNpz(saved.slice(1)));

async function opened<T>(
  options: { readonly params?: string[] },
  work: (of: (path: string) => ReturnType<typeof weightsOf>) => T,
): Promise<T> {
  const loaded = await loadProblem(model, { data: at("d.npz"), loss: "mse", threads: 1, ...options });
  try {
    return work((path) => weightsOf(loaded.problem, loaded.source.model, path));
  } finally {
    await loaded.close();
  }
}

describe("the weights of a network in another file", () => {
  it.each(["c.safetensors", "c.npz"])("are those of %s, bit for bit, in the order of the problem", async (name) => {
    const { theta, doubts, sha256 } = await opened({}, (of) => of(at(name)));
    expect([...theta]).toEqual(flat);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(doubts.map(({ text }) => text)).toEqual([
      `${at(name)}: 2 statistics of normalisation are not in it: those of the model stay, where the weights are others (mean, var).`,
    ]);
  });

  it("are those of a float64 file to its last digits; what rounds to the model's is no other number", async () => {
    const double = (shape: readonly number[], values: readonly number[]) =>
      tensor("float64", shape, Float64Array.from(values));
    const third = saved.map(
      ([name, { shape, data }]) =>
        [
          name,
          double(
            shape,
            Array.from(data, (x) => x / 3),
          ),
        ] as const,
    );
    const statistics = [
      ["mean", double([4], waves(4, 4))],
      ["var", double([4], [0.5, 1.5, 2.5, 1 + 1e-12])],
    ] as const;
    writeFileSync(at("double.npz"), encodeNpz([...third, ...statistics]));
    const { theta, doubts } = await opened({}, (of) => of(at("double.npz")));
    expect([...theta]).toEqual(flat.map((x) => x / 3));
    expect(doubts).toEqual([]);
  });

  it("are those of an ONNX file of the same network; statistics that differ are told of", async () => {
    const { theta, doubts } = await opened({}, (of) => of(again));
    expect([...theta.subarray(0, 12)]).toEqual(waves(12, 2));
    expect(doubts.map(({ text }) => text)).toEqual([
      `${again}: 2 tensors that are no parameters here hold other numbers than the model's, which stay (mean, var).`,
    ]);
  });

  it("are those of an export from before training, which stores equal tensors once", async () => {
    const copied = { data: at("d.npz"), loss: "mse", threads: 1 };
    const twin = (name: string, isMerged: boolean) => {
      const square = waves(9, 3);
      const bytes = modelBytes({
        opset: 17,
        inputs: [valueInfo("x", "float", ["N", 3])],
        outputs: [valueInfo("y", "float", ["N", 2])],
        nodes: [
          ...(isMerged ? [{ op: "Identity", inputs: ["first.weight"], outputs: ["second.weight"] }] : []),
          { op: "MatMul", inputs: ["x", "first.weight"], outputs: ["h"] },
          { op: "Tanh", inputs: ["h"], outputs: ["a"] },
          { op: "MatMul", inputs: ["a", "second.weight"], outputs: ["k"] },
          { op: "MatMul", inputs: ["k", "head.weight"], outputs: ["y"] },
        ],
        initializers: [
          tensorProto("first.weight", "float", [3, 3], square),
          ...(isMerged ? [] : [tensorProto("second.weight", "float", [3, 3], waves(9, 4))]),
          tensorProto("head.weight", "float", [3, 2], waves(6, 5)),
        ],
      });
      writeFileSync(at(name), bytes);
      return at(name);
    };
    const loaded = await loadProblem(twin("trained.onnx", false), copied);
    try {
      const { theta } = weightsOf(loaded.problem, loaded.source.model, twin("untrained.onnx", true));
      expect([...theta]).toEqual([...waves(9, 3), ...waves(9, 3), ...waves(6, 5)]);
    } finally {
      await loaded.close();
    }
  });

  it("are those of the chosen parameters; others that differ are told of", async () => {
    const { theta, doubts } = await opened({ params: ["v", "c"] }, (of) => of(at("c.npz")));
    expect([...theta]).toEqual([...waves(8, 24), ...waves(2, 25)]);
    expect(doubts[0].text).toContain("4 tensors that are no parameters here hold other numbers");
  });

  it("are put in its place with the statistics of the file, where it is an ONNX file of the same network", async () => {
    const options = { data: at("d.npz"), loss: "mse", threads: 1 };
    const there = await loadProblem(again, options);
    const replaced = await loadProblem(model, { ...options, weights: again });
    expect(replaced.problem.point.parameters).toEqual(there.problem.point.parameters);
    expect((await replaced.problem.point.value()).loss).toBe((await there.problem.point.value()).loss);
    await Promise.all([there.close(), replaced.close()]);
    const refused = loadProblem(model, { ...options, weights: sigmoid });
    await expect(refused).rejects.toThrow(expect.objectContaining({ kind: "input", code: "another-network" }));
  });

  it.each([
    [sigmoid, "another-network"],
    [at("less.npz"), "weights-missing"],
    [at("quantised.npz"), "weights-quantised"],
    [at("none.npz"), "file-not-found"],
    [import.meta.filename, "not-weights"],
    ["mlp:3-4-2@2", "not-weights"],
    ["misspelt", "file-not-found"],
  ])("are not those of %s: %s", async (path, code) => {
    await opened({}, (of) => expect(() => of(path)).toThrow(expect.objectContaining({ kind: "input", code })));
  });
});
