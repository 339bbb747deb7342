import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";
import { runHere } from "./support/run-here.ts";
import { DIST, runScript, thalweg } from "./support/spawn-node.ts";

/* Files that are none, that lead elsewhere, or that would be written over. */

const DIGITS = fileURLToPath(new URL("reference/mlp-tanh-digits/", import.meta.url));

let folder = "";
const at = (...path: string[]) => join(folder, ...path);
const run = (...args: string[]) => runHere([...args, "-q"], folder);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-hostile-"));
  for (const name of ["model.onnx", "data.npz"]) copyFileSync(join(DIGITS, name), at(name));
  spawnSync("mkfifo", [at("pipe")]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a pipe where a file is expected", () => {
  it.each([
    ["the model", ["inspect", "pipe"]],
    ["data", ["check", "model.onnx", "--data", "pipe"]],
    ["weights", ["inspect", "model.onnx", "--weights", "pipe"]],
    ["a configuration", ["inspect", "model.onnx", "--config", "pipe"]],
    ["a result", ["run", "pipe"]],
  ])("is refused at once: %s", async (_what, args) => {
    const { code, err } = await run(...args);
    expect([2, 3], err).toContain(code);
    expect(err.replaceAll(/\s+/g, " ")).toMatch(/pipe is not a regular file, where a file is expected/);
  });
});

describe("what a run would write over", () => {
  const gradient = (out: string, model = "model.onnx") =>
    run("apply", "gradient", model, "--data", "data.npz", "-o", out);

  it("is never what it reads", async () => {
    const before = readFileSync(at("model.onnx"));
    for (const out of ["model.onnx", "data.npz", "./model.onnx"]) {
      const { code, err } = await gradient(out);
      expect(code, err).toBe(2);
      expect(err.replaceAll(/\s+/g, " ")).toMatch(/is what the run reads, so it is not written over/);
    }
    expect(readFileSync(at("model.onnx"))).toEqual(before);
  });

  it("is no link, pipe or folder", async () => {
    writeFileSync(at("old"), "old");
    symlinkSync("old", at("link"));
    symlinkSync("nowhere", at("dangling"));
    mkdirSync(at("box"));
    for (const [out, what] of [
      ["link", "a link"],
      ["dangling", "a link"],
      ["pipe", "no regular file"],
      ["box", "a folder"],
    ]) {
      const { code, err } = await gradient(out);
      expect(code, err).toBe(2);
      expect(err.replaceAll(/\s+/g, " ")).toContain(`${out} is ${what}, where a file shall be written`);
      expect((await run("nets", "mlp:2-2", "-o", out)).code).toBe(2);
    }
    expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(at("old"), "utf8")).toBe("old");
    expect(lstatSync(at("pipe")).isFIFO()).toBe(true);
  });

  it("is no file of somebody else's, but where that is asked for", async () => {
    writeFileSync(at("mine"), "thesis");
    const refused = await gradient("mine");
    expect(refused.code).toBe(2);
    expect(refused.err.replaceAll(/\s+/g, " ")).toMatch(/mine is there, and thalweg did not write it.*--overwrite/);
    expect((await run("nets", "mlp:2-2", "-o", "mine")).code).toBe(2);
    expect(readFileSync(at("mine"), "utf8")).toBe("thesis");
    expect((await run("nets", "mlp:2-2", "-o", "mine", "--overwrite")).code).toBe(0);
    expect((await run("nets", "mlp:2-3", "-o", "mine")).code).toBe(0);
    const exported = await run("export", "model.onnx", "--data", "data.npz", "-o", "mine");
    expect(exported.code, exported.err).toBe(0);
  });

  it("may be what it wrote before", async () => {
    for (let i = 0; i < 2; i++) expect((await gradient("g.npz")).code).toBe(0);
  });
});

