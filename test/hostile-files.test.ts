import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";
import { runHere } from "./support/run-here.ts";

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
