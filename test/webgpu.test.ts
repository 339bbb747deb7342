/** @thorough A device in software: a minute. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pullback } from "../src/autodiff/pullback.ts";
import { pushforward } from "../src/autodiff/pushforward.ts";
import { Graph } from "../src/graph/graph.ts";
import type { Target } from "../src/graph/emitter.ts";
import type { Value } from "../src/graph/value.ts";
import { lowerGraph } from "../src/onnx/emit-lower.ts";
import { emitModel } from "../src/onnx/emit-model.ts";
import { conv } from "../src/ops/conv.ts";
import { matmul } from "../src/ops/matmul.ts";
import { maxPool } from "../src/ops/pool.ts";
import { logSoftmax } from "../src/ops/reduction.ts";
import { reduceSum } from "../src/ops/structure.ts";
import { cos, sin } from "../src/ops/unary.ts";
import { empiricalFisherProduct } from "../src/problem/derivatives/empirical-fisher.ts";
import { fisherProduct } from "../src/problem/derivatives/fisher.ts";
import { gaussNewtonProduct } from "../src/problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { fileURLToPath } from "node:url";
import { deviceProof } from "../src/load/device-proof.ts";
import { loadModel } from "../src/load/load-model.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { nodeRuntime } from "../src/runtime/node-runtime.ts";
import type { Runtime } from "../src/runtime/runtime.ts";
import { isFloat, type FloatType, type Tensor } from "../src/util/tensor.ts";
import { distance, relativeError, scaleOf } from "./support/numbers.ts";
import { draw, float, inPrecision, type OpCase } from "./support/op-case.ts";
import { COMPOSITE_ROWS, OP_ROWS } from "./support/op-rows.ts";
import { openReference, REFERENCE_CASES, vectorOf } from "./support/reference-case.ts";
import { hasSoftwareWebGpu } from "./support/software-webgpu.ts";

/* What WebGPU computes, held against the CPU in float64. */

const SEED = 20_261;
const cpu = nodeRuntime({ threads: 1 });
const gpu = nodeRuntime({ threads: 1, device: "webgpu" });

beforeAll(() => {
  if (!hasSoftwareWebGpu) throw new Error("These tests need Chromium's software Vulkan: apt-get install chromium.");
});
afterAll(() => Promise.all([cpu.close(), gpu.close()]));

describe.each(REFERENCE_CASES)("%s on WebGPU", (name) => {
  // What the processor computes in float64 is PyTorch's (reference.test.ts); of as many examples as software does soon.
  const opened = (limit: number) =>
    [
      openReference(name, { precision: "float32", batchSize: 200 }, limit, gpu),
      openReference(name, { batchSize: 200 }, limit),
    ] as const;

  test("loss, gradient and Hessian product to 1e-4", { timeout: 180_000 }, async () => {
    const [problem, exact] = opened(64);
    const v = vectorOf(exact, name, "v.npz");
    expect(relativeError([(await problem.point.value()).loss], [(await exact.point.value()).loss])).toBeLessThan(1e-4);
    expect(relativeError(await problem.point.gradient(), await exact.point.gradient())).toBeLessThan(1e-4);
    const [image] = await problem.point.product(hessianProduct, [v]);
    expect(relativeError(image, (await exact.point.product(hessianProduct, [v]))[0])).toBeLessThan(1e-4);
    await problem.close();
    await exact.close();
  });

  test("Gauss–Newton product to 1e-4", { timeout: 180_000 }, async () => {
    const [problem, exact] = opened(16);
    const v = vectorOf(exact, name, "v.npz");
    const [curvature] = await problem.point.product(gaussNewtonProduct, [v]);
    expect(relativeError(curvature, (await exact.point.product(gaussNewtonProduct, [v]))[0])).toBeLessThan(1e-4);
    await problem.close();
    await exact.close();
  });
});

