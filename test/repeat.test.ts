/** @thorough Results of every kind once more: half a minute. */

import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpy } from "../src/files/npy-writer.ts";
import { tensor } from "../src/util/tensor.ts";
import { DOCUMENT_KINDS } from "../src/documents/result-kinds.ts";
import { runHere } from "./support/run-here.ts";

const fixture = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const REFERENCE = fixture("reference/mlp-tanh-digits/");

let folder = "";
const at = (...path: string[]) => join(folder, ...path);
const run = (args: readonly string[]) => runHere(args, folder);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-repeat-"));
  for (const name of ["model.onnx", "data.npz"]) copyFileSync(join(REFERENCE, name), at(name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function repeated(path: string, code: number) {
  const again = await run(["run", path, "--json", "-q"]);
  expect(again.code, again.err + again.out).toBe(code);
  return DOCUMENT_KINDS.repeat.parse(JSON.parse(again.out));
}

const MODEL = ["model.onnx", "--data", "data.npz"];

describe("thalweg run", () => {
  it.each([
    ["profile", [...MODEL, "--limit", "50", "--only", "loss,trace,gradient", "--params", "*bias", "--seed", "5"]],
    ["inspect", ["model.onnx"]],
    ["check", [...MODEL, "--limit", "10"]],
    ["apply", ["gradient", ...MODEL, "-o", "g.npz"]],
    ["export", ["model.onnx", "--data", "data.npz", "-o", "h.onnx"]],
  ])(
    "gives the numbers of %s again, bit for bit, and writes nothing",
    async (verb, args) => {
      const made = await run([verb, ...args, "--json"]);
      expect(made.code, made.err).toBe(0);
      writeFileSync(at(`${verb}.json`), made.out);
      rmSync(at("g.npz"), { force: true });
      rmSync(at("h.onnx"), { force: true });
      const before = readdirSync(folder);
      const { agree, changed, unshared, shared } = await repeated(`${verb}.json`, 0);
      expect({ agree, changed, unshared }).toEqual({ agree: true, changed: [], unshared: [] });
      expect(shared).toBeGreaterThan(0);
      expect(readdirSync(folder)).toEqual(before);
    },
    120_000,
  );

  it("repeats the network that comes with thalweg from the folder of its run, and writes where it is told to", async () => {
    expect((await run(["profile", "--only", "loss", "-o", "demo", "-q"])).code).toBe(0);
    const again = await run(["run", join("demo", "run.json"), "-o", "new", "-q"]);
    expect(again.code, again.err).toBe(0);
    expect(again.out).toMatch(/All \d+ numbers came out again, bit for bit/);
    expect(existsSync(at("new", "result.json"))).toBe(true);
  }, 120_000);

  it("says which numbers do not come out again", async () => {
    const text = readFileSync(at("profile.json"), "utf8");
    const loss = /"loss": (\d\.\d+),/.exec(text)?.[1] ?? "";
    expect(loss).not.toBe("");
    writeFileSync(at("spoilt.json"), text.replace(`"loss": ${loss}`, `"loss": ${Number(loss) + 0.01}`));
    const { agree, differences } = await repeated("spoilt.json", 4);
    expect(agree).toBe(false);
    expect(differences.map(({ name }) => name)).toEqual(["loss"]);
  }, 60_000);

  it("says which numbers are gone, and does not call that agreement", async () => {
    const document = DOCUMENT_KINDS.profile.parse(JSON.parse(readFileSync(at("profile.json"), "utf8")));
    // As if the result had one more, which this version does not find again.
    const text = readFileSync(at("profile.json"), "utf8");
    const estimate =
      '{ "value": 3, "standardError": 0, "rounding": 0, "products": 1, "method": "exact", "interval": { "lower": 3, "upper": 3, "confidence": 0.95 }, "converged": true }';
    expect(document.result.gaussNewton).toBeNull();
    writeFileSync(
      at("more.json"),
      text.replace('"gaussNewton": null', `"gaussNewton": { "top": null, "trace": ${estimate} }`),
    );
    const found = await repeated("more.json", 4);
    expect(found).toMatchObject({ agree: false, changed: [] });
    expect(found.gone).toContain("gaussNewton.trace.value");
    const said = await run(["run", "more.json", "-q"]);
    expect(said.out.replaceAll(/\s+/g, " ")).toMatch(
      /numbers that both have came out again.* numbers of the result the repetition does not have\. They do not agree\. The repetition does not have: gaussNewton\.trace\.value/,
    );
    // Another version may have other numbers.
    writeFileSync(
      at("more-old.json"),
      readFileSync(at("more.json"), "utf8").replace(/"thalweg": ".*?"/, '"thalweg": "0.0.9"'),
    );
    expect(await repeated("more-old.json", 0)).toMatchObject({ agree: null, sameSamples: false });
  }, 120_000);

  it("does not excuse by sampling what the same seed draws again", async () => {
    const args = ["profile", ...MODEL, "--limit", "50", "--only", "trace", "--exact-limit", "0", "--json", "-q"];
    const made = await run(args);
    expect(made.code, made.err).toBe(0);
    const document = DOCUMENT_KINDS.profile.parse(JSON.parse(made.out));
    const { trace } = document.result.hessian;
    if (trace === null || trace.standardError === 0) throw new Error("the trace was not sampled");
    // Within a standard error, and far beyond rounding.
    const spoilt = trace.value + trace.standardError / 2;
    writeFileSync(at("trace.json"), made.out.replace(`"value": ${trace.value}`, `"value": ${spoilt}`));
    const { agree, sameSamples, differences } = await repeated("trace.json", 4);
    expect({ agree, sameSamples }).toEqual({ agree: false, sameSamples: true });
    expect(differences.map(({ name }) => name)).toEqual(["hessian.trace"]);
    // Another version may draw others.
    writeFileSync(
      at("older.json"),
      readFileSync(at("trace.json"), "utf8").replace(/"thalweg": ".*?"/, '"thalweg": "0.0.9"'),
    );
    expect(await repeated("older.json", 0)).toMatchObject({ agree: true, sameSamples: false, explained: 1 });
  }, 120_000);

  it("refuses other files than those that were measured, before it measures", async () => {
    const model = readFileSync(at("model.onnx"));
    writeFileSync(at("model.onnx"), readFileSync(fixture("../assets/digits.onnx")));
    const refused = await run(["run", "profile.json"]);
    writeFileSync(at("model.onnx"), model);
    expect(refused.code).toBe(3);
    expect(refused.err.replaceAll(/\s+/g, " ")).toMatch(/model\.onnx is not what the result was measured on/);
    expect((await run(["run", "profile.json"])).code).toBe(0);
  }, 60_000);

  it("refuses data of several files that were changed", async () => {
    const write = (name: string, scale: number) =>
      writeFileSync(
        at(name),
        encodeNpy(
          tensor(
            "float64",
            [12, 64],
            Float64Array.from({ length: 768 }, (_, i) => scale * Math.sin(i)),
          ),
        ),
      );
    write("x.npy", 1);
    writeFileSync(
      at("y.npy"),
      encodeNpy(
        tensor(
          "int64",
          [12],
          Float64Array.from({ length: 12 }, (_, i) => i % 10),
        ),
      ),
    );
    const made = await run(["profile", "model.onnx", "--x", "x.npy", "--y", "y.npy", "--only", "loss", "--json", "-q"]);
    expect(made.code, made.err).toBe(0);
    writeFileSync(at("arrays.json"), made.out);
    await repeated("arrays.json", 0);
    write("x.npy", 2);
    const refused = await run(["run", "arrays.json"]);
    expect(refused.code).toBe(3);
    expect(refused.err.replaceAll(/\s+/g, " ")).toMatch(/x\.npy y\.npy is not what the result was measured on/);
  }, 60_000);

  it("says of a result of another version what its errors say, no more", async () => {
    const old = fixture("fixtures/results-0.1.0/profile-some-instruments.json");
    const again = await runHere(["run", old, "--json", "-q"], fixture("reference"));
    expect(again.code, again.err).toBe(0);
    const { agree, undecided, explained, unclear } = DOCUMENT_KINDS.repeat.parse(JSON.parse(again.out));
    // 0.1.0 stated no error of the loss and of the gradient.
    expect(agree).toBeNull();
    expect(undecided).toBeGreaterThan(0);
    expect(unclear).toHaveLength(undecided);
    for (const { why } of unclear) expect(why).not.toMatch(/\b[AB]\b/);
    expect(explained).toBeGreaterThan(0);
  }, 120_000);
});