describe("external data", () => {
  const WEIGHTS = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);

  function keptBeside(path: string) {
    const w = tensorProto("w", "float", [2, 2], [1, 2, 3, 4]);
    const bytes = modelBytes({
      opset: 17,
      inputs: [valueInfo("x", "float", ["n", 2])],
      outputs: [valueInfo("y", "float", ["n", 2])],
      nodes: [{ op: "MatMul", inputs: ["x", "w"], outputs: ["y"], attributes: {} }],
      initializers: [
        {
          ...w,
          floatData: [],
          rawData: new Uint8Array(0),
          dataLocation: 1,
          externalData: [{ $typeName: "onnx.StringStringEntryProto", key: "location", value: "w.bin" }],
        },
      ],
    });
    writeFileSync(path, bytes);
  }

  it("behind a link out of the model's folder is not read", async () => {
    mkdirSync(at("package"));
    writeFileSync(at("secret"), WEIGHTS);
    keptBeside(at("package", "e.onnx"));
    symlinkSync("../secret", at("package", "w.bin"));
    const { code, err } = await run("inspect", "package/e.onnx");
    expect(code, err).toBe(3);
    expect(err.replaceAll(/\s+/g, " ")).toMatch(/is a link to .*secret, outside of the model's folder/);
  });

  it("of a cache whose files all are links into one folder is read", async () => {
    mkdirSync(at("blobs"));
    mkdirSync(at("snapshot"));
    keptBeside(at("blobs", "e"));
    writeFileSync(at("blobs", "w"), WEIGHTS);
    symlinkSync("../blobs/e", at("snapshot", "e.onnx"));
    symlinkSync("../blobs/w", at("snapshot", "w.bin"));
    const { code, err } = await run("inspect", "snapshot/e.onnx");
    expect(code, err).toBe(0);
  });
});

describe("a field of a million digits that is no number", () => {
  it("is refused in the time that it takes to read it", async () => {
    writeFileSync(at("wide.csv"), `1,2,3,4,${"1".repeat(1_000_000)}x\n`);
    const begun = performance.now();
    const { code } = await run("check", "model.onnx", "--data", "wide.csv", "--label", "4");
    expect(code).toBe(3);
    // It took minutes; a busy machine takes seconds.
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});

describe("what a killed run left behind", () => {
  const write = (name: string, then: string) =>
    `import { writeFolderAtomically } from ${JSON.stringify(`${DIST}io/write-atomically.js`)};
    const text = function* () { yield new Uint8Array(3); ${then} };
    writeFolderAtomically(${JSON.stringify(name)}, [["a.txt", text()]]);`;
  const partials = () => readdirSync(folder).filter((name) => name.endsWith(".partial"));

  it("goes with the next one, and what another still writes stays", async () => {
    await runScript(write("out", 'process.kill(process.pid, "SIGKILL");'), { cwd: folder });
    expect(partials()).toHaveLength(1);
    const living = runScript(
      write("out", "console.log(); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);"),
      { cwd: folder },
    );
    await vi.waitFor(() => expect(partials()).toHaveLength(1 + 0));
    await vi.waitFor(async () => {
      await runScript(write("out", ""), { cwd: folder });
      expect(partials()).toHaveLength(1);
    });
    expect((await living).code).toBe(0);
    expect(partials()).toEqual([]);
    expect(readdirSync(at("out")).toSorted()).toEqual([".thalweg-files", "a.txt"]);
  });

  it("and several at once say one sentence", async () => {
    const many = `import { writeFolderAtomically as write } from ${JSON.stringify(`${DIST}io/write-atomically.js`)};
      const said = {};
      for (let i = 0; i < 100; i++) {
        try { write("both", [["a.txt", process.pid + "-" + i], ["b.txt", process.pid + "-" + i]]); }
        catch (error) { said[error.code] = (said[error.code] ?? 0) + 1; }
      }
      console.log(JSON.stringify(Object.keys(said)));`;
    const runs = await Promise.all([1, 2, 3].map(() => runScript(many, { cwd: folder })));
    for (const { code, out, err } of runs) {
      expect(code, err).toBe(0);
      expect(["[]", '["folder-in-use"]']).toContain(out.trim());
    }
    expect(readFileSync(at("both", "a.txt"), "utf8")).toBe(readFileSync(at("both", "b.txt"), "utf8"));
    expect(partials()).toEqual([]);
  });
});

describe("a signal", () => {
  const LONG = [
    "profile",
    "model.onnx",
    "--data",
    "data.npz",
    "-q",
    "--trace-tolerance",
    "1e-9",
    "--density-probes",
    "1000",
  ];

  it("ends a run that has nothing yet, at once", async () => {
    // The pipe is never written to: it waits for a model for ever.
    const { signal, err } = await thalweg(["run", "/dev/stdin"], { cwd: folder }, (child) => {
      setTimeout(() => child.kill("SIGTERM"), 20);
    });
    expect(signal, err).toBe("SIGTERM");
  });

  it("three times ends a run that is busy", async () => {
    let from = 0;
    const { signal } = await thalweg([...LONG, "-o", "busy"], { cwd: folder }, (child) => {
      setTimeout(() => {
        from = performance.now();
        let left = 3;
        const timer = setInterval(() => (left-- > 0 ? child.kill("SIGTERM") : clearInterval(timer)), 100);
      }, 2500);
    });
    expect(performance.now() - from).toBeLessThan(6000);
    expect([null, "SIGTERM"]).toContain(signal);
    expect(existsSync(at("busy"))).toBe(false);
  });
});
