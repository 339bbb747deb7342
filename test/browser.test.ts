import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesSource } from "../src/files/byte-source.ts";
import { readNpz } from "../src/files/npz.ts";
import { renderReport } from "../src/report/render-report.ts";
import { decodeResult } from "../src/result/result-kinds.ts";
import { sampleProfile } from "./sample-profile.ts";
import { ORT, serveCheckout, type CheckoutServer } from "./support/serve-checkout.ts";

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

/** Labels of figures that leave their drawing, or that were shortened. */
const CUT_TEXT = `[...document.querySelectorAll("figure .drawing")].flatMap((drawing) => {
  const frame = drawing.getBoundingClientRect();
  return [...drawing.querySelectorAll("text")].filter((text) => {
    const { left, right } = text.getBoundingClientRect();
    return left < frame.left - 1 || right > frame.right + 1 || text.textContent.includes("…");
  }).map(({ textContent }) => textContent);
})`;

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
    expect(await page.evaluate(CUT_TEXT)).toEqual([]);
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

/** Decodes, differentiates, emits and runs, all in the page; the products by parameter. */
const PRODUCT_IN_PAGE = `async ({ url, batch, precision, feeds }) => {
  const ort = await import("onnxruntime-web");
  const { decodeModel, emitModel, Graph, hessianVector, importGraph, lowerGraph, tensor, webRuntime } = await import("thalweg/web");
  ort.env.wasm.wasmPaths = "${ORT}/";
  ort.env.wasm.numThreads = 1;
  const model = decodeModel(new Uint8Array(await (await fetch(url)).arrayBuffer()), { file: url });
  const graph = new Graph();
  const { parameters, outputs } = importGraph(model, graph, { precision, batch });
  const vectors = [...parameters].map(([name, { shape }]) => graph.input("v:" + name, precision, shape));
  const target = { precision, portable: true };
  const products = lowerGraph(hessianVector([...outputs.values()][0], [...parameters.values()], vectors), target);
  const names = [...parameters.keys()];
  const runtime = webRuntime(ort, { threads: 1 });
  const executable = await runtime.compile(emitModel(new Map(names.map((name, i) => ["hv:" + name, products[i]])), target));
  const floats = precision === "float32" ? Float32Array : Float64Array;
  const given = [
    ...model.parameters.map(({ name, shape, data }) => [name, tensor(precision, shape, floats.from(data))]),
    ...feeds.map(([name, { dtype, shape, data }]) => [name, tensor(dtype, shape, (dtype === "int64" ? Float64Array : floats).from(data))]),
  ];
  const results = await executable.run(new Map(given.map(([name, value]) => [name, runtime.feed(value)])));
  return [...results].map(([name, { data }]) => [name, Array.from(data)]);
}`;

describe("the library in a browser", () => {
  const fixture = new URL("fixtures/own-loss-cross-entropy/", import.meta.url);
  const arrays = (file: string) =>
    new Map(
      [...readNpz(bytesSource(file, readFileSync(new URL(file, fixture))))].map(([name, array]) => [
        name,
        array.read(),
      ]),
    );
  let server: CheckoutServer;
  let origin: string;

  beforeAll(async () => {
    server = await serveCheckout("ort.wasm.min.mjs");
    ({ origin } = server);
  });
  afterAll(() => server?.close());

  it.each([
    ["float32", 1e-6],
    ["float64", 1e-12],
  ] as const)("%s: a Hessian–vector product agrees with PyTorch's to %f", async (precision, tolerance) => {
    const expected = arrays("expected.npz");
    const vectors = [...expected].filter(([name]) => name.startsWith("v:"));
    const feeds = [...arrays("data.npz"), ...vectors].map(([name, { dtype, shape, data }]) => [
      name,
      { dtype: dtype === "int64" ? dtype : precision, shape, data: Array.from(data) },
    ]);
    const batch = arrays("data.npz").get("x")?.shape[0];
    const url = "/test/fixtures/own-loss-cross-entropy/model.onnx";
    const page = await browser.newPage();
    await page.goto(origin);
    const products = await page.evaluate<[string, number[]][]>(
      `(${PRODUCT_IN_PAGE})(${JSON.stringify({ url, batch, precision, feeds })})`,
    );
    await page.close();

    expect(products.map(([name]) => name)).toEqual(vectors.map(([name]) => `h${name}`));
    const found = products.flatMap(([, data]) => data);
    const right = products.flatMap(([name]) => Array.from(expected.get(name)?.data ?? []));
    expect(found.length).toBe(right.length);
    expect(Math.hypot(...found.map((value, i) => value - right[i]))).toBeLessThan(tolerance * Math.hypot(...right));
  });
});
