import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { DrawingThread } from "../src/cli/drawing-thread.ts";
import { drawSvg } from "../src/report/draw-svg.ts";
import { drawingsOf } from "../src/report/figure-block.ts";
import { figuresOf } from "../src/report/figures-of.ts";
import { sampleProfile } from "./sample-profile.ts";

// Workers load built code; `npm test` builds first.
const built = new URL("../dist/cli/drawing-worker.js", import.meta.url);

const figures = figuresOf(sampleProfile).figures.slice(0, 4);
const [first, second] = figures.map(({ spec }) => spec);
const undrawable: typeof first = { data: { values: [] }, mark: "point", params: [{ name: "half", expr: "1 +" }] };

/** A worker of our own making. */
function workerOf(text: string): URL {
  const file = join(mkdtempSync(join(tmpdir(), "drawing-")), "worker.mjs");
  writeFileSync(file, text);
  return pathToFileURL(file);
}

describe("a thread that draws", () => {
  test("draws what would be drawn here, whether it has begun to or not, and each once", async () => {
    await using thread = new DrawingThread(built);
    thread.begin(figures.slice(1));
    for (const figure of figures)
      for (const { spec } of drawingsOf(figure)) expect(await thread.draw(spec)).toBe(await drawSvg(spec));
    expect(thread.draw(structuredClone(first))).toBe(thread.draw(first));
  });

  test("tells what it cannot draw, and draws the others", async () => {
    await using thread = new DrawingThread(built);
    const [bad, good] = await Promise.allSettled([thread.draw(undrawable), thread.draw(second)]);
    expect(bad).toMatchObject({ status: "rejected", reason: { message: expect.stringMatching(/1 \+/) } });
    expect(good).toMatchObject({ status: "fulfilled", value: await drawSvg(second) });
  });

  test("fails whatever it has not drawn when it dies, and whatever it is asked then", async () => {
    const dying = `import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(3));`;
    await using thread = new DrawingThread(workerOf(dying));
    thread.begin(figures);
    await expect(thread.draw(first)).rejects.toThrow("the drawing stopped: its thread has ended");
    await expect(thread.draw({ ...first, width: 123 })).rejects.toThrow("the drawing stopped: its thread has ended");
    await using broken = new DrawingThread(workerOf(`throw new RangeError("no paper");`));
    await expect(broken.draw(first)).rejects.toThrow("the drawing stopped: no paper");
  });

  test("is closed in the middle of a drawing, which fails, and before it has begun", async () => {
    const thread = new DrawingThread(
      workerOf(`import { parentPort } from "node:worker_threads"; parentPort.on("message", () => {});`),
    );
    const [ended] = await Promise.allSettled([thread.draw(first), thread[Symbol.asyncDispose]()]);
    expect(ended).toMatchObject({ reason: { message: "the drawing stopped: it was closed" } });
    const unopened = new DrawingThread(built);
    await unopened[Symbol.asyncDispose]();
    await expect(unopened.draw(first)).rejects.toThrow("it was closed");
  });
});
