import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource } from "../src/files/byte-source.ts";
import { readNpz } from "../src/files/npz.ts";
import { decodeResult } from "../src/documents/result-kinds.ts";
import { relativeError } from "./support/numbers.ts";
import { runHere } from "./support/run-here.ts";
import { DIST, finish, MAIN, runScript, thalweg } from "./support/spawn-node.ts";

/* Every run ends once, with its own exit code and one summary, whatever happens around it. */

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
/** Large enough that several engines work on it. */
const REFERENCE = path("reference/resnet8-digits/");
const SEPARATORS = path("cases/separator-names/");
const MODEL = [`${REFERENCE}model.onnx`, "--data", `${REFERENCE}data.npz`];
const SMALL = [`${SEPARATORS}m.onnx`, "--data", `${SEPARATORS}d.npz`];
/** A perceptron on whose runs engines that were closed ended the process with code 13; its gradient is PyTorch's, in float64. */
const BUSY = path("cases/31-exit-code-13/");
/** Runs of the test under contention; a release is tried with 200. */
const RUNS = Number(process.env["CONTENTION_RUNS"] ?? 8);
const AT_ONCE = 8;
const QUICK = ["--only", "gradient,loss", "-q"];

let folder = "";
const at = (name: string) => join(folder, name);
const arrays = (file: string) =>
  new Map([...readNpz(bytesSource(file, readFileSync(file)))].map(([name, array]) => [name, array.read().data]));