test("blocks of every product on WebGPU", { timeout: 180_000 }, async () => {
  const name = "lenet-digits";
  const problem = openReference(name, { precision: "float32", batchSize: 8 }, 16, gpu);
  const exact = openReference(name, { batchSize: 8 }, 16);
  const v = vectorOf(exact, name, "v.npz");
  const block = [v, v.map((x, i) => x * ((i % 7) - 3))];
  for (const product of [hessianProduct, gaussNewtonProduct, fisherProduct, empiricalFisherProduct]) {
    const found = await problem.point.product(product, block);
    const right = await exact.point.product(product, block);
    for (const [k, each] of found.entries()) expect(relativeError(each, right[k])).toBeLessThan(1e-4);
  }
  await problem.close();
  await exact.close();
});

/** Value, J t, Jᵀu and the derivative of Jᵀu along t of each case. */
function derivatives(cases: readonly OpCase[], precision: FloatType): Map<string, Value> {
  const graph = new Graph();
  const outputs = new Map<string, Value>();
  for (const [c, each] of cases.entries()) {
    const inputs = each.inputs.map(({ dtype, shape }, i) =>
      graph.input(`${c}x${i}`, isFloat(dtype) ? precision : dtype, shape),
    );
    const y = each.build(...inputs);
    outputs.set(`${c}y`, y);
    const floats = inputs.filter(({ dtype }) => isFloat(dtype));
    if (!isFloat(y.dtype) || floats.length === 0) continue;
    const tangents = floats.map(({ dtype, shape }, i) => graph.input(`${c}t${i}`, dtype, shape));
    const pulled = pullback([y], [graph.input(`${c}u`, y.dtype, y.shape)], floats);
    outputs.set(`${c}Jt`, pushforward([y], floats, tangents)[0]);
    pulled.forEach((value, i) => outputs.set(`${c}Ju${i}`, value));
    pushforward(pulled, floats, tangents).forEach((value, i) => outputs.set(`${c}Ht${i}`, value));
  }
  return outputs;
}

function feedsOf(cases: readonly OpCase[]): Map<string, Tensor> {
  const feeds = new Map<string, Tensor>();
  for (const [c, each] of cases.entries()) {
    const random = createRandom(SEED).split(each.label);
    const normal = (shape: readonly number[]) => draw(float(shape), random);
    each.inputs.forEach((input, i) => feeds.set(`${c}x${i}`, draw(input, random)));
    each.inputs.filter(({ dtype }) => isFloat(dtype)).forEach(({ shape }, i) => feeds.set(`${c}t${i}`, normal(shape)));
    const graph = new Graph();
    const y = each.build(...each.inputs.map(({ dtype, shape }, i) => graph.input(`x${i}`, dtype, shape)));
    feeds.set(`${c}u`, normal(y.shape));
  }
  return feeds;
}

async function run(runtime: Runtime, cases: readonly OpCase[], precision: FloatType, feeds: Map<string, Tensor>) {
  const target: Target = { precision, portable: false, device: runtime.device };
  const outputs = derivatives(cases, precision);
  const lowered = lowerGraph([...outputs.values()], target);
  const named = new Map([...outputs.keys()].map((name, i) => [name, lowered[i]]));
  const executable = await runtime.compile(emitModel(named, target));
  try {
    return await executable.run(
      new Map([...feeds].map(([name, tensor]) => [name, runtime.feed(inPrecision(tensor, precision))])),
    );
  } finally {
    await executable.release();
  }
}

async function expectEqual(cases: readonly OpCase[]): Promise<void> {
  const feeds = feedsOf(cases);
  const right = await run(cpu, cases, "float64", feeds);
  const found = await run(gpu, cases, "float32", feeds);
  expect([...found.keys()]).toEqual([...right.keys()]);
  for (const [name, { data }] of right) {
    const other = found.get(name)?.data ?? [];
    const error = distance(other, data) / scaleOf(other, data);
    expect(error, `${cases[Number.parseInt(name, 10)].label} ${name}`).toBeLessThan(2e-5);
  }
}

