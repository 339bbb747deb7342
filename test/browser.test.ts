import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesSource } from "../src/files/byte-source.ts";
import { readNpz } from "../src/files/npz.ts";
import { figuresOf } from "../src/report/figures-of.ts";
import { FIGURE_WIDTH, PALETTE } from "../src/figures/style.ts";
import { renderReport } from "../src/report/render-report.ts";
import { decodeResult, type ResultDocument } from "../src/documents/result-kinds.ts";
import { sampleProfile } from "./sample-profile.ts";
import { figures, renderFigure, renderReport as reportOf } from "../src/web.ts";
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
  report = await written("report", sampleProfile);
});

/** Writes the report of a result and says where. */
async function written(name: string, document: ResultDocument): Promise<string> {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, await renderReport(document));
  return pathToFileURL(file).href;
}

afterAll(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

interface Visit {
  readonly page: Page;
  /** Errors on the console, uncaught exceptions, and requests for anything but the page. */
  readonly complaints: string[];
  /** What it shows, and may ask for. */
  url: string;
}

/** A page of its own, which whoever opens it closes with its context. */
async function openApart(url: string, options: { javaScriptEnabled?: boolean } = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:") && request.url() !== visit.url)
      complaints.push(`request for ${request.url()}`);
  });
  const visit: Visit = { page, complaints, url };
  await page.goto(url);
  return visit;
}

let shared: Visit | undefined;

/** The page that tests have in common, loaded anew: nothing of what one has done is left for the next. */
async function open(
  url: string,
  { width = 1400, colorScheme = "light" }: { width?: number; colorScheme?: "light" | "dark" } = {},
): Promise<Visit> {
  shared ??= await openApart("about:blank");
  const { page, complaints } = shared;
  await page.mouse.move(0, 0);
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  shared.url = url;
  complaints.length = 0;
  await page.goto(url);
  return shared;
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
  // Contrast hangs on the scheme, layout on the width: axe, which takes its time, sees each of them.
  it.each([
    [400, "light", "no complaint, no sideways scroll, nothing that axe finds"],
    [400, "dark", "no complaint, no sideways scroll"],
    [1400, "light", "no complaint, no sideways scroll"],
    [1400, "dark", "no complaint, no sideways scroll, nothing that axe finds"],
  ] as const)("at %i px, %s: %s", async (width, colorScheme, what) => {
    const { page, complaints } = await open(report, { width, colorScheme });
    await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.evaluate(CUT_TEXT)).toEqual([]);
    expect(complaints).toEqual([]);
    if (!what.includes("axe")) return;
    await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const violations = await page.evaluate<unknown[]>(
      "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, places: nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)) })))",
    );
    expect(violations).toEqual([]);
  });

  it("switches its scheme by keyboard, and the skip link comes first", async () => {
    const { page } = await openApart(report);
    const paper = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const figure = () => page.evaluate<string>("getComputedStyle(document.querySelector('figure svg text')).fill");
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
  });

  it("can be read without scripts: every section and figure, and no button that does nothing", async () => {
    const { page } = await openApart(report, { javaScriptEnabled: false });
    expect(await page.locator("main section").count()).toBeGreaterThan(sampleProfile.result.sections.length);
    expect(await page.locator("figure .wide svg").first().isVisible()).toBe(true);
    expect(await page.locator("button:visible").count()).toBe(0);
    await page.context().close();
  });

  it("is short before anything is unfolded: of a small network, of a deep one, and of what 0.1.0 wrote", async () => {
    const { layers, attribution } = sampleProfile.result;
    if (layers === null || attribution === null) throw new Error("The sample has both.");
    const names = Array.from({ length: 60 }, (_, i) => `encoder.blocks.${i}.attention.projection.weight`);
    const deep: ResultDocument<"profile"> = {
      ...sampleProfile,
      result: {
        ...sampleProfile.result,
        layers: names.map((name) => ({ ...layers[0], name })),
        attribution: attribution.map((each) => ({ ...each, tensors: names.map((name) => ({ name, share: 1 / 60 })) })),
      },
    };
    const old = decodeResult(
      readFileSync(new URL("fixtures/results-0.1.0/profile-digits.json", import.meta.url), "utf8"),
    );
    for (const [name, document] of Object.entries({ small: sampleProfile, deep, old })) {
      const { page } = await open(await written(name, document));
      const height = await page.evaluate<number>("document.documentElement.scrollHeight");
      const words = await page.evaluate<number>(
        String.raw`document.body.innerText.split(/\s+/).filter((word) => /\p{L}/u.test(word)).length`,
      );
      expect(height, name).toBeLessThanOrEqual(8000);
      expect(words, name).toBeLessThanOrEqual(1500);
    }
  });

  it("shows verdicts and the whole first figure on the first screen", async () => {
    const { page } = await open(report);
    for (const selector of ["#summary .verdicts", "#figure-spectral-density svg"]) {
      const box = await page.locator(selector).first().boundingBox();
      expect((box?.y ?? Number.NaN) + (box?.height ?? Number.NaN), selector).toBeLessThanOrEqual(900);
    }
  });

  it("marks the section that is read in the contents", async () => {
    const { page } = await open(report);
    const current = () =>
      page.locator(".toc [aria-current]").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    expect(await current()).toEqual(["#summary"]);
    await page.locator("#noise").evaluate((section) => section.scrollIntoView());
    await expect.poll(current).toEqual(["#noise"]);
  });

  it("explains a term in place by keyboard and by pointer, and leads to its folded entry", async () => {
    const { page } = await open(report);
    const term = page.locator("a.term:visible").first();
    const tip = page.locator(".tip");
    expect(await tip.isVisible()).toBe(false);
    await term.focus();
    const said = await page.locator(`#${await term.getAttribute("aria-describedby")}`).textContent();
    expect(await tip.textContent()).toBe(said);
    expect(await tip.isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await tip.isVisible()).toBe(false);
    await page.mouse.move(0, 0);
    await term.hover();
    expect(await tip.isVisible()).toBe(true);
    await term.click();
    await expect.poll(() => page.locator("#glossary details[open]").count()).toBe(1);
  });

  it("lets no foreign script run, and evaluates no text", async () => {
    const { page, complaints } = await open(report);
    await page.evaluate(`(() => {
      const script = document.createElement("script");
      script.textContent = "window.foreign = true";
      document.body.append(script);
      document.body.insertAdjacentHTML("beforeend", '<i onclick="window.foreign = true">x</i>');
      document.body.lastElementChild.click();
    })()`);
    expect(await page.evaluate("window.foreign")).toBeUndefined();
    expect(complaints.join("\n")).toContain("Content Security Policy");
  });
});

