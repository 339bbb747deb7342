import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import type { LoadOptions } from "../src/load/load-options.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { add, mul } from "../src/ops/arithmetic.ts";
import type { LossOutputs } from "../src/problem/loss-outputs.ts";
import { binaryCrossEntropy } from "../src/problem/losses/binary-cross-entropy.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import type { Loss } from "../src/problem/losses/loss.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { Check } from "../src/result/envelope.ts";
import { sizeOf, type Shape, type Tensor } from "../src/util/tensor.ts";
import { modelBytes, tensorProto, valueInfo, type ModelSpec, type NodeSpec } from "./support/onnx-model.ts";

/*
 * The loss of every load against the file: what the runtime gives when it runs the file as it is, and the labels, by the
 * definition of the loss. Between the two lies all that is done to a network before it is differentiated.
 */

const planted = vi.hoisted(() => ({
  outputs: (found: LossOutputs): LossOutputs => found,
}));

vi.mock("../src/problem/loss-outputs.ts", async (original) => {
  const real = await original<typeof import("../src/problem/loss-outputs.ts")>();
  return { lossOutputs: (...args: Parameters<typeof real.lossOutputs>) => planted.outputs(real.lossOutputs(...args)) };
});

afterEach(() => {
  vi.restoreAllMocks();
  planted.outputs = (found) => found;
});

const folder = mkdtempSync(join(tmpdir(), "thalweg-file-loss-"));
afterAll(() => rmSync(folder, { recursive: true }));

const random = createRandom(4);
const drawn = (label: string, shape: Shape, scale = 1): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(random.split(label).normalVector(sizeOf(shape)), (x) => scale * x),
});
const weight = (name: string, ...shape: number[]) =>
  tensorProto(name, "float", shape, Array.from(drawn(name, shape).data));

const EXAMPLES = 37;
const numbered = (count: number): Tensor => ({
  dtype: "int64",
  shape: [EXAMPLES],
  data: Float64Array.from({ length: EXAMPLES }, (_, i) => (i * i) % count),
});
const bits: Tensor = {
  dtype: "float32",
  shape: [EXAMPLES, 2],
  data: Float32Array.from({ length: 2 * EXAMPLES }, (_, i) => (i * i) % 2),
};

interface Case {
  readonly nodes: readonly NodeSpec[];
  readonly loss: Loss;
  readonly y: Tensor;
  readonly spec?: Partial<ModelSpec>;
  readonly options?: Partial<LoadOptions>;
}

const h: NodeSpec = { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] };
const behind = (...nodes: Pick<NodeSpec, "op" | "attributes">[]): NodeSpec[] => [
  h,
  ...nodes.map((node, i) => ({
    ...node,
    inputs: [i === 0 ? "h" : `n${i}`],
    outputs: [i === nodes.length - 1 ? "out" : `n${i + 1}`],
  })),
];
const far: Partial<ModelSpec> = {
  initializers: [tensorProto("w", "float", [3, 2], Array.from(drawn("far", [3, 2], 30).data))],
};

const CASES: Readonly<Record<string, Case>> = {
  logits: { nodes: [{ ...h, outputs: ["out"] }], loss: crossEntropy, y: numbered(2) },
  softmax: { nodes: behind({ op: "Softmax" }), loss: crossEntropy, y: numbered(2) },
  "log-softmax": { nodes: behind({ op: "LogSoftmax" }), loss: crossEntropy, y: numbered(2) },
  "the logarithm of a softmax": { nodes: behind({ op: "Softmax" }, { op: "Log" }), loss: crossEntropy, y: numbered(2) },
  "softmax of logits far apart": { nodes: behind({ op: "Softmax" }), loss: crossEntropy, y: numbered(2), spec: far },
  "the logarithm of a softmax of logits far apart": {
    nodes: behind({ op: "Softmax" }, { op: "Log" }),
    loss: crossEntropy,
    y: numbered(2),
    spec: far,
  },
  sigmoid: { nodes: behind({ op: "Sigmoid" }), loss: binaryCrossEntropy, y: bits },
  "sigmoid of logits far apart": { nodes: behind({ op: "Sigmoid" }), loss: binaryCrossEntropy, y: bits, spec: far },
  "softmax in float64": {
    nodes: behind({ op: "Softmax" }),
    loss: crossEntropy,
    y: numbered(2),
    options: { precision: "float64" },
  },
};

async function loadedWith(name: string, { nodes, loss, y, spec, options }: Case) {
  const at = (end: string) => join(folder, `${name.replaceAll(" ", "-")}${end}`);
  writeFileSync(
    at(".npz"),
    encodeNpz([
      ["x", drawn("x", [EXAMPLES, 3])],
      ["y", y],
    ]),
  );
  writeFileSync(
    at(".onnx"),
    modelBytes({
      opset: 18,
      nodes: [...nodes],
      inputs: [valueInfo("x", "float", ["N", 3])],
      outputs: [valueInfo("out", "float", ["N", 2])],
      initializers: [weight("w", 3, 2)],
      ...spec,
    }),
  );
  const loaded = await loadProblem(at(".onnx"), {
    data: at(".npz"),
    threads: 1,
    loss: loss.name,
    batchSize: 8,
    ...options,
  });
  await loaded.close();
  return loaded;
}

