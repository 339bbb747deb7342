import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesSource } from "../src/files/byte-source.ts";
import { encodeNpz, readNpz } from "../src/files/npz.ts";
import { encodeSafetensors } from "../src/files/safetensors.ts";
import { decodeResult, DOCUMENT_KINDS } from "../src/documents/result-kinds.ts";
import type { Tensor } from "../src/util/tensor.ts";
import { NO_WEBGPU } from "./support/software-webgpu.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";

const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const fixture = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const DIGITS = fixture("../assets/digits.onnx");
const OLD_RESULT = fixture("fixtures/results-0.1.0/profile-digits.json");
const REFERENCE = fixture("reference/mlp-tanh-digits/");

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let folder = "";
const at = (...path: string[]) => join(folder, ...path);

/** Runs the built command line in the temporary folder; `act` may send it a signal. */
function thalweg(args: readonly string[], act?: (child: ReturnType<typeof spawn>) => void): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { ...process.env, ...NO_WEBGPU, NO_COLOR: "1" },
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
    act?.(child);
  });
}

function floats(shape: number[], value: (i: number) => number): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: size }, (_, i) => value(i)) };
}

function labels(values: number[]): Tensor {
  return { dtype: "int64", shape: [values.length], data: Float64Array.from(values) };
}

const wave = (i: number) => Math.sin(i * 0.37) / 2 + 0.5;

function npz(name: string, arrays: Record<string, Tensor>): string {
  writeFileSync(at(name), encodeNpz(Object.entries(arrays)));
  return at(name);
}

function readArrays(path: string) {
  return new Map([...readNpz(bytesSource(path, readFileSync(path)))].map(([name, array]) => [name, array.read()]));
}

/** Every file below the folder, to see that nothing was left behind. */
const listing = () => readdirSync(folder, { recursive: true }).map(String).sort();