beforeAll(() => {
  if (!existsSync(MAIN)) throw new Error("dist/ is missing: run `npm run build` first");
  folder = mkdtempSync(join(tmpdir(), "thalweg-exits-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the end of a run", () => {
  test(`${RUNS} runs, ${AT_ONCE} at a time: one exit code, one summary`, { timeout: 20 * 60_000 }, async () => {
    const one = async (i: number) => {
      const from = i % 2 === 0 ? REFERENCE : BUSY;
      const files = [`${from}model.onnx`, "--data", `${from}data.npz`];
      const out = at(`g${i}.npz`);
      const ended = await thalweg(["apply", "gradient", ...files, "-o", out, "--threads", String(2 + (i % 3))]);
      return { ended, gradient: arrays(out), right: arrays(`${from}gradient.npz`) };
    };
    const codes: (number | null)[] = [];
    const runs = Array.from({ length: RUNS }, (_, i) => i);
    for (let i = 0; i < RUNS; i += AT_ONCE) {
      for (const { ended, gradient, right } of await Promise.all(runs.slice(i, i + AT_ONCE).map(one))) {
        codes.push(ended.code);
        expect(ended).toMatchObject({ signal: null, err: expect.not.stringContaining("error") });
        expect(ended.out.match(/written to/g)).toHaveLength(1);
        for (const [name, data] of right) expect(relativeError(gradient.get(name) ?? [], data)).toBeLessThan(1e-4);
      }
    }
    // One by one: an end that was lost is code 13 now and then.
    expect(codes).toEqual(runs.map(() => 0));
  });

  test("engines end however often and whenever they are closed, and what they still owe fails", async () => {
    // Nothing but the lanes holds this process: where a late reply lets one go, it ends with code 13.
    const { code, out, err } = await runScript(`
      const { nodeRuntime } = await import("${DIST}runtime/node-runtime.js");
      const { Graph } = await import("${DIST}graph/graph.js");
      const { emitModel } = await import("${DIST}onnx/emit-model.js");
      const { add } = await import("${DIST}ops/arithmetic.js");
      const x = new Graph().input("x", "float32", [2]);
      const model = emitModel(new Map([["y", add(x, x)]]), { precision: "float32", portable: true });
      const codeOf = (promise) => promise.then(() => "done", ({ code }) => code);
      for (let i = 0; i < 6; i++) {
        const runtime = nodeRuntime({ threads: 2, lanes: 2 });
        const executable = await runtime.compile(model);
        const feed = runtime.feed({ dtype: "float32", shape: [2], data: Float32Array.of(1, 2) });
        const feeds = new Map([["x", feed]]);
        for (const lane of [0, 1]) for (const kept of (await executable.keep(feeds, lane)).values()) kept.release();
        const owed = i % 2 ? codeOf(executable.run(feeds, 0)) : "none";
        await Promise.all([runtime.close(), runtime.close()]);
        await runtime.close();
        console.log(await owed, await codeOf(executable.run(feeds, 0)));
      }
    `);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out.trim().split("\n")).toEqual(
      Array.from({ length: 6 }, (_, i) => `${i % 2 ? "engine-ended" : "none"} engine-ended`),
    );
  });

  test.each([
    ["throws", `throw new Error("no memory for this")`],
    ["throws what is no error", `throw "no memory for this"`],
    ["ends", `process.exit(7)`],
    ["outgrows its heap", `const kept = []; for (;;) kept.push(new Array(1e6).fill(kept.length))`],
  ])("an engine whose thread %s is a fault with a sentence", { timeout: 60_000 }, async (_what, dying) => {
    // A worker that dies at its first request.
    writeFileSync(
      at("dying.mjs"),
      `import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { ${dying} });`,
    );
    const { code, out } = await runScript(
      `
      const { laneRuntime } = await import("${DIST}runtime/lanes.js");
      const worker = new URL(${JSON.stringify(`file://${at("dying.mjs")}`)});
      const runtime = laneRuntime({ description: "dying", threads: 2, lanes: 2, worker });
      const asked = [runtime.blockSize(), (await runtime.compile({ inputs: new Map(), outputs: new Map() })).run(new Map(), 0)];
      for (const each of await Promise.allSettled(asked)) console.log(each.reason?.code, each.reason?.message);
      await runtime.close();
    `,
      { env: { NODE_OPTIONS: "--max-old-space-size=64" } },
    );
    expect(out).toMatch(/^(?:engine-ended The engine stopped: .+\.\n){2}$/);
    expect(code).toBe(0);
  });

  test("that cannot be reached is exit 1 with a sentence", async () => {
    // Threads that are never asked, and hold nothing.
    writeFileSync(
      at("never.mjs"),
      `import { Worker } from "node:worker_threads";
       const post = Worker.prototype.postMessage;
       let lost = false;
       Worker.prototype.postMessage = function (request, transfer) {
         lost ||= request.kind === "run";
         if (lost) this.unref();
         else post.call(this, request, transfer);
       };`,
    );
    const args = [
      "--import",
      at("never.mjs"),
      MAIN,
      "apply",
      "gradient",
      ...MODEL,
      "-o",
      at("n.npz"),
      "--threads",
      "2",
    ];
    const plain = await finish(process.execPath, args);
    expect(plain.code).toBe(1);
    expect(plain.err).toMatch(/error: The run stopped before it was done/);
    const json = await finish(process.execPath, [...args, "--json"]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      schema: "thalweg/error@1",
      exitCode: 1,
      error: { code: "run-stranded" },
    });
  });
});

describe("streams that nobody reads", () => {
  const files = (out: string) => readdirSync(at(out)).sort();
  const ALL = [".thalweg-files", "figures", "report.html", "result.json", "run.json"];

  test.each([
    ["stderr whose reader went away", "thalweg 2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}", 0],
    ["full stderr", "thalweg 2>/dev/full", 0],
    ["closed stderr", "thalweg 2>&-", 0],
    ["stdout whose reader went away", "thalweg | true; exit ${PIPESTATUS[0]}", 0],
    ["closed stdout", "thalweg >&-", 0],
    ["neither", "thalweg >&- 2>&-", 0],
    ["full stdout: the loss of its text is told", "thalweg >/dev/full", 3],
  ])("%s", async (what, line, code) => {
    const out = at(what.replace(/\W+/g, "-"));
    const command = `${process.execPath} ${MAIN} profile ${SEPARATORS}m.onnx --data ${SEPARATORS}d.npz --only gradient -o ${out}`;
    const ended = await finish("bash", ["-c", line.replace("thalweg", () => command)]);
    expect(ended.code).toBe(code);
    expect(readdirSync(out).sort()).toEqual(ALL);
    if (code === 3) expect(ended.err).toContain("The standard output cannot be written: the disk is full.");
  });

  test("a fault keeps its exit code", async () => {
    const missing = `${process.execPath} ${MAIN} profile missing.onnx --data digits --json`;
    for (const streams of ["2>/dev/full", ">/dev/full", "2>&1 | true; exit ${PIPESTATUS[0]}"])
      expect((await finish("bash", ["-c", `${missing} ${streams}`])).code).toBe(3);
  });

  test("not converged stays exit 5 when the reader of stdout goes away", async () => {
    const command = `${process.execPath} ${MAIN} profile ${SMALL.join(" ")} --only eigenvalues --time 1ms -o ${at("late")} -q`;
    expect((await finish("bash", ["-c", `${command} | true; exit \${PIPESTATUS[0]}`])).code).toBe(5);
    expect(files("late")).toContain("result.json");
  });
});

describe("what is written before anything is drawn", () => {
  test("separators in the name of a parameter are drawn as their codes", async () => {
    const { code } = await runHere(["profile", ...SMALL, "-o", at("names"), "-q"], folder);
    expect(code).toBe(0);
    const result = decodeResult(readFileSync(join(at("names"), "result.json"), "utf8"));
    expect(result.model?.tensors.some(({ name }) => /[\u2028\u2029]/.test(name))).toBe(true);
    const svg = readFileSync(join(at("names"), "figures/gradient-tensors.svg"), "utf8");
    expect(svg).toMatch(/\\u202[89]/);
    expect(svg).not.toMatch(/[\u2028\u2029]/);
  });

  test.each([["text"], ["--json"]])("is shown, as %s, where the disk is full in the end: exit 3", async (form) => {
    const command = `${process.execPath} ${MAIN} profile ${SMALL.join(" ")} ${QUICK.join(" ")} -o ${at("full")} ${form === "text" ? "" : form}`;
    // Files may not grow beyond a few KiB.
    const { code, out, err } = await finish("bash", ["-c", `trap '' XFSZ; ulimit -f 2; ${command}`]);
    expect(code).toBe(3);
    expect(err).toMatch(/^error: \S+ cannot be written/);
    if (form === "text") expect(out).toContain("gradient");
    else expect(decodeResult(out).schema).toBe("thalweg/profile@1");
    expect(existsSync(at("full"))).toBe(false);
  });

  /** The program, whose threads run `fault` before they draw: what is loaded before the program is loaded there, too. */
  const withFault = (name: string, fault: string) => {
    const text = `
      import Module from "node:module";
      const compile = Module.prototype._compile;
      Module.prototype._compile = function (source, ...rest) {
        const begin = "const drawSvg = async (spec) => {";
        return compile.call(this, source.replace(begin, begin + ${JSON.stringify(fault)}), ...rest);
      };`;
    writeFileSync(at(name), text);
    return { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(at(name)).href}` };
  };

  test("is there when figures or the report cannot be drawn, which are named: exit 1", async () => {
    const fault = 'if (!globalThis.hasFailed) { globalThis.hasFailed = true; throw new Error("no ink"); }';
    const env = withFault("undrawable.mjs", fault);
    const args = [MAIN, "profile", ...SMALL, "-o", at("undrawn"), ...QUICK];
    const { code, out } = await finish(process.execPath, args, { env });
    expect(code).toBe(1);
    expect(out).toContain("Written to");
    const { warnings } = decodeResult(readFileSync(join(at("undrawn"), "result.json"), "utf8"));
    expect(warnings).toContainEqual(expect.stringContaining("The figure gradient-tensors could not be drawn (no ink)"));
    expect(readdirSync(at("undrawn"))).toContain("report.html");
    // The folder is whole: it may be replaced.
    expect((await runHere(["profile", ...SMALL, "-o", at("undrawn"), ...QUICK], folder)).code).toBe(0);
  });

  test("is there when the thread that draws dies: the figures are named, and the report has their numbers", async () => {
    const env = withFault("dying.mjs", "process.exit(5);");
    const { code } = await finish(process.execPath, [MAIN, "profile", ...SMALL, "-o", at("dead"), ...QUICK], { env });
    expect(code).toBe(1);
    const { warnings } = decodeResult(readFileSync(join(at("dead"), "result.json"), "utf8"));
    const reason = "could not be drawn (the drawing stopped: its thread has ended)";
    expect(warnings).toContainEqual(expect.stringContaining(`The figure gradient-tensors ${reason}`));
    expect(readFileSync(join(at("dead"), "report.html"), "utf8")).toContain("its numbers are below");
  });
});