async function proofOf(name: string, given: Case): Promise<Check> {
  const { proofs } = await loadedWith(name, given);
  const proof = proofs.find((each) => each.name === "file-loss");
  if (!proof) throw new RangeError("every load compares the loss");
  return proof;
}

const cases = Object.entries(CASES);

test.each(cases)("%s: the loss is the file's", async (name, given) => {
  expect(await proofOf(name, given)).toMatchObject({ passed: true });
});

test.each(cases)("%s: a loss that is 1 % too large", async (name, given) => {
  const right = given.loss.perTerm.bind(given.loss);
  vi.spyOn(given.loss, "perTerm").mockImplementation((...args) => mul(right(...args), 1.01));
  expect(await proofOf(name, given)).toMatchObject({ passed: false });
});

test.each(cases)("%s: one right prediction too many", async (name, given) => {
  const right = given.loss.correct?.bind(given.loss);
  vi.spyOn(given.loss, "correct").mockImplementation((...args) =>
    add(right?.(...args) ?? 0, args[0].graph.scalar(1, args[0].dtype)),
  );
  expect(await proofOf(name, given)).toMatchObject({ passed: false });
});

test.each(cases)("%s: what the loss works on is not what the file gives", async (name, given) => {
  planted.outputs = (found) => ({ ...found, values: mul(found.values, 1.001) });
  expect(await proofOf(name, given)).toMatchObject({ passed: false });
});

test("what cannot be run is not compared; it is said once, by the proof of the import", async () => {
  const { proofs, warnings } = await loadedWith("newer", { ...CASES["logits"], spec: { opset: 99 } });
  expect(proofs).toMatchObject([
    { name: "import", passed: null },
    { name: "file-loss", passed: null, detail: expect.stringContaining("cannot run the file") },
  ]);
  expect(warnings.filter((warning) => warning.includes("cannot run the file"))).toEqual([proofs[0].detail]);
});

test("a file that draws random numbers is not compared", async () => {
  const drawing: Case = {
    ...CASES["logits"],
    nodes: [h, { op: "Dropout", inputs: ["h", "ratio", "training"], outputs: ["out"] }],
    spec: {
      initializers: [
        weight("w", 3, 2),
        tensorProto("ratio", "float", [], [0.5]),
        tensorProto("training", "bool", [], [1]),
      ],
    },
  };
  expect(await proofOf("dropout", drawing)).toMatchObject({ passed: null, detail: expect.stringContaining("random") });
});

/** Logits behind a normalisation, in the mode in which the file was exported. */
const normalized = (mode: 0 | 1, bn: "training" | "inference"): Case => ({
  nodes: [
    h,
    {
      op: "BatchNormalization",
      inputs: ["h", "gain", "shift", "mean", "variance"],
      outputs: mode === 1 ? ["out", "m", "v"] : ["out"],
      attributes: { training_mode: mode },
    },
  ],
  loss: crossEntropy,
  y: numbered(2),
  spec: {
    initializers: [
      weight("w", 3, 2),
      ...["gain", "shift", "mean"].map((name) => weight(name, 2)),
      tensorProto("variance", "float", [2], [0.5, 2]),
    ],
  },
  options: { bn },
});

test.each([
  { mode: 0, bn: "training", passed: null },
  { mode: 1, bn: "inference", passed: null },
  { mode: 0, bn: "inference", passed: true },
  { mode: 1, bn: "training", passed: true },
] as const)(
  "a file in mode $mode, asked for $bn, is compared where it takes the same statistics: $passed",
  async ({ mode, bn, passed }) => {
    const loaded = await loadedWith(`mode-${mode}-${bn}`, normalized(mode, bn));
    try {
      expect(loaded.proofs.find(({ name }) => name === "file-loss")).toMatchObject({ passed });
      expect(loaded.warnings.join(" ").includes("As asked, BatchNormalization takes")).toBe(passed === null);
    } finally {
      await loaded.close();
    }
  },
);

test("statistics of the batch that nothing takes are said to be none, and the file is compared", async () => {
  const loaded = await loadedWith("folded", { ...CASES["logits"], options: { bn: "training" } });
  try {
    expect(loaded.proofs.find(({ name }) => name === "file-loss")).toMatchObject({ passed: true });
    expect(loaded.warnings.join(" ")).toContain("--bn training changes nothing: the file has no BatchNormalization");
  } finally {
    await loaded.close();
  }
});