beforeAll(() => {
  if (!existsSync(MAIN)) throw new Error("dist/ is missing: run `npm run build` first");
  folder = mkdtempSync(join(tmpdir(), "thalweg-cli-"));
  npz("good.npz", { x: floats([12, 64], wave), y: labels([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]) });
  const [weights] = [readFileSync(DIGITS)];
  writeFileSync(at("cut.onnx"), weights.subarray(0, 4000));
  writeFileSync(at("empty.onnx"), "");
  writeFileSync(at("noise.onnx"), "This is no model at all, but a sentence.");
  writeFileSync(at("bytes.onnx"), Uint8Array.of(3, 1, 4, 1, 5, 9, 2, 6));
  writeFileSync(at("pointer.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n");
  writeFileSync(at("page.onnx"), "<!DOCTYPE html>\n<html><title>Sign in</title></html>");
  // The same model with an operator that nobody knows: "Tanh" occurs as a length-prefixed string.
  writeFileSync(
    at("unknown-op.onnx"),
    Buffer.from(weights.toString("latin1").replaceAll("\u0004Tanh", "\u0004Bahn"), "latin1"),
  );
  npz("lengths.npz", { x: floats([5, 64], wave), y: labels([0, 1, 2, 3]) });
  npz("features.npz", { x: floats([4, 63], wave), y: labels([0, 1, 2, 3]) });
  npz("nan.npz", { x: floats([4, 64], (i) => (i === 70 ? Number.NaN : wave(i))), y: labels([0, 1, 2, 3]) });
  npz("none.npz", { x: floats([0, 64], wave), y: labels([]) });
  npz("classes.npz", { x: floats([4, 64], wave), y: labels([0, 1, 2, 17]) });
  npz("nolabels.npz", { x: floats([4, 64], wave) });
  npz("noinputs.npz", { y: labels([0, 1, 2, 3]) });
  npz("fractions.npz", { x: floats([4, 64], wave), y: floats([4], (i) => i / 2) });
  npz("floats.npz", { x: floats([4, 64], wave), y: floats([4], (i) => i) });
  npz("ignored.npz", { x: floats([4, 64], wave), y: labels([0, -1, 2, 3]) });
  npz("real.npz", { x: floats([4, 64], wave), y: floats([4, 3], wave) });
  writeFileSync(at("cut.npz"), readFileSync(at("good.npz")).subarray(0, 900));
  writeFileSync(at("empty.npz"), "");
  mkdirSync(at("folder"));
  mkdirSync(at("foreign"));
  writeFileSync(at("foreign", "thesis.txt"), "mine");
  writeFileSync(at("bad-config.json"), JSON.stringify({ "batch-sise": 3 }));
  writeFileSync(at("config.json"), JSON.stringify({ "batch-size": 5, limit: 10 }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** [what, arguments, exit code, what the message must say] */
const REFUSED: readonly (readonly [string, readonly string[], 2 | 3, RegExp])[] = [
  ["a cut model", ["profile", "cut.onnx", "--data", "good.npz"], 3, /cut\.onnx is not a whole ONNX file/],
  ["an empty model", ["profile", "empty.onnx", "--data", "good.npz"], 3, /empty/],
  [
    "text for a model",
    ["inspect", "noise.onnx"],
    3,
    /noise\.onnx is not the ONNX file that is expected here: it is text\./,
  ],
  [
    "data for a model",
    ["profile", "good.npz", "--data", "good.npz"],
    3,
    /good\.npz is not the ONNX file .* it is a zip/,
  ],
  ["a pointer for a model", ["inspect", "pointer.onnx"], 3, /pointer of git-lfs.*git lfs pull/],
  ["a web page for a model", ["inspect", "page.onnx"], 3, /a web page.*Download the file itself/],
  ["noise for a model", ["inspect", "bytes.onnx"], 3, /not the ONNX file .* it cannot be read as one/],
  [
    "a model for data",
    ["profile", DIGITS, "--data", DIGITS],
    3,
    /digits\.onnx is an ONNX model, where data are expected/,
  ],
  ["a pointer for data", ["profile", DIGITS, "--data", "pointer.onnx"], 3, /git lfs pull/],
  ["an unknown operator", ["profile", "unknown-op.onnx", "--data", "good.npz"], 3, /Bahn/],
  ["cut data", ["profile", DIGITS, "--data", "cut.npz"], 3, /cut\.npz/],
  ["empty data", ["profile", DIGITS, "--data", "empty.npz"], 3, /empty/],
  ["different lengths", ["profile", DIGITS, "--data", "lengths.npz"], 3, /5 examples in x, but 4 labels/],
  ["a wrong number of features", ["profile", DIGITS, "--data", "features.npz"], 3, /\[64\].*\[63\]/s],
  ["NaN in the data", ["profile", DIGITS, "--data", "nan.npz"], 3, /holds NaN in row 1, column 6/],
  ["no examples", ["profile", DIGITS, "--data", "none.npz"], 3, /no examples/],
  ["labels outside the classes", ["profile", DIGITS, "--data", "classes.npz"], 3, /17.*10 outputs/s],
  [
    "labels outside the classes, loss named",
    ["profile", DIGITS, "--data", "classes.npz", "--loss", "cross-entropy"],
    3,
    /example 3 is 17/,
  ],
  ["a loss that does not fit", ["profile", DIGITS, "--data", "good.npz", "--loss", "mse"], 3, /one target per output/],
  ["a loss that is not clear", ["profile", DIGITS, "--data", "real.npz"], 3, /loss cannot be told/],
  ["no labels", ["profile", DIGITS, "--data", "nolabels.npz"], 3, /no labels/],
  ["no inputs", ["profile", DIGITS, "--data", "noinputs.npz"], 3, /input/],
  ["no data", ["profile", DIGITS], 2, /data is missing/],
  ["data given twice", ["profile", DIGITS, "--data", "good.npz", "--x", "good.npz"], 2, /twice/],
  [
    "fractions for class numbers",
    ["profile", DIGITS, "--data", "fractions.npz"],
    3,
    /class numbers, they must be whole numbers from 0 to 9/,
  ],
  [
    "fractions for class numbers, loss named",
    ["profile", DIGITS, "--data", "fractions.npz", "--loss", "cross-entropy"],
    3,
    /label of example 1 is 0\.5, but class labels are whole numbers/,
  ],
  ["data that do not exist", ["profile", DIGITS, "--data", "nope.npz"], 3, /nope\.npz is neither/],
  ["an unknown flag", ["profile", DIGITS, "--batchsize", "3"], 2, /'--batchsize'.*Did you mean --batch-size/s],
  ["help for an unknown verb", ["help", "proflie"], 2, /'proflie'.*Did you mean profile/s],
  ["inputs without labels", ["profile", DIGITS, "--x", "good.npz"], 2, /--x is given without --y/],
  [
    "a vector that is none",
    ["apply", "hessian", DIGITS, "--data", "good.npz", "--vector", DIGITS, "-o", "y.npz"],
    3,
    /\.npz files are: it is an ONNX model/,
  ],
  ["an unknown verb", ["proflie", DIGITS], 2, /'proflie'.*Did you mean profile/s],
  [
    "an unknown choice",
    ["profile", DIGITS, "--data", "good.npz", "--loss", "cross-entropi"],
    2,
    /--loss.*Did you mean cross-entropy/s,
  ],
  [
    "a number that is none",
    ["profile", DIGITS, "--data", "good.npz", "--batch-size", "many"],
    2,
    /--batch-size is "many"; it must be a/,
  ],
  [
    "a number that is too small",
    ["profile", DIGITS, "--data", "good.npz", "--limit", "0"],
    2,
    /--limit is "0"; it must be at least 1/,
  ],
  ["a time that is none", ["profile", DIGITS, "--data", "good.npz", "--time", "soon"], 2, /--time is "soon".*60s/],
  ["a flag without its value", ["profile", DIGITS, "--data"], 2, /argument missing/],
  ["too many arguments", ["inspect", DIGITS, "more"], 2, /Too many arguments/],
  ["a missing model", ["inspect"], 2, /MODEL/],
  ["a model that does not exist", ["inspect", "nope.onnx"], 3, /nope\.onnx cannot be read: it does not exist/],
  ["a folder for a model", ["profile", "folder", "--data", "good.npz"], 3, /folder is a folder/],
  [
    "a folder that cannot be written",
    ["profile", DIGITS, "--data", "good.npz", "-o", "/proc/thalweg/run"],
    3,
    /\/proc\/thalweg cannot be written/,
  ],
  [
    "a file where the folder shall be",
    ["profile", DIGITS, "--data", "good.npz", "-o", "good.npz"],
    2,
    /is not a folder/,
  ],
  ["somebody's folder", ["profile", DIGITS, "--data", "good.npz", "-o", "foreign"], 2, /no run of thalweg wrote/],
  ["a pattern that fits nothing", ["profile", DIGITS, "--data", "good.npz", "--params", "layer9.*"], 2, /layer9/],
  ["an output that is not there", ["profile", DIGITS, "--data", "good.npz", "--output", "nope"], 2, /no output "nope"/],
  [
    "labels that a built-in set has not",
    ["profile", DIGITS, "--data", "digits", "--label", "foo"],
    3,
    /no array "foo"/,
  ],
  ["a node that is not there", ["profile", DIGITS, "--data", "good.npz", "--freeze", "nope"], 2, /no node nope/],
  [
    "a configuration with an unknown flag",
    ["profile", DIGITS, "--config", "bad-config.json"],
    2,
    /"batch-sise".*batch-size/s,
  ],
  ["a configuration that is no JSON", ["profile", DIGITS, "--config", "noise.onnx"], 2, /not JSON/],
  [
    "an unknown matrix",
    ["apply", "hessain", DIGITS, "--data", "good.npz", "-o", "y.npz"],
    2,
    /"hessain".*Did you mean hessian/s,
  ],
  ["an unknown matrix before anything else", ["apply", "hesian", "nope.onnx"], 2, /"hesian".*Did you mean hessian/s],
  [
    "an unknown instrument",
    ["profile", DIGITS, "--data", "good.npz", "--only", "loss,trac"],
    2,
    /"trac".*Did you mean trace/s,
  ],
  [
    "a product without a vector",
    ["apply", "hessian", DIGITS, "--data", "good.npz", "-o", "y.npz"],
    2,
    /needs a vector/,
  ],
  [
    "a vector of another network",
    ["apply", "hessian", DIGITS, "--data", "good.npz", "--vector", "good.npz", "-o", "y.npz"],
    3,
    /"hidden\.weight" is missing/,
  ],
  ["a product without a place", ["apply", "gradient", DIGITS, "--data", "good.npz"], 2, /--out/],
  [
    "weights that are none",
    ["inspect", DIGITS, "--weights", "noise.onnx"],
    3,
    /not a sound safetensors file: it is text/,
  ],
  ["an export without loss", ["export", DIGITS, "--batch", "4", "-o", "h.onnx"], 2, /--loss NAME/],
  ["an unknown term", ["explain", "sharpnes"], 2, /Did you mean sharpness/],
  ["a device that is not there", ["inspect", DIGITS, "--device", "gpu"], 2, /./],
];

describe("what cannot be done", () => {
  it.each(REFUSED)("%s: one clear sentence, nothing written", async (_what, args, code, says) => {
    const before = listing();
    const run = await thalweg(args);
    expect(run.err.replaceAll(/\s+/g, " ")).toMatch(says);
    expect(run.code).toBe(code);
    expect(run.err).toMatch(/error: /);
    expect(run.err).not.toMatch(/\n\s+at |bug in Thalweg|undefined|\[object/);
    expect(run.err.split("error: ")[1].split("\n").length).toBeLessThan(10);
    expect(run.out).toBe("");
    expect(listing()).toEqual(before);
  });

  it("is one JSON document with --json", async () => {
    const run = await thalweg(["profile", "cut.onnx", "--data", "good.npz", "--json"]);
    expect(run.code).toBe(3);
    expect(JSON.parse(run.out)).toMatchObject({
      schema: "thalweg/error@1",
      error: { kind: "input", code: "not-onnx", where: { file: "cut.onnx" } },
      exitCode: 3,
    });
  });

  it("shows a stack only with --debug", async () => {
    const run = await thalweg(["inspect", "cut.onnx", "--debug"]);
    expect(run.err).toMatch(/\n\s+at /);
  });
});

describe("profile", () => {
  const quick = ["--density-probes", "1", "--density-steps", "10", "--top", "2", "--bottom", "1"];

  it("writes a complete folder, and says the same as the reference", async () => {
    const run = await thalweg([
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
    expect((await thalweg(["profile", DIGITS, "--data", "good.npz", "-o", "run", ...quick])).code).toBe(0);
  }, 180_000);

  it("measures the network that comes with it, and leaves the report at hand", async () => {
    mkdirSync(at("start"));
    const child = await new Promise<Finished>((resolve) => {
      const started = spawn(process.execPath, [MAIN, "profile", "--limit", "100", ...quick], { cwd: at("start") });
      let out = "";
      started.stdout.on("data", (text: Buffer) => (out += text.toString()));
      started.on("close", (code) => resolve({ code, out, err: "" }));
    });
    expect(child.code).toBe(0);
    expect(child.out).toMatch(/\.\/report\.html/);
    expect(readdirSync(at("start")).sort()).toEqual(["report.html", "thalweg-runs"]);
  }, 120_000);

  it("prints one JSON document and writes nothing with --json; the same seed gives the same numbers", async () => {
    const before = listing();
    const args = ["profile", DIGITS, "--data", "good.npz", "--json", "--seed", "3", ...quick];
    const [first, second] = [await thalweg(args), await thalweg(args)];
    expect(first.code).toBe(0);
    const results = [first, second].map(({ out }) => decodeResult(out));
    expect(results[0].result).toEqual(results[1].result);
    expect(results[0].seed).toBe(3);
    expect(listing()).toEqual(before);
  }, 120_000);

  it("plans without measuring", async () => {
    const before = listing();
    const run = await thalweg(["profile", DIGITS, "--data", "good.npz", "--dry-run", "-o", "planned"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/Plan[\s\S]*in all +\d.* ≥ \d+ MiB/);
    expect(listing()).toEqual(before);
  });

  it("stops at its budget with what it has", async () => {
    const run = await thalweg(["profile", "--json", "--time", "1ms"]);
    expect(run.code).toBe(5);
    const document = decodeResult(run.out);
    expect(document.schema === "thalweg/profile@1" && document.result.converged).toBe(false);
    expect(document.schema === "thalweg/profile@1" && document.result.loss).toBeGreaterThan(0);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "writes what it has at %s",
    async (signal, code) => {
      const args = ["profile", DIGITS, "--data", "digits", "-o", signal, "--trace-tolerance", "0.0001"];
      const run = await thalweg([...args, "--density-probes", "30"], (child) => {
        child.stderr?.on("data", (text: Buffer) => {
          if (text.toString().includes("Plan:")) setTimeout(() => child.kill(signal), 1500);
        });
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
      child.stderr?.on("data", (text: Buffer) => {
        if (/Plan:|Stopping with/.test(text.toString())) child.kill(signal);
      });
    });
    expect(run.code).toBe(code);
    expect(run.err).toMatch(/error: The run was interrupted/);
    expect(listing()).toEqual(before);
  });

  it("leaves somebody's own report.html alone", async () => {
    writeFileSync(at("report.html"), "mine");
    const run = await thalweg(["profile", "--limit", "20", "--only", "loss"]);
    expect(run.code).toBe(0);
    expect(run.out).not.toMatch(/\.\/report\.html/);
    expect(readFileSync(at("report.html"), "utf8")).toBe("mine");
  });

  it("guesses the loss whatever label marks what is left out", async () => {
    const run = await thalweg([
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
      const run = await thalweg(["profile", DIGITS, "--only", "loss", "--json", "--data", ...args]);
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
    const run = await thalweg([
      "profile",
      DIGITS,
      "--data",
      "good.npz",
      "--config",
      "config.json",
      "--limit",
      "8",
      "--json",
      ...quick,
    ]);
    expect(decodeResult(run.out)).toMatchObject({ data: { examples: 8 }, config: { batchSize: 5, limit: 8 } });
  });
});

describe("apply", () => {
  it("gives the reference's gradient and Hessian-vector product", async () => {
    for (const [matrix, file, flags] of [
      ["gradient", "gradient.npz", []],
      ["hessian", "hv.npz", ["--vector", join(REFERENCE, "v.npz")]],
    ] as const) {
      const run = await thalweg([
        "apply",
        matrix,
        join(REFERENCE, "model.onnx"),
        "--data",
        join(REFERENCE, "data.npz"),
        ...flags,
        "-o",
        "y.npz",
        "--precision",
        "float64",
        "--json",
      ]);
      expect(run.code).toBe(0);
      expect(decodeResult(run.out)).toMatchObject({
        schema: "thalweg/apply@1",
        result: { operator: matrix, output: "y.npz" },
      });
      const found = readArrays(at("y.npz"));
      for (const [name, { data }] of readArrays(join(REFERENCE, file))) {
        const size = Math.max(...data.map(Math.abs));
        found.get(name)?.data.forEach((x, i) => expect(Math.abs(x - data[i])).toBeLessThan(1e-9 * size));
      }
    }
  });

  it("gives other products and the Jacobian", async () => {
    for (const matrix of ["gauss-newton", "fisher", "empirical-fisher", "jacobian"]) {
      const run = await thalweg([
        "apply",
        matrix,
        join(REFERENCE, "model.onnx"),
        "--data",
        join(REFERENCE, "data.npz"),
        "--vector",
        join(REFERENCE, "v.npz"),
        "-o",
        `${matrix}.npz`,
      ]);
      expect(run.code).toBe(0);
      expect(readArrays(at(`${matrix}.npz`)).size).toBe(matrix === "jacobian" ? 1 : 4);
    }
  });
});

describe("the other verbs", () => {
  it("inspect says which tensors are parameters and why", async () => {
    const run = await thalweg(["inspect", DIGITS, "--params", "output.*"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/Parameters: 330 in 2 tensors/);
    expect(run.out).toMatch(/output\.weight +\[10, 32\] +weight of Gemm/);
    const json = decodeResult((await thalweg(["inspect", DIGITS, "--json"])).out);
    expect(json).toMatchObject({ schema: "thalweg/inspect@1", result: { parameters: 2410, differentiable: true } });
  });

  it("inspect says what cannot be read", async () => {
    const run = await thalweg(["inspect", "unknown-op.onnx"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/Bahn \(not read\)/);
    expect(run.out).toMatch(/differentiable +no/);
  });

  it("bench runs batches side by side where there is enough to do, and ends", async () => {
    const folder = fileURLToPath(new URL("./reference/resnet8-digits/", import.meta.url));
    const files = [`${folder}model.onnx`, "--data", `${folder}data.npz`];
    const run = await thalweg(["bench", ...files, "--threads", "2", "--runs", "1"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/200 examples in batches of 100, float32, 2 threads/);
  });

  it("check proves the derivatives", async () => {
    const run = await thalweg(["check", DIGITS, "--data", "good.npz"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/All \d+ checks passed/);
  });

  it("a check that fails is exit code 4, and the profile says so", async () => {
    // y = w·x + ⌊10¹² w·x⌋ / 10¹²: quantised more finely than any step, so that the loss moves twice as fast as its derivative says.
    const bytes = modelBytes({
      opset: 15,
      inputs: [valueInfo("x", "float", ["rows", 4])],
      outputs: [valueInfo("y", "float", ["rows", 1])],
      initializers: [
        tensorProto("w", "float", [4, 1], [0.3, -1.1, 0.7, 1.9]),
        tensorProto("levels", "float", [], [1e12]),
      ],
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["smooth"] },
        { op: "Mul", inputs: ["smooth", "levels"], outputs: ["scaled"] },
        { op: "Floor", inputs: ["scaled"], outputs: ["steps"] },
        { op: "Div", inputs: ["steps", "levels"], outputs: ["quantised"] },
        { op: "Add", inputs: ["smooth", "quantised"], outputs: ["y"] },
      ],
    });
    writeFileSync(at("quantised.onnx"), bytes);
    npz("quantised.npz", { x: floats([64, 4], (i) => Math.sin(i * i)), y: floats([64, 1], wave) });
    const check = await thalweg(["check", "quantised.onnx", "--data", "quantised.npz"]);
    expect(check.code).toBe(4);
    expect(check.out).toMatch(/FAIL\s+Gradient against finite differences/);
    const profile = await thalweg([
      "profile",
      "quantised.onnx",
      "--data",
      "quantised.npz",
      "-o",
      "quantised",
      "--only",
      "loss",
    ]);
    expect(profile.code).toBe(4);
    expect(profile.out.replaceAll(/\s+/g, " ")).toMatch(
      /^FAIL Gradient against finite differences.*Trust nothing here/,
    );
  });

  it("bench times", async () => {
    const run = await thalweg(["bench", DIGITS, "--data", "good.npz", "--runs", "3", "--json"]);
    expect(run.code).toBe(0);
    expect(decodeResult(run.out)).toMatchObject({
      schema: "thalweg/bench@1",
      result: { forward: { runs: 3 }, gemm: { runs: 3 } },
    });
  });

  it("export writes files that ONNX Runtime runs by themselves", async () => {
    const run = await thalweg([
      "export",
      join(REFERENCE, "model.onnx"),
      "--data",
      join(REFERENCE, "data.npz"),
      "-o",
      "hvp.onnx",
    ]);
    expect(run.code).toBe(0);
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(at("hvp.onnx"), { logSeverityLevel: 3 });
    const data = readArrays(join(REFERENCE, "data.npz"));
    const feeds: Record<string, InstanceType<typeof ort.Tensor>> = {};
    const feed = (name: string, { dtype, shape, data: numbers }: Tensor) => {
      feeds[name] =
        dtype === "int64"
          ? new ort.Tensor("int64", BigInt64Array.from(numbers, BigInt), [...shape])
          : new ort.Tensor("float32", Float32Array.from(numbers), [...shape]);
    };
    for (const [name, tensor] of data) feed(name, tensor);
    for (const [name, tensor] of readArrays(join(REFERENCE, "v.npz"))) feed(`v:${name}`, tensor);
    // The weights are not fed: they are the defaults of their inputs.
    const results = await session.run(feeds);
    for (const [name, { data: expected }] of readArrays(join(REFERENCE, "hv.npz"))) {
      const found = results[`hv:${name}`].data;
      const size = Math.max(...expected.map(Math.abs));
      expected.forEach((x, i) => expect(Math.abs(Number(found[i]) - x)).toBeLessThan(1e-5 * size));
    }
    await session.release();
  });

  it.each([
    [-1, [0, -1, 2, 3, -1, 7]],
    [2, [0, 2, 2, 3, 5, 7]],
  ])(
    "export leaves out what apply leaves out: label %d",
    async (ignored, y) => {
      const data = { x: floats([y.length, 64], wave), y: labels(y) };
      npz("left-out.npz", data);
      npz(
        "direction.npz",
        Object.fromEntries(
          [...readArrays(join(REFERENCE, "v.npz"))].map(([name, { shape }]) => [name, floats([...shape], wave)]),
        ),
      );
      const model = join(REFERENCE, "model.onnx");
      const common = [model, "--data", "left-out.npz", "--ignore-index", `${ignored}`, "--precision", "float64"];
      const ort = await import("onnxruntime-node");
      const feed = ({ dtype, shape, data: numbers }: Tensor) =>
        dtype === "int64"
          ? new ort.Tensor("int64", BigInt64Array.from(numbers, BigInt), [...shape])
          : new ort.Tensor("float64", Float64Array.from(numbers), [...shape]);
      for (const matrix of ["gradient", "hessian", "gauss-newton", "fisher", "empirical-fisher"]) {
        const alone = matrix === "gradient";
        const vector = alone ? [] : ["--vector", "direction.npz"];
        const applied = await thalweg(["apply", matrix, ...common, ...vector, "-o", "applied.npz"]);
        expect(applied.code).toBe(0);
        const derivative = alone ? matrix : `${matrix}-vector`;
        const exported = await thalweg(["export", ...common, "--derivative", derivative, "-o", "left-out.onnx"]);
        expect(exported.out.replaceAll(/\s+/g, " ")).toContain(`mean over batches of 6, labels ${ignored} left out`);
        const session = await ort.InferenceSession.create(at("left-out.onnx"), { logSeverityLevel: 3 });
        const vectors = alone ? [] : [...readArrays(at("direction.npz"))];
        const results = await session.run(
          Object.fromEntries(
            [...Object.entries(data), ...vectors.map(([name, v]) => [`v:${name}`, v] as const)].map(
              ([name, tensor]) => [name, feed(tensor)],
            ),
          ),
        );
        for (const [name, { data: expected }] of readArrays(at("applied.npz"))) {
          const found = Object.entries(results).find(([output]) => output.endsWith(`:${name}`))?.[1].data ?? [];
          const size = Math.max(...expected.map(Math.abs));
          expect(size).toBeGreaterThan(0);
          expected.forEach((x, i) => expect(Math.abs(Number(found[i]) - x)).toBeLessThan(1e-11 * size));
        }
        await session.release();
      }
    },
    60_000,
  );

  it("export works without data, for every derivative", async () => {
    const help = await thalweg(["export", "--help"]);
    const names = [
      "gradient",
      "hessian-vector",
      "gauss-newton-vector",
      "fisher-vector",
      "empirical-fisher-vector",
      "jacobian-vector",
      "example-losses",
    ];
    for (const name of names) {
      expect(help.out).toContain(name);
      const run = await thalweg([
        "export",
        DIGITS,
        "--batch",
        "4",
        "--loss",
        "cross-entropy",
        "--derivative",
        name,
        "-o",
        "d.onnx",
      ]);
      expect(run.err).toBe("");
      expect(run.code).toBe(0);
    }
  }, 120_000);

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
    const run = await thalweg([
      "profile",
      DIGITS,
      "--data",
      "good.npz",
      "--weights",
      "zero.safetensors",
      "--json",
      "--density-probes",
      "1",
      "--density-steps",
      "5",
    ]);
    const document = decodeResult(run.out);
    expect(document.schema === "thalweg/profile@1" && document.result.loss).toBeCloseTo(Math.log(10), 6);
    writeFileSync(at("short.safetensors"), encodeSafetensors([["hidden.weight", floats([32, 63], () => 0)]]));
    const refused = await thalweg(["inspect", DIGITS, "--weights", "short.safetensors"]);
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/lacks 3 of the model's 4 parameters/);
  });

  it("print documents of registered kinds, with --json", async () => {
    const model = [DIGITS, "--data", "good.npz"];
    npz("ones.npz", {
      "hidden.weight": floats([32, 64], () => 1),
      "hidden.bias": floats([32], () => 1),
      "output.weight": floats([10, 32], () => 1),
      "output.bias": floats([10], () => 1),
    });
    for (const name of ["ones", "ones-too"]) {
      const tensors = [...readArrays(at("ones.npz"))];
      writeFileSync(at(`${name}.safetensors`), encodeSafetensors(tensors));
    }
    const commands: Readonly<Record<keyof typeof DOCUMENT_KINDS, readonly string[]>> = {
      profile: ["profile", ...model, "--only", "loss"],
      checkpoints: ["profile", ...model, "--only", "loss", "--weights", "ones.safetensors,ones-too.safetensors"],
      plan: ["profile", ...model, "--dry-run"],
      inspect: ["inspect", DIGITS],
      check: ["check", ...model],
      apply: ["apply", "hessian", ...model, "--vector", "ones.npz", "-o", "one.npz"],
      export: ["export", ...model, "-o", "one.onnx"],
      bench: ["bench", ...model, "--runs", "3"],
      compare: ["compare", OLD_RESULT, OLD_RESULT],
      explain: ["explain", "sharpness"],
      doctor: ["doctor"],
      error: ["profile", "nope.onnx", "--data", "digits", "--only", "loss"],
    };
    for (const [kind, schema] of Object.entries(DOCUMENT_KINDS)) {
      const args = Object.entries(commands).find(([name]) => name === kind)?.[1] ?? [];
      const run = await thalweg([...args, "--json"]);
      expect(run.code, kind).toBe(kind === "error" ? 3 : 0);
      const json: unknown = JSON.parse(run.out);
      expect(json).toMatchObject({ schema: `thalweg/${kind}@1` });
      expect(schema.safeParse(json).error, kind).toBeUndefined();
    }
    const json: unknown = JSON.parse(
      (await thalweg(["export", DIGITS, "--batch", "2", "--loss", "bce", "-o", "two.onnx", "--json"])).out,
    );
    expect(json).toMatchObject({
      schema: "thalweg/export@1",
      model: { parameters: 2410 },
      result: { derivative: "hessian-vector", output: "two.onnx" },
    });
    const all = DOCUMENT_KINDS.explain.parse(JSON.parse((await thalweg(["explain", "--json"])).out));
    expect(all.terms.length).toBeGreaterThan(20);
  }, 120_000);

  it("explain, doctor, help and version speak", async () => {
    expect((await thalweg(["explain", "edge of stability"])).out).toMatch(/2\/η/);
    expect((await thalweg(["explain"])).out).toMatch(/^Curvature\n {2}hessian .*\n\nFlatness\n {2}sharpness /su);
    const doctor = await thalweg(["doctor", "--json"]);
    expect(doctor.err).toBe("");
    expect(JSON.parse(doctor.out)).toMatchObject({
      schema: "thalweg/doctor@1",
      devices: [{ device: "cpu", available: true }, {}, {}],
    });
    expect((await thalweg(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await thalweg([]);
    for (const verb of ["profile", "compare", "inspect", "check", "apply", "export", "bench", "explain", "doctor"])
      expect(help.out).toContain(verb);
    expect(help.out).toMatch(/130 +interrupted[^\n]*\n +143 +terminated/);
    expect((await thalweg(["help", "inspect"])).out).toBe((await thalweg(["inspect", "--help"])).out);
    for (const line of (await thalweg(["export", "--help"])).out.split("\n"))
      expect(Array.from(line).length).toBeLessThanOrEqual(80);
  });

  it("models that take their labels compute their own loss", async () => {
    copyFileSync(fixture("fixtures/own-loss-cross-entropy/model.onnx"), at("own.onnx"));
    const data = fixture("fixtures/own-loss-cross-entropy/data.npz");
    const arrays = readArrays(data);
    const y = arrays.get("y");
    if (!y) throw new Error("the fixture has labels");
    npz("own-floats.npz", { ...Object.fromEntries(arrays), y: floats([...y.shape], (i) => y.data[i]) });
    for (const each of [data, "own-floats.npz"]) {
      const run = await thalweg(["check", "own.onnx", "--data", each]);
      expect(run.err.replaceAll(/\s+/g, " ")).toMatch(/takes the labels itself/);
      expect(run.code).toBe(0);
    }
  });
});
