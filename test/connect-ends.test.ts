import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import type { Tensor } from "../src/util/tensor.ts";
import { aligned } from "../src/symmetry/align.ts";
import { commandLine, fixture, floats } from "./support/command-line.ts";
import { modelBytes, type NodeSpec, tensorProto, valueInfo } from "./support/onnx-model.ts";

/* What a way between two networks ends at, and what an alignment must leave as it is: small networks, one pass each. */

vi.mock(import("../src/symmetry/align.ts"), async (original) => {
  const all = await original();
  return { ...all, aligned: vi.fn<typeof all.aligned>(all.aligned) };
});

const { at, here } = commandLine();

const waves = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => Math.fround(1.1 * Math.sin(7.31 * (i + 1) * seed + i)));
const [INPUTS, UNITS, OUTPUTS, EXAMPLES] = [3, 12, 2, 258];

interface Spec {
  readonly seed: number;
  /** From "h", the first hidden layer, to "a". */
  readonly middle?: readonly NodeSpec[];
  readonly outputs?: readonly string[];
  /** Whether the places of all units that are not 0 are an output: no rule reads that. */
  readonly showsPlaces?: boolean;
  readonly more?: readonly (readonly [string, readonly number[], readonly number[]])[];
  readonly shapes?: readonly (readonly [string, readonly number[]])[];
}

const TANH: readonly NodeSpec[] = [{ op: "Tanh", inputs: ["h"], outputs: ["a"] }];

function write(
  name: string,
  { seed, middle = TANH, outputs = ["y"], showsPlaces = false, more = [], shapes = [] }: Spec,
): void {
  const size = { y: OUTPUTS, a: UNITS };
  const bytes = modelBytes({
    opset: 17,
    inputs: [valueInfo("x", "float", ["N", INPUTS])],
    outputs: [
      ...outputs.map((each) => valueInfo(each, "float", ["N", each === "y" ? size.y : size.a])),
      ...(showsPlaces ? [valueInfo("places", "int64", [2, "K"])] : []),
    ],
    nodes: [
      { op: "Gemm", inputs: ["x", "w", "b"], outputs: ["h"] },
      ...middle,
      { op: "Gemm", inputs: ["a", "v", "c"], outputs: ["k"] },
      { op: "Tanh", inputs: ["k"], outputs: ["l"] },
      { op: "Gemm", inputs: ["l", "u", "d"], outputs: ["y"] },
      ...(showsPlaces ? [{ op: "NonZero", inputs: ["a"], outputs: ["places"] }] : []),
    ],
    initializers: [
      tensorProto("w", "float", [INPUTS, UNITS], waves(INPUTS * UNITS, seed)),
      tensorProto("b", "float", [UNITS], waves(UNITS, seed + 1)),
      tensorProto("v", "float", [UNITS, UNITS], waves(UNITS * UNITS, seed + 2)),
      tensorProto("c", "float", [UNITS], waves(UNITS, seed + 3)),
      tensorProto("u", "float", [UNITS, OUTPUTS], waves(UNITS * OUTPUTS, seed + 4)),
      tensorProto("d", "float", [OUTPUTS], waves(OUTPUTS, seed + 5)),
      ...more.map(([tensor, shape, values]) => tensorProto(tensor, "float", shape, values)),
      ...shapes.map(([tensor, values]) => tensorProto(tensor, "int64", [values.length], values)),
    ],
  });
  writeFileSync(at(name), bytes);
}

const normalized = (seed: number): Spec => ({
  seed,
  middle: [
    { op: "BatchNormalization", inputs: ["h", "gain", "offset", "mean", "var"], outputs: ["n"] },
    { op: "Tanh", inputs: ["n"], outputs: ["a"] },
  ],
  more: [
    ["gain", [UNITS], waves(UNITS, seed + 6).map((x) => 1 + x / 4)],
    ["offset", [UNITS], waves(UNITS, seed + 7)],
    ["mean", [UNITS], waves(UNITS, seed + 8)],
    ["var", [UNITS], waves(UNITS, seed + 9).map((x) => 2 + x)],
  ],
});

