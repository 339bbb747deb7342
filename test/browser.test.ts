import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hessianVector } from "../src/autodiff/products.ts";
import { Graph } from "../src/graph/graph.ts";
import { emitModel } from "../src/onnx/emit-model.ts";
import { mul, sub } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { sumAll } from "../src/ops/structure.ts";
import { tanh } from "../src/ops/unary.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { renderReport } from "../src/report/render-report.ts";
import { decodeResult } from "../src/result/result-kinds.ts";
import { nodeRuntime } from "../src/runtime/node-runtime.ts";
import { allocate, sizeOf, type FloatType, type Tensor } from "../src/util/tensor.ts";
import { sampleProfile } from "./sample-profile.ts";

const CHROMIUM = "/usr/bin/chromium";
const require = createRequire(import.meta.url);

let browser: Browser;
let folder: string;
let report: string;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`These tests need ${CHROMIUM}: apt-get install chromium.`);
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
    ],
  });
  folder = mkdtempSync(join(tmpdir(), "thalweg-browser-"));
  const file = join(folder, "report.html");
  writeFileSync(file, await renderReport(sampleProfile));
  report = pathToFileURL(file).href;
});

afterAll(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

interface Visit {
  readonly page: Page;
  /** Errors on the console, uncaught exceptions, and requests for anything but the page. */
  readonly complaints: string[];
}

async function open(
  url: string,
  options: { width?: number; colorScheme?: "light" | "dark"; javaScriptEnabled?: boolean } = {},
): Promise<Visit> {
  const { width = 1400, ...rest } = options;
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce", ...rest });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:") && request.url() !== url) complaints.push(`request for ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

describe("the report in a browser", () => {
  it.each([
    [400, "light"],
    [400, "dark"],
    [1400, "light"],
    [1400, "dark"],
  ] as const)("at %i px, %s: no complaint, no sideways scroll, nothing that axe finds", async (width, colorScheme) => {
    const { page, complaints } = await open(report, { width, colorScheme });
    await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const violations = await page.evaluate<unknown[]>(
      "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, places: nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)) })))",
    );
    expect(violations).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("switches its scheme by keyboard, and the skip link comes first", async () => {
    const { page } = await open(report, { colorScheme: "light" });
    const paper = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const figure = () => page.evaluate<string>("getComputedStyle(document.querySelector('figure svg rect')).fill");
    const before = [await paper(), await figure()];
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.className")).toBe("skip");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.id")).toBe("scheme");
    await page.keyboard.press("Enter");
    const after = [await paper(), await figure()];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    await page.keyboard.press("Space");
    expect([await paper(), await figure()]).toEqual(before);
    await page.context().close();
  });

  it("saves the JSON that it carries", async () => {
    const { page } = await open(report);
    const download = page.waitForEvent("download");
    await page.click("#save");
    const saved = readFileSync(await (await download).path(), "utf8");
    expect(saved).toBe(await page.locator("#result").textContent());
    expect(decodeResult(saved)).toEqual(sampleProfile);
    await page.context().close();
  });

  it("can be read without scripts: every section and figure, and no button that does nothing", async () => {
    const { page } = await open(report, { javaScriptEnabled: false });
    expect(await page.locator("main section").count()).toBeGreaterThan(sampleProfile.result.sections.length);
    expect(await page.locator("figure .wide svg").first().isVisible()).toBe(true);
    expect(await page.locator("button:visible").count()).toBe(0);
    await page.context().close();
  });
});

/** ½ Σ (W₂ tanh(W₁ x) − y)² as the derivative graph of H v. */
function perceptronProduct(dtype: FloatType) {
  const graph = new Graph();
  const shapes = { w1: [5, 8], w2: [8, 3], v1: [5, 8], v2: [8, 3], x: [6, 5], y: [6, 3] };
  const random = createRandom(11);
  const feeds = new Map<string, Tensor>();
  for (const [name, shape] of Object.entries(shapes)) {
    const data = allocate(dtype, sizeOf(shape));
    data.set(random.split(name).normalVector(data.length));
    feeds.set(name, { dtype, shape, data });
  }
  const input = (name: keyof typeof shapes) => graph.input(name, dtype, shapes[name]);
  const weights = [input("w1"), input("w2")];
  const error = sub(matmul(tanh(matmul(input("x"), weights[0])), weights[1]), input("y"));
  const loss = mul(sumAll(mul(error, error)), 0.5);
  const [h1, h2] = hessianVector(loss, weights, [input("v1"), input("v2")]);
  return {
    model: emitModel(
      new Map([
        ["h1", h1],
        ["h2", h2],
      ]),
      { precision: dtype, portable: true },
    ),
    feeds,
  };
}

describe("the same derivative graph in Node and in a browser", () => {
  const dist = dirname(require.resolve("onnxruntime-web"));
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    const types: Record<string, string> = { ".mjs": "text/javascript", ".wasm": "application/wasm" };
    server = createServer((request, response) => {
      const name = (request.url ?? "/").slice(1);
      if (name === "")
        return void response
          .setHeader("content-type", "text/html")
          .end("<!doctype html><link rel=icon href=data:,><title>ort</title>");
      const file = join(dist, name);
      if (name.includes("/") || !existsSync(file)) return void response.writeHead(404).end();
      response.setHeader("content-type", types[extname(name)] ?? "application/octet-stream").end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The server has a port.");
    origin = `http://127.0.0.1:${address.port}/`;
  });
  afterAll(() => server?.close());

  it.each([
    ["float32", 1e-6],
    ["float64", 1e-12],
  ] as const)("%s: a Hessian–vector product agrees to %f", async (dtype, tolerance) => {
    const { model, feeds } = perceptronProduct(dtype);
    const runtime = nodeRuntime({ threads: 1 });
    const executable = await runtime.compile(model);
    const here = await executable.run(new Map([...feeds].map(([name, tensor]) => [name, runtime.feed(tensor)])));
    await executable.release();

    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(origin);
    const given = [...feeds].map(([name, { shape, data }]) => ({ name, shape, data: Array.from(data) }));
    const there = await page.evaluate<Record<string, number[]>>(`(async () => {
      const ort = await import("/ort.wasm.min.mjs");
      ort.env.wasm.wasmPaths = "/";
      ort.env.wasm.numThreads = 1;
      const session = await ort.InferenceSession.create(Uint8Array.from(${JSON.stringify(Array.from(model.bytes))}));
      const feeds = ${JSON.stringify(given)}.map(({ name, shape, data }) =>
        [name, new ort.Tensor("${dtype}", (${dtype === "float32" ? "Float32Array" : "Float64Array"}).from(data), shape)]);
      const results = await session.run(Object.fromEntries(feeds.filter(([name]) => session.inputNames.includes(name))));
      return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data)]));
    })()`);
    await context.close();

    for (const [name, { data }] of here) {
      const scale = Math.hypot(...data);
      expect(scale).toBeGreaterThan(1);
      expect(Math.hypot(...Array.from(data, (value, i) => value - there[name][i]))).toBeLessThan(tolerance * scale);
    }
  });
});