describe("a figure of the report", () => {
  const drawing = "#figure-extremal-eigenvalues .drawing.wide";

  it("says its values by keyboard, aloud, and zooms", async () => {
    const { page } = await open(report);
    const tips = await page
      .locator(`${drawing} [data-tip]`)
      .evaluateAll((marks) => marks.map((mark) => mark.getAttribute("data-tip")));
    const tip = page.locator(".tip");
    const voice = page.locator("[aria-live]");
    await page.locator(drawing).focus();
    for (const [key, index] of [
      ["ArrowRight", 0],
      ["ArrowRight", 1],
      ["End", tips.length - 1],
      ["ArrowRight", 0],
      ["ArrowLeft", tips.length - 1],
      ["Home", 0],
    ] as const) {
      await page.keyboard.press(key);
      expect(await tip.textContent()).toBe(tips[index]);
      expect(await voice.textContent()).toBe(tips[index]);
    }
    expect(tips[0]).toBe("λ₁ = 41.8300 ± 1 × 10⁻⁵");
    await page.keyboard.press("Escape");
    expect(await tip.isVisible()).toBe(false);
    const view = () => page.locator(`${drawing} svg`).getAttribute("viewBox");
    const whole = await view();
    await page.keyboard.press("+");
    expect(await view()).not.toBe(whole);
    // A value outside of what is shown comes into view.
    await page.keyboard.press("End");
    const frame = await page.locator(`${drawing} svg`).boundingBox();
    const ring = await page.locator(`${drawing} .ring`).boundingBox();
    if (frame === null || ring === null) throw new Error("Both are drawn.");
    expect(ring.x).toBeGreaterThanOrEqual(frame.x);
    expect(ring.x + ring.width).toBeLessThanOrEqual(frame.x + frame.width + 1);
    await page.keyboard.press("0");
    expect(await view()).toBe(whole);
  });

  it("says the value that is pointed at", async () => {
    const { page } = await open(report);
    const mark = page.locator(`${drawing} [data-tip^="λ₂ ="]`).first();
    await mark.scrollIntoViewIfNeeded();
    await mark.hover();
    expect(await page.locator(".tip").textContent()).toBe(await mark.getAttribute("data-tip"));
    await page.mouse.move(0, 0);
    expect(await page.locator(".tip").isVisible()).toBe(false);
  });

  it("is saved as CSV with the numbers that it draws, to the last bit", async () => {
    let { page } = await openApart(report);
    for (const [i, { name, table }] of figuresOf(sampleProfile).figures.entries()) {
      // A browser holds the eleventh file of a page back until somebody says yes.
      if (i % 10 === 9) {
        await page.context().close();
        ({ page } = await openApart(report));
      }
      const download = page.waitForEvent("download");
      await page.locator(`#figure-${name} button`, { hasText: "CSV" }).click();
      const saved = await download;
      expect(saved.suggestedFilename()).toBe(`${name}.csv`);
      const lines = readFileSync(await saved.path(), "utf8")
        .trimEnd()
        .split("\r\n");
      const fields = (line: string) =>
        [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
          ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
        );
      expect(fields(lines[0])).toEqual(table.columns);
      expect(lines.slice(1).map(fields)).toEqual(table.rows.map((row) => row.map((cell) => String(cell ?? ""))));
    }
    await page.context().close();
  });

  it.each(["light", "dark"] as const)(
    "is saved in the %s scheme as SVG and PNG on no background",
    async (colorScheme) => {
      const { page, complaints } = await open(report, { colorScheme });
      const save = async (kind: string) => {
        const download = page.waitForEvent("download");
        await page.locator("#figure-gauss-newton button", { hasText: kind }).click();
        return readFileSync(await (await download).path());
      };
      const svg = (await save("SVG")).toString();
      expect(svg).toMatch(/^<svg[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(svg).toContain(PALETTE[colorScheme].primary);
      expect(svg).not.toMatch(/var\(|data-tip|<rect/);
      const png = await save("PNG");
      expect(png.subarray(1, 4).toString()).toBe("PNG");
      expect(png.readUInt32BE(16)).toBe(2 * FIGURE_WIDTH);
      const corner = await page.evaluate<number[]>(`(async () => {
      const image = await createImageBitmap(new Blob([Uint8Array.from(atob(${JSON.stringify(png.toString("base64"))}), (each) => each.charCodeAt(0))]));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const pixels = context.getImageData(0, 0, image.width, image.height).data;
      return [pixels[3], pixels.filter((each, i) => i % 4 === 3 && each === 255).length];
    })()`);
      expect(corner[0]).toBe(0);
      expect(corner[1]).toBeGreaterThan(500);
      expect(complaints).toEqual([]);
    },
  );
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

/** The figures of a result, one drawing and the report, made in the page of the text of a result.json. */
const RESULT_IN_PAGE = `async (url) => {
  const { figures, renderFigure, renderReport } = await import("thalweg/web");
  const text = await (await fetch(url)).text();
  const drawing = await figures(text);
  const [figure] = drawing.figures;
  return {
    names: drawing.figures.map(({ name }) => name),
    failed: drawing.failed.length,
    svg: await renderFigure(figure),
    report: await renderReport(text),
  };
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
  /** Loads the library once. */
  let page: Page;

  beforeAll(async () => {
    server = await serveCheckout("ort.wasm.min.mjs");
    page = await browser.newPage();
    await page.goto(server.origin);
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
    const products = await page.evaluate<[string, number[]][]>(
      `(${PRODUCT_IN_PAGE})(${JSON.stringify({ url, batch, precision, feeds })})`,
    );

    expect(products.map(([name]) => name)).toEqual(vectors.map(([name]) => `h${name}`));
    const found = products.flatMap(([, data]) => data);
    const right = products.flatMap(([name]) => Array.from(expected.get(name)?.data ?? []));
    expect(found.length).toBe(right.length);
    expect(Math.hypot(...found.map((value, i) => value - right[i]))).toBeLessThan(tolerance * Math.hypot(...right));
  });

  it("figures, drawings and report of a result are those of Node", async () => {
    const url = "/test/fixtures/results-0.1.0/profile-some-instruments.json";
    const found = await page.evaluate<Awaited<ReturnType<typeof drawn>>>(`(${RESULT_IN_PAGE})(${JSON.stringify(url)})`);
    const expected = await drawn(readFileSync(new URL(`..${url}`, import.meta.url), "utf8"));
    expect(found.names.length).toBeGreaterThan(0);
    expect(found).toEqual(expected);
  }, 60_000);

  async function drawn(text: string) {
    const { figures: all, failed } = await figures(text);
    return {
      names: all.map(({ name }) => name),
      failed: failed.length,
      svg: await renderFigure(all[0]),
      report: await reportOf(text),
    };
  }
});