/** Four rows that examples fill: where their number is no multiple of four, units of one example stand in two of them. */
const grouped = (seed: number): Spec => ({
  seed,
  middle: [
    { op: "Reshape", inputs: ["h", "groups"], outputs: ["g"] },
    { op: "Tanh", inputs: ["g"], outputs: ["t"] },
    { op: "Reshape", inputs: ["t", "rows"], outputs: ["a"] },
  ],
  shapes: [
    ["groups", [4, -1]],
    ["rows", [-1, UNITS]],
  ],
});

const DATA = ["--data", "d.npz", "--loss", "mse", "--threads", "1", "--points", "5", "--match-steps", "0"];

beforeAll(() => {
  for (const seed of [1, 2]) {
    write(`plain-${seed}.onnx`, { seed });
    write(`normalized-${seed}.onnx`, normalized(seed));
    write(`shown-${seed}.onnx`, { seed, outputs: ["y", "a"] });
    write(`grouped-${seed}.onnx`, grouped(seed));
    write(`unread-${seed}.onnx`, { seed, showsPlaces: true });
  }
  const arrays: [string, Tensor][] = [
    ["x", floats([EXAMPLES, INPUTS], (i) => Math.sin(1.7 * i))],
    ["y", floats([EXAMPLES, OUTPUTS], (i) => Math.cos(2.3 * i))],
  ];
  writeFileSync(at("d.npz"), encodeNpz(arrays));
});

it("has every file among its inputs that the two networks keep their weights in", async () => {
  const model = fixture("fixtures/weights-external/model.onnx");
  for (const each of ["left", "right"]) {
    mkdirSync(at(each));
    for (const file of ["model.onnx", "model.onnx.data"])
      copyFileSync(fixture(`fixtures/weights-external/${file}`), at(each, file));
  }
  const data = ["--data", fixture("fixtures/weights-external/data.npz"), "--threads", "1", "--points", "3"];
  for (const args of [
    ["connect", model, at("right/model.onnx"), ...data],
    ["trajectory", model, at("left/model.onnx"), at("right/model.onnx"), ...data.slice(0, 4)],
  ]) {
    const run = await here([...args, "--json"]);
    expect(run.code, run.err).toBe(0);
    const files = JSON.parse(run.out).inputs.map(({ path }: { path: string }) => path);
    expect(files).toContain(at("right/model.onnx.data"));
    if (args[0] === "trajectory") expect(files).toContain(at("left/model.onnx.data"));
  }
});

describe("a way whose parameters are not all that differs", () => {
  it.each([
    [["plain-1.onnx", "plain-2.onnx", "--params", "w"], /b, v, c, u, d\)/],
    [["plain-1.onnx", "plain-2.onnx", "--freeze", "c"], /\(c\)/],
    [["normalized-1.onnx", "normalized-2.onnx", "--freeze", "gain"], /\(gain\)/],
  ])("does not end at the other network, and is refused: connect %j", async (args, names) => {
    const run = await here(["connect", ...args, ...DATA, "-o", "refused"]);
    expect(run.code).toBe(3);
    const said = run.err.replaceAll(/\s+/g, " ");
    expect(said).toContain("its end would be a network that is neither of the two");
    expect(said).toMatch(names);
  });

  it("is one where only running statistics do, which are taken anew", async () => {
    const run = await here(["connect", "normalized-1.onnx", "normalized-2.onnx", ...DATA, "--json"]);
    expect(run.code, run.err).toBe(0);
    const { result, warnings } = JSON.parse(run.out);
    expect(result.estimatesStatistics).toBe(true);
    expect(warnings.filter((text: string) => text.includes("normalized-2"))).toEqual([]);
  });

  it("has no axis along an eigenvector that there is none of", async () => {
    const run = await here(["line", "plain-1.onnx", "--direction", "eig:99999", ...DATA.slice(0, 6)]);
    expect(run).toMatchObject({ code: 3 });
    expect(run.err.replaceAll(/\s+/g, " ")).toContain(
      "no eigenvector 99999: the Hessian of 230 parameters has as many",
    );
  });

  it.each([
    ["plain", ["--params", "w"], "plain-2.onnx with 5 tensors of the model's own"],
    ["normalized", [], "normalized-2.onnx with 2 tensors of the model's own"],
    ["plain", [], "plain-2.onnx"],
  ])("has its end named as what it is, along a line (%s %j)", async (name, more, end) => {
    const line = [`${name}-1.onnx`, "--direction", `to:${name}-2.onnx`, "--x", "0:1:3", ...more];
    const run = await here(["line", ...line, ...DATA.slice(0, 6), "--json"]);
    expect(run.code, run.err).toBe(0);
    const { result } = JSON.parse(run.out);
    expect(result.title).toBe(`part of the way to ${end}`);
    expect(result.marks).toMatchObject([{ name: end, at: 1 }]);
  });
});

