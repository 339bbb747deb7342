import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import type { LoadOptions } from "../src/load/load-options.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { float, modelBytes, type NodeSpec, tensorProto, valueInfo } from "./support/onnx-model.ts";

/* Operators that draw random numbers: one fixed draw stands for them, of its own for each example. */

const folder = mkdtempSync(join(tmpdir(), "thalweg-random-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXAMPLES = 400;
const random = createRandom(8);
const x = random.split("x").normalVector(3 * EXAMPLES);
const W = random.split("W").normalVector(6);

let made = 0;

/** Writes x·W, then what the nodes make of it, beside data with the examples in an order. */
function write(nodes: readonly NodeSpec[], order = Array.from({ length: EXAMPLES }, (_, i) => i)) {
  const path = join(folder, `${made++}`);
  writeFileSync(
    `${path}.onnx`,
    modelBytes({
      opset: 17,
      inputs: [valueInfo("x", "double", ["N", 3])],
      outputs: [valueInfo("out", "double", ["N", 2])],
      initializers: [tensorProto("W", "double", [3, 2], Array.from(W))],
      nodes: [{ op: "MatMul", inputs: ["x", "W"], outputs: ["h"] }, ...nodes],
    }),
  );
  const rows = order.flatMap((i) => Array.from(x.subarray(3 * i, 3 * i + 3)));
  const zeros = new Float64Array(2 * order.length);
  writeFileSync(
    `${path}.npz`,
    encodeNpz([
      ["x", { dtype: "float64", shape: [order.length, 3], data: Float64Array.from(rows) }],
      ["y", { dtype: "float64", shape: [order.length, 2], data: zeros }],
    ]),
  );
  return path;
}

async function measured(path: string, options: Partial<LoadOptions> = {}) {
  const { problem, proofs, warnings, close } = await loadProblem(`${path}.onnx`, {
    data: `${path}.npz`,
    label: "y",
    loss: "mse",
    threads: 1,
    ...options,
  });
  try {
    const gradient = await problem.point.gradient();
    const { loss } = await problem.point.value();
    return { loss, gradient: Array.from(gradient), proofs, warnings };
  } finally {
    await close();
  }
}

const noise = (attributes: NodeSpec["attributes"], op = "RandomNormalLike"): NodeSpec[] => [
  { op, name: "noise", inputs: ["h"], outputs: ["n"], attributes },
  { op: "Add", inputs: ["h", "n"], outputs: ["out"] },
];
const NORMAL = noise({ mean: float(0.5), scale: float(2) });

describe("what a network draws", () => {
  it("is of its own for each example, whatever the batch and the order of the examples", async () => {
    const { loss, gradient, warnings } = await measured(write(NORMAL), { batchSize: 16 });
    expect(warnings.join("\n")).toContain(
      "Node noise (RandomNormalLike) draws random numbers: one fixed draw stands for them, of its own for each example",
    );
    const order = Array.from(createRandom(1).permutation(EXAMPLES));
    for (const other of [
      await measured(write(NORMAL), { batchSize: 7 }),
      await measured(write(NORMAL, order), { batchSize: 30 }),
    ]) {
      expect(Math.abs(other.loss / loss - 1)).toBeLessThan(1e-13);
      other.gradient.forEach((each, i) => expect(Math.abs(each - gradient[i])).toBeLessThan(1e-12));
    }
  });

  it("is the same in either precision, and of held-out examples that are examples of the data", async () => {
    const path = write(NORMAL);
    const { loss } = await measured(path);
    expect(Math.abs((await measured(path, { precision: "float32" })).loss / loss - 1)).toBeLessThan(1e-6);
    const { problem, close } = await loadProblem(`${path}.onnx`, {
      data: `${path}.npz`,
      test: `${path}.npz`,
      loss: "mse",
      threads: 1,
    });
    try {
      expect(problem.heldOut?.alsoInData).toBe(EXAMPLES);
      const held = await problem.at(problem.point.parameters, { examples: problem.heldOut }).value();
      expect(Math.abs(held.loss / loss - 1)).toBeLessThan(1e-13);
    } finally {
      await close();
    }
  });

  it("has the law that the node says, and the file that is fed the same numbers gives the same", async () => {
    // mean((h + n)²) = mean(h²) + 2 mean(h) mean(n) + mean(n²), within four standard errors of 800 draws.
    const { loss: plain } = await measured(write([{ op: "Identity", inputs: ["h"], outputs: ["out"] }]));
    for (const [nodes, mean, square, spread, ofSquare] of [
      [NORMAL, 0.5, 4.25, 2, 6],
      [noise({ low: float(-1), high: float(3) }, "RandomUniformLike"), 1, 1 + 16 / 12, 4 / Math.sqrt(12), 2.6],
      [noise({ mean: float(0.5), scale: float(0) }), 0.5, 0.25, 0, 0],
    ] as const) {
      const { loss, proofs } = await measured(write(nodes));
      const h = Array.from({ length: EXAMPLES }, (_, i) =>
        [0, 1].map((j) => [0, 1, 2].reduce((sum, k) => sum + x[3 * i + k] * W[2 * k + j], 0)),
      ).flat();
      const average = h.reduce((sum, each) => sum + each, 0) / h.length;
      const deviation = 4 * Math.sqrt((ofSquare ** 2 + 4 * plain * spread ** 2) / h.length);
      expect(Math.abs(loss - (plain + 2 * average * mean + square))).toBeLessThan(deviation + 1e-12);
      expect(proofs.map(({ name, passed }) => `${name} ${passed}`)).toEqual(["import true", "file-loss true"]);
    }
  });

  it("is held where the derivative is taken: that of Bernoulli by its probability is 0", async () => {
    const nodes: NodeSpec[] = [
      { op: "Sigmoid", inputs: ["h"], outputs: ["p"] },
      { op: "Bernoulli", inputs: ["p"], outputs: ["b"] },
      { op: "Mul", inputs: ["b", "h"], outputs: ["out"] },
    ];
    const { gradient, proofs, warnings } = await measured(write(nodes));
    expect(warnings.join("\n")).toMatch(/Bernoulli is a step of its probability at a fixed draw/);
    expect(proofs.map(({ passed }) => passed)).toEqual([true, true]);
    expect(gradient.every((each) => Number.isFinite(each) && each !== 0)).toBe(true);
  });

  it("is the same for all examples where its shape does not follow theirs", async () => {
    const nodes: NodeSpec[] = [
      { op: "RandomNormal", inputs: [], outputs: ["n"], attributes: { shape: [2], dtype: 11 } },
      { op: "Add", inputs: ["h", "n"], outputs: ["out"] },
    ];
    const { loss, warnings } = await measured(write(nodes), { batchSize: 16 });
    expect(warnings.join("\n")).toMatch(/the same for all examples and in every run/);
    expect((await measured(write(nodes), { batchSize: 2 })).loss / loss).toBeCloseTo(1, 12);
  });

  it("may be the class of each example", async () => {
    const nodes: NodeSpec[] = [
      { op: "Multinomial", inputs: ["h"], outputs: ["k"], attributes: { sample_size: 2 } },
      { op: "Cast", inputs: ["k"], outputs: ["c"], attributes: { to: 11 } },
      { op: "Mul", inputs: ["c", "h"], outputs: ["out"] },
    ];
    const { loss } = await measured(write(nodes), { batchSize: 16 });
    expect(loss).toBeGreaterThan(0);
    expect((await measured(write(nodes), { batchSize: 7 })).loss / loss).toBeCloseTo(1, 12);
  });

  it.each([
    [noise({ scale: float(-1) }), "has the standard deviation -1"],
    [noise({ low: float(2), high: float(1) }, "RandomUniformLike"), "draws between 2 and 1"],
  ])("is refused where its law is none", async (nodes, said) => {
    await expect(measured(write(nodes))).rejects.toMatchObject({ message: expect.stringContaining(said) });
  });
});