describe("value, first and second derivatives on WebGPU", () => {
  test.each([...OP_ROWS, ...COMPOSITE_ROWS].map((row) => [row.op, row] as const))("%s", (_op, { cases, runs = 3 }) =>
    expectEqual(fc.sample(cases, { seed: SEED, numRuns: Math.min(runs, 3) })),
  );

  // Kernels of other shapes than the small ones above.
  const image = { strides: [2, 1], before: [1, 0], after: [1, 2], dilations: [1, 2] };
  const large: OpCase[] = [
    { label: "matmul", inputs: [float([3, 67, 130]), float([130, 65])], build: (x, y) => matmul(x, y) },
    {
      label: "matmul transposed",
      inputs: [float([64, 96]), float([64, 128])],
      build: (x, y) => matmul(x, y, { transposeA: true }),
    },
    { label: "sum", inputs: [float([5, 1030])], build: (x) => reduceSum(x, [1]) },
    { label: "log-softmax", inputs: [float([33, 257])], build: (x) => logSoftmax(x, 1) },
    {
      label: "conv",
      inputs: [float([4, 16, 17, 12]), float([32, 8, 3, 3])],
      build: (x, w) => conv(x, w, { ...image, group: 2 }),
    },
    { label: "max pool", inputs: [float([3, 8, 20, 15])], build: (x) => maxPool(x, { ...image, kernel: [3, 3] }) },
    { label: "sine", inputs: [float([2000], (random, n) => random.normalVector(n).map((x) => 300 * x))], build: sin },
    { label: "cosine", inputs: [float([2000], (random, n) => random.normalVector(n).map((x) => 3 * x))], build: cos },
  ];
  test.each(large.map((each) => [each.label, each] as const))("large: %s", (_label, each) => expectEqual([each]));
});

describe("the proof of the device at load", () => {
  const model = fileURLToPath(new URL("reference/mlp-tanh-digits/model.onnx", import.meta.url));
  const data = fileURLToPath(new URL("reference/mlp-tanh-digits/data.npz", import.meta.url));

  /** The processor, with every float result off by a factor: what a wrong kernel does. */
  function wrong(factor: number, which: (name: string) => boolean): Runtime {
    return {
      ...cpu,
      compile: async (emitted) => {
        const executable = await cpu.compile(emitted);
        return {
          ...executable,
          run: async (feeds) =>
            new Map(
              [...(await executable.run(feeds))].map(([name, tensor]) => [
                name,
                which([...emitted.inputs.keys()].join()) && isFloat(tensor.dtype)
                  ? { ...tensor, data: tensor.data.map((x) => x * factor) }
                  : tensor,
              ]),
            ),
        };
      },
    };
  }

  async function prove(runtime: Runtime, thorough = false) {
    const problem = openReference("mlp-tanh-digits", { precision: "float32" }, 100, runtime);
    const source = loadModel(model);
    return deviceProof.prove({ source, problem, device: "webgpu", thorough, random: createRandom(1) });
  }

  test("passes where the device is right", async () => {
    expect(await prove(gpu, true)).toMatchObject({ name: "device", passed: true });
  });

  test.each([
    ["everything by 192", 192, () => true],
    ["everything by a thousandth", 1.001, () => true],
    ["everything is no number", Number.NaN, () => true],
    ["products only, by a hundredth", 1.01, (inputs: string) => inputs.includes("thalweg:v")],
  ] as const)("fails: %s", async (_what, factor, which) => {
    const check = await prove(wrong(factor, which));
    expect(check?.passed).toBe(false);
    expect(check?.detail).toMatch(/^The device webgpu (?:computes .* wrongly|cannot compute what the processor can)/);
  });

  test("is made at every load, and float64 is refused", async () => {
    const options = { data, device: "webgpu", limit: 50 } as const;
    const loaded = await loadProblem(model, options);
    expect(loaded.proofs.find(({ name }) => name === "device")?.passed).toBe(true);
    await loaded.close();
    await expect(loadProblem(model, { ...options, precision: "float64" })).rejects.toMatchObject({
      kind: "usage",
      code: "device-precision",
    });
  });
});