describe("an alignment", () => {
  const align = async (name: string, ...more: string[]) => {
    const run = await here(["connect", `${name}-1.onnx`, `${name}-2.onnx`, "--align", ...DATA, ...more]);
    return { ...run, said: `${run.out} ${run.err}`.replaceAll(/\s+/g, " ") };
  };

  it("leaves units where they are that another output shows", async () => {
    const { code, out, err } = await align("shown", "--json");
    expect(code, err).toBe(0);
    const { result } = JSON.parse(out);
    expect(result.alignment.classes.map(({ tensors }: { tensors: string[] }) => tensors)).toEqual([["v", "c", "u"]]);
    expect(result.maxOutputDifference).toBeLessThan(1e-4);
  });

  it("is refused where an output of the file cannot be read, which it may change; the way without one is not", async () => {
    const { code, said } = await align("unread", "-o", "unread");
    expect(code).toBe(3);
    expect(said).toMatch(/No alignment can be proven: .* The output places is left out: NonZero/);
    expect(existsSync(at("unread/result.json"))).toBe(false);
    const run = await here(["connect", "unread-1.onnx", "unread-2.onnx", ...DATA, "--json"]);
    expect(run.code, run.err).toBe(0);
  });

  it("compares what units give on as many examples as the whole batch has, where groups of them hang on that", async () => {
    const { code, said } = await align("grouped", "--batch-size", String(EXAMPLES), "-o", "grouped");
    expect(code, said).toBe(0);
    const { result } = JSON.parse(readFileSync(at("grouped/result.json"), "utf8"));
    expect(result.alignment.classes.map(({ tensors }: { tensors: string[] }) => tensors)).toEqual([["v", "c", "u"]]);
    expect(result.alignment.attempts.map(({ by }: { by: string }) => by)).toContain("activations");
    expect(readFileSync(at("grouped/report.html"), "utf8")).toContain("<h1>grouped-1.onnx and grouped-2.onnx</h1>");
    expect(result.maxOutputDifference).toBeLessThan(1e-4);
  });

  it("is none where what it found computes something else", async () => {
    const { aligned: right } =
      await vi.importActual<typeof import("../src/symmetry/align.ts")>("../src/symmetry/align.ts");
    // Half-way to it all weights are 0, and the loss is lower there than at any weights drawn at random: it is what is taken.
    vi.mocked(aligned).mockImplementation(({ mine }) => mine.back(mine.theta).map((x) => -x));
    try {
      const { code, said } = await align("plain", "-o", "wrong");
      expect(code).toBe(4);
      expect(said).toContain("No network is given as aligned");
      const { result, checks } = JSON.parse(readFileSync(at("wrong/result.json"), "utf8"));
      expect(result).toMatchObject({ alignment: null, barrier: { aligned: null, permuted: null, after: null } });
      expect(checks.find(({ name }: { name: string }) => name === "aligned-outputs").passed).toBe(false);
      expect(existsSync(at("wrong/aligned.safetensors"))).toBe(false);
    } finally {
      vi.mocked(aligned).mockImplementation(right);
    }
  });
});
