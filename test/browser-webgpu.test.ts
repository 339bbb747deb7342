/** @thorough A device in software, in a browser: a minute. */

import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXPORTABLE, exportDerivative } from "../src/problem/export-derivative.ts";
import { gaussNewtonProduct } from "../src/problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import type { Problem } from "../src/problem/problem.ts";
import type { FloatType, Tensor } from "../src/util/tensor.ts";
import { relativeError } from "./support/numbers.ts";
import { inPrecision } from "./support/op-case.ts";
import { openReference, REFERENCE_CASES, vectorOf } from "./support/reference-case.ts";
import { ORT, serveCheckout, type CheckoutServer } from "./support/serve-checkout.ts";
import { hasSoftwareWebGpu } from "./support/software-webgpu.ts";

/* Derivative graphs on WebGPU in a browser, in software, held against the CPU in float64, which is held against PyTorch elsewhere. */

let browser: Browser;
let server: CheckoutServer;
let page: Page;

beforeAll(async () => {
  if (!hasSoftwareWebGpu) throw new Error("These tests need Chromium's software Vulkan: apt-get install chromium.");
  server = await serveCheckout("ort.webgpu.min.mjs");
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--no-first-run",
      "--disable-background-networking",
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
    ],
  });
  page = await browser.newPage();
  await page.goto(server.origin);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** A tensor as JSON carries it to a page. */
function carried({ dtype, shape, data }: Tensor) {
  return { dtype, shape, data: Array.from(data) };
}

const RUN_IN_PAGE = `async ({ bytes, inputs, outputs, feeds }) => {
  const ort = await import("onnxruntime-web");
  const { tensor, webRuntime } = await import("thalweg/web");
  ort.env.wasm.wasmPaths = "${ORT}/";
  ort.env.wasm.numThreads = 1;
  const runtime = (globalThis.runtime ??= webRuntime(ort, { threads: 1, device: "webgpu" }));
  const executable = await runtime.compile({
    bytes: Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)), inputs: new Map(inputs), outputs: new Map(outputs), nodes: 0,
  });
  const typed = { float32: Float32Array, int64: Float64Array };
  const given = feeds.map(([name, { dtype, shape, data }]) => [name, runtime.feed(tensor(dtype, shape, typed[dtype].from(data)))]);
  const results = await executable.run(new Map(given));
  await executable.release();
  return [...results].map(([name, { data }]) => [name, Array.from(data)]);
}`;

/** So many examples are enough: software takes its time for each, and their shapes are those of any other number. */
const FEW = 16;

/** What an exported derivative gives in the page, on the examples of the problem. */
async function inPage(problem: Problem, kind: string, v: Float64Array): Promise<number[]> {
  const derivative = EXPORTABLE.find((each) => each.name === kind);
  if (!derivative) throw new RangeError(`nothing exports ${kind}`);
  const { model, dataset, options, examples, space } = problem;
  const exported = exportDerivative(derivative, model, dataset, options, examples, "webgpu");
  const { inputs: x, y } = dataset.batch(0, examples);
  const tensors = new Map<string, Tensor>([...Object.entries(x), ["y", y]]);
  for (const [each, tensor] of space.unflatten(v, "float32")) tensors.set(`v:${each}`, tensor);
  // The weights are in the file, as defaults.
  const inputs = [...exported.inputs].filter(([input]) => !space.tensors.some((each) => each.name === input));
  const feeds = inputs.map(([input]) => {
    const tensor = tensors.get(input);
    if (!tensor) throw new RangeError(`nothing to feed to ${input}`);
    return [input, carried(inPrecision(tensor, "float32"))] as const;
  });
  const sent = { bytes: Buffer.from(exported.bytes).toString("base64"), inputs, outputs: [...exported.outputs], feeds };
  const results = await page.evaluate<[string, number[]][]>(`(${RUN_IN_PAGE})(${JSON.stringify(sent)})`);
  return space.tensors.flatMap((each) => results.find(([output]) => output.endsWith(`:${each.name}`))?.[1] ?? []);
}

describe.each(REFERENCE_CASES)("%s on WebGPU in a browser", (name) => {
  const opened = (precision: FloatType) => openReference(name, { precision, batchSize: FEW }, FEW);

  test.each([
    ["gradient", ({ point }: Problem) => point.gradient()],
    ["hessian-vector", async ({ point }: Problem, v: Float64Array) => (await point.product(hessianProduct, [v]))[0]],
    [
      "gauss-newton-vector",
      async ({ point }: Problem, v: Float64Array) => (await point.product(gaussNewtonProduct, [v]))[0],
    ],
  ] as const)("%s to 1e-4", { timeout: 180_000 }, async (kind, right) => {
    const exact = opened("float64");
    const problem = opened("float32");
    const v = vectorOf(exact, name, "v.npz");
    const expected = await right(exact, v);
    const found = await inPage(problem, kind, v);
    expect(found.length).toBe(expected.length);
    expect(relativeError(found, expected)).toBeLessThan(1e-4);
    await problem.close();
    await exact.close();
  });
});

test("a page proves its device: a convolution's gradient on WebGPU against WebAssembly, and a lie is found", async () => {
  const [distance, code] = await page.evaluate<[number, string]>(`(async () => {
    const ort = await import("onnxruntime-web");
    const { decodeModel, Graph, gradient, importGraph, proveRuntime, tensor, webRuntime } = await import("thalweg/web");
    ort.env.wasm.wasmPaths = "${ORT}/";
    ort.env.wasm.numThreads = 1;
    const url = "/test/fixtures/own-loss-cross-entropy/model.onnx";
    const model = decodeModel(new Uint8Array(await (await fetch(url)).arrayBuffer()), { file: url });
    const graph = new Graph();
    const { parameters, outputs, inputs } = importGraph(model, graph, { precision: "float32", batch: 4 });
    const gradients = gradient([...outputs.values()][0], [...parameters.values()]);
    const values = new Map([...parameters.keys()].map((name, i) => ["g:" + name, gradients[i]]));
    const feeds = new Map(model.parameters.map(({ name, shape, data }) => [name, tensor("float32", shape, Float32Array.from(data))]));
    for (const [name, { dtype, shape }] of inputs) {
      const size = shape.reduce((product, extent) => product * extent, 1);
      feeds.set(name, tensor(dtype, shape, dtype === "int64" ? new Float64Array(size) : Float32Array.from({ length: size }, (_, i) => Math.sin(i))));
    }
    const [gpu, wasm] = ["webgpu", "wasm"].map((device) => webRuntime(ort, { threads: 1, device }));
    const distance = await proveRuntime(values, feeds, gpu, wasm, "float32");
    const liar = { ...wasm, compile: async (model) => {
      const executable = await wasm.compile(model);
      return { ...executable, run: async (feeds) => new Map([...(await executable.run(feeds))].map(([name, value]) => [name, { ...value, data: value.data.map((x) => 192 * x) }])) };
    } };
    return [distance, await proveRuntime(values, feeds, liar, wasm, "float32").then(() => "passed", ({ code }) => code)];
  })()`);
  expect(distance).toBeLessThan(1e-5);
  expect(code).toBe("device-differs");
});
