import { readdirSync, readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeResult } from "../../src/documents/result-kinds.ts";
import { encodeSafetensors } from "../../src/files/safetensors.ts";
import { commandLine, DIGITS, floats, labels, REFERENCE, wave } from "../support/command-line.ts";
import { onceSaid, thalweg as runThalweg } from "../support/spawn-node.ts";

const { at, thalweg, here, npz, listing } = commandLine();

describe("profile", () => {
  const quick = ["--density-probes", "1", "--density-steps", "10", "--top", "2", "--bottom", "1"];

  it("writes a complete folder, and says the same as the reference", async () => {
    const run = await here([
      "profile",
      join(REFERENCE, "model.onnx"),
      "--data",
      join(REFERENCE, "data.npz"),
      "-o",
      "run",
      ...quick,
    ]);
    expect(run.code).toBe(0);
    expect(run.err).toMatch(/cross-entropy: integer labels 0 to 9, 10 outputs/);
    expect(readdirSync(at("run")).sort()).toEqual([
      ".thalweg-files",
      "arrays.npz",
      "figures",
      "report.html",
      "result.json",
      "run.json",
    ]);
    const document = decodeResult(readFileSync(at("run", "result.json"), "utf8"));
    if (document.schema !== "thalweg/profile@1") throw new Error(document.schema);
    const expected: { loss: number; gradient_norm: number } = JSON.parse(
      readFileSync(join(REFERENCE, "expected.json"), "utf8"),
    );
    expect(document.result.loss).toBeCloseTo(expected.loss, 6);
    expect(document.result.gradientNorm).toBeCloseTo(expected.gradient_norm, 5);
    expect(document.loss).toMatchObject({ name: "cross-entropy", guessed: true });
    expect(document.checks.length).toBeGreaterThanOrEqual(4);
    expect(document.checks.every(({ passed }) => passed)).toBe(true);
    expect(document.model?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(document.data?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(document.command).toContain("--density-probes");
    for (const line of run.out.split("\n")) expect(Array.from(line).length).toBeLessThanOrEqual(100);
    expect(readFileSync(at("run", "report.html"), "utf8")).toMatch(/^<!doctype html>/i);
    // The same folder again is ours to replace.
    expect((await here(["profile", DIGITS, "--data", "good.npz", "-o", "run", "--only", "loss"])).code).toBe(0);
  }, 180_000);

  it("measures the network that comes with it, and leaves the report at hand", async () => {
    mkdirSync(at("start"));
    const child = await runThalweg(["profile", "--limit", "100", ...quick], { cwd: at("start") });
    expect(child.code).toBe(0);
    expect(child.out).toMatch(/\.\/report\.html/);
    expect(readdirSync(at("start")).sort()).toEqual(["report.html", "thalweg-runs"]);
  }, 120_000);

  it("prints one JSON document and writes nothing with --json; the same seed gives the same numbers", async () => {
    const before = listing();
    const args = ["profile", DIGITS, "--data", "good.npz", "--json", "--seed", "3", "--exact-limit", "0", ...quick];
    const [first, second] = [await thalweg(args), await here(args)];
    expect(first.code).toBe(0);
    const results = [first, second].map(({ out }) => decodeResult(out));
    expect(results[0].result).toEqual(results[1].result);
    expect(results[0].seed).toBe(3);
    expect(listing()).toEqual(before);
  }, 120_000);

  it("plans without measuring", async () => {
    const before = listing();
    const run = await here(["profile", DIGITS, "--data", "good.npz", "--dry-run", "-o", "planned"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/Plan[\s\S]*in all +\d.* ≥ \d[\d.]* (?:Mi|Gi)B/);
    expect(listing()).toEqual(before);
  });

  it("stops at its budget with what it has", async () => {
    const run = await here(["profile", "--limit", "100", "--json", "--time", "1ms"]);
    expect(run.code).toBe(5);
    const document = decodeResult(run.out);
    expect(document.schema === "thalweg/profile@1" && document.result.converged).toBe(false);
    expect(document.schema === "thalweg/profile@1" && document.result.loss).toBeGreaterThan(0);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 143],
  ] as const)(
    "writes what it has at %s",
    async (signal, code) => {
      const args = ["profile", DIGITS, "--data", "digits", "-o", signal, "--trace-tolerance", "0.0001"];
      const run = await thalweg([...args, "--density-probes", "30"], (child) => {
        // In the middle of what takes many times as long.
        onceSaid(child, "Plan:", () => setTimeout(() => child.kill(signal), 500));
      });
      expect(run.code).toBe(code);
      const document = decodeResult(readFileSync(at(signal, "result.json"), "utf8"));
      expect(document.schema === "thalweg/profile@1" && document.result.converged).toBe(false);
      expect(document.warnings.join()).toMatch(/interrupted/);
    },
    120_000,
  );

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("stops at the second %s and writes nothing", async (signal, code) => {
    const before = listing();
    const run = await thalweg(["profile", "-o", "stopped", "--trace-tolerance", "0.0001"], (child) => {
      for (const words of ["Plan:", "Stopping with"]) onceSaid(child, words, () => child.kill(signal));
    });
    expect(run.code).toBe(code);
    expect(run.err).toMatch(/error: The run was interrupted/);
    expect(listing()).toEqual(before);
  });

  it("leaves somebody's own report.html alone", async () => {
    writeFileSync(at("report.html"), "mine");
    const run = await here(["profile", "--limit", "20", "--only", "loss"]);
    expect(run.code).toBe(0);
    expect(run.out).not.toMatch(/\.\/report\.html/);
    expect(readFileSync(at("report.html"), "utf8")).toBe("mine");
  });

  it("guesses the loss whatever label marks what is left out", async () => {
    const run = await here([
      "profile",
      DIGITS,
      "--data",
      "ignored.npz",
      "--ignore-index",
      "-1",
      "--only",
      "loss",
      "--json",
    ]);
    expect(decodeResult(run.out).loss).toMatchObject({ name: "cross-entropy", terms: 3, guessed: true });
  });

  it("reads class numbers that are stored as floats, guessed or named", async () => {
    npz("integers.npz", { x: floats([4, 64], wave), y: labels([0, 1, 2, 3]) });
    const loss = async (...args: string[]) => {
      const run = await here(["profile", DIGITS, "--only", "loss", "--json", "--data", ...args]);
      expect(run.code).toBe(0);
      const document = decodeResult(run.out);
      expect(document.loss).toMatchObject({ name: "cross-entropy", terms: 4 });
      return { loss: document.schema === "thalweg/profile@1" && document.result.loss, talk: run.err };
    };
    const integers = await loss("integers.npz");
    for (const named of [[], ["--loss", "cross-entropy"]]) {
      const asFloats = await loss("floats.npz", ...named);
      expect(asFloats.loss).toBe(integers.loss);
      expect(asFloats.talk.replaceAll(/\s+/g, " ")).toMatch(/stored as float32; they were read as the class numbers/);
    }
  });

  it("takes flags from a file, and those typed before them", async () => {
    const run = await here([
      "profile",
      DIGITS,
      "--data",
      "good.npz",
      "--config",
      "config.json",
      "--limit",
      "8",
      "--json",
      "--only",
      "loss",
    ]);
    expect(decodeResult(run.out)).toMatchObject({ data: { examples: 8 }, config: { batchSize: 5, limit: 8 } });
  });

  it("--weights replaces the parameters", async () => {
    const shapes = new Map([
      ["hidden.weight", [32, 64]],
      ["hidden.bias", [32]],
      ["output.weight", [10, 32]],
      ["output.bias", [10]],
    ]);
    writeFileSync(
      at("zero.safetensors"),
      encodeSafetensors([...shapes].map(([name, shape]) => [name, floats(shape, () => 0)] as const)),
    );
    const run = await here([
      "profile",
      DIGITS,
      "--data",
      "good.npz",
      "--weights",
      "zero.safetensors",
      "--json",
      "--only",
      "loss",
    ]);
    const document = decodeResult(run.out);
    expect(document.schema === "thalweg/profile@1" && document.result.loss).toBeCloseTo(Math.log(10), 6);
    writeFileSync(at("short.safetensors"), encodeSafetensors([["hidden.weight", floats([32, 63], () => 0)]]));
    const refused = await here(["inspect", DIGITS, "--weights", "short.safetensors"]);
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/lacks 3 of the 4 parameters of/);
  });
});
