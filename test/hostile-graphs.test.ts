/** @thorough sixty processes of a second each, by memory and time */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TensorProto } from "onnx-buf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import { graphProto, modelBytes, tensorProto, valueInfo, type ModelSpec, type NodeSpec } from "./support/onnx-model.ts";
import { PEAK_HOOK } from "./support/peak-memory.ts";
import { finish, MAIN } from "./support/spawn-node.ts";

/* Small files that ask for all memory, or for ever: refused by name, or done, in seconds. */

const BYTES = 2 ** 30;
const SECONDS = 10;

const integers = (name: string, ...values: number[]): TensorProto =>
  tensorProto(name, "int64", [values.length], values);
const integer = (name: string, value: number): TensorProto => tensorProto(name, "int64", [], [value]);
const node = (op: string, inputs: string[], outputs: string[], attributes?: NodeSpec["attributes"]): NodeSpec => ({
  op,
  inputs,
  outputs,
  attributes,
});
const one = (name: string) => tensorProto(name, "float", [], [1]);

interface Addition {
  readonly nodes: readonly NodeSpec[];
  readonly constants?: readonly TensorProto[];
  /** What is added to the output, by its mean; without, `out` is the output. */
  readonly mean?: string;
  readonly out?: string;
  readonly functions?: ModelSpec["functions"];
}

/** A network of two layers with more behind it. */
function network({ nodes, constants = [], mean, out = "y", functions }: Addition): Uint8Array {
  const weights = (name: string, shape: number[]) =>
    tensorProto(
      name,
      "float",
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1)),
    );
  const ends =
    mean === undefined
      ? []
      : [node("ReduceMean", [mean], ["mean"], { keepdims: 0 }), node("Add", ["logits", "mean"], ["y"])];
  return modelBytes({
    opset: 18,
    inputs: [valueInfo("x", "float", ["n", 4])],
    nodes: [node("Gemm", ["x", "w", "b"], ["logits"], { transB: 1 }), ...nodes, ...ends],
    outputs: [valueInfo(out, "float", ["n", 3])],
    initializers: [weights("w", [3, 4]), weights("b", [3]), ...constants],
    functions,
  });
}

const chain = (
  length: number,
  from: string,
  each: (before: string, after: string, i: number) => NodeSpec,
): NodeSpec[] => Array.from({ length }, (_, i) => each(i === 0 ? from : `c${i - 1}`, `c${i}`, i));

/** Loops within loops around Tanh, or around nothing. */
function loops(depth: number, op: string): NodeSpec[] {
  const inside = (level: number): NodeSpec[] =>
    level === 0
      ? [node(op, [`s${level}`], [`o${level}`])]
      : [
          node("Loop", ["trips", "true", `s${level}`], [`o${level}`], {
            body: graphProto({
              inputs: [
                valueInfo(`i${level}`, "int64", []),
                valueInfo(`k${level}`, "bool", []),
                valueInfo(`s${level - 1}`, "float", ["n", 3]),
              ],
              nodes: [...inside(level - 1), node("Identity", [`k${level}`], [`go${level}`])],
              outputs: [valueInfo(`go${level}`, "bool", []), valueInfo(`o${level - 1}`, "float", ["n", 3])],
            }),
          }),
        ];
  return inside(depth).map((each) => ({
    ...each,
    inputs: each.inputs.map((name) => (name === `s${depth}` ? "logits" : name)),
    outputs: ["z"],
  }));
}

const LOOP_CONSTANTS = (trips: number) => [integer("trips", trips), tensorProto("true", "bool", [], [1])];

const CORPUS: Record<string, Addition> = {
  "ConstantOfShape of 3 GB": {
    nodes: [node("ConstantOfShape", ["s"], ["z"])],
    constants: [integers("s", 750e6)],
    mean: "z",
  },
  "ConstantOfShape of 2 TB": {
    nodes: [node("ConstantOfShape", ["s"], ["z"])],
    constants: [integers("s", 2 ** 39)],
    mean: "z",
  },
  "ConstantOfShape beyond all integers": {
    nodes: [node("ConstantOfShape", ["s"], ["z"])],
    constants: [integers("s", 2 ** 40, 2 ** 40)],
    mean: "z",
  },
  "Expand of a number": {
    nodes: [node("Expand", ["one", "s"], ["z"])],
    constants: [one("one"), integers("s", 2 ** 30)],
    mean: "z",
  },
  "Expand of the outputs": {
    nodes: [node("Expand", ["logits", "s"], ["z"])],
    constants: [integers("s", 2 ** 28, 1, 3)],
    mean: "z",
  },
  "Tile of the outputs": {
    nodes: [node("Tile", ["logits", "s"], ["z"])],
    constants: [integers("s", 1, 2 ** 30)],
    mean: "z",
  },
  "Tile of a number": {
    nodes: [node("Tile", ["one", "s"], ["z"])],
    constants: [tensorProto("one", "float", [1], [1]), integers("s", 2 ** 30)],
    mean: "z",
  },
  "Range of 10¹² integers": {
    nodes: [node("Range", ["a", "e", "c"], ["r"]), node("Cast", ["r"], ["z"], { to: 1 })],
    constants: [integer("a", 0), integer("e", 1e12), integer("c", 1)],
    mean: "z",
  },
  "many a Range of 10⁷": {
    nodes: [
      ...Array.from({ length: 20 }, (_, i) => [
        node("Range", ["a", `b${i}`, "c"], [`r${i}`]),
        node("Cast", [`r${i}`], [`f${i}`], { to: 1 }),
        node("ReduceMean", [`f${i}`], [`m${i}`], { keepdims: 0 }),
      ]).flat(),
      node(
        "Sum",
        Array.from({ length: 20 }, (_, i) => `m${i}`),
        ["z"],
      ),
    ],
    constants: [integer("a", 0), integer("c", 1), ...Array.from({ length: 20 }, (_, i) => integer(`b${i}`, 1e7 + i))],
    mean: "z",
  },
  "OneHot of depth 10¹⁰": {
    nodes: [node("OneHot", ["i", "d", "v"], ["z"])],
    constants: [integers("i", 0, 1), integer("d", 1e10), tensorProto("v", "float", [2], [0, 1])],
    mean: "z",
  },
  "Pad by 10⁹": { nodes: [node("Pad", ["logits", "p"], ["z"])], constants: [integers("p", 0, 1e9, 0, 1e9)], mean: "z" },
  "Resize by 10⁵ both ways": {
    nodes: [node("Unsqueeze", ["logits", "a"], ["u"]), node("Resize", ["u", "", "s"], ["z"])],
    constants: [integers("a", 1), tensorProto("s", "float", [3], [1, 1e5, 1e5])],
    mean: "z",
  },
  "EyeLike of a million rows": {
    nodes: [node("ConstantOfShape", ["s"], ["e"]), node("EyeLike", ["e"], ["z"])],
    constants: [integers("s", 1e6, 1e6)],
    mean: "z",
  },
  "an outer sum of 10¹⁰": {
    nodes: [
      node("Expand", ["one", "s"], ["a"]),
      node("Expand", ["one", "t"], ["f"]),
      node("Add", ["a", "f"], ["c"]),
      node("Add", ["c", "m"], ["z"]),
      node("ReduceMean", ["logits"], ["m"], { keepdims: 0 }),
    ],
    constants: [one("one"), integers("s", 1, 1e5), integers("t", 1e5, 1)],
    mean: "z",
  },
  "a matrix product of 10¹⁰": {
    nodes: [
      node("Expand", ["one", "s"], ["a"]),
      node("Expand", ["one", "t"], ["f"]),
      node("MatMul", ["a", "f"], ["z"]),
    ],
    constants: [one("one"), integers("s", 1e5, 1), integers("t", 1, 1e5)],
    mean: "z",
  },
  "Einsum that makes 10¹⁰": {
    nodes: [node("Expand", ["one", "s"], ["a"]), node("Einsum", ["a", "a"], ["z"], { equation: "i,j->ij" })],
    constants: [one("one"), integers("s", 1e5)],
    mean: "z",
  },
  "Concat that doubles 40 times": {
    nodes: chain(40, "logits", (before, after) => node("Concat", [before, before], [after], { axis: 1 })),
    mean: "c39",
  },
  "Concat of constants that doubles 40 times": {
    nodes: [
      ...chain(40, "k", (before, after) => node("Concat", [before, before], [after], { axis: 0 })),
      node("Cast", ["c39"], ["z"], { to: 1 }),
    ],
    constants: [integers("k", 1, 2)],
    mean: "z",
  },
  "500 additions": {
    nodes: chain(500, "logits", (before, after) => node("Add", [before, "b"], [after])),
    out: "c499",
  },
  "two 1 000-fold loops": { nodes: loops(2, "Tanh"), constants: LOOP_CONSTANTS(1000), out: "z" },
  "three 1 000-fold loops": { nodes: loops(3, "Tanh"), constants: LOOP_CONSTANTS(1000), out: "z" },
  "three 1 000-fold loops around nothing": { nodes: loops(3, "Identity"), constants: LOOP_CONSTANTS(1000), out: "z" },
  "twenty loops within one another": { nodes: loops(20, "Tanh"), constants: LOOP_CONSTANTS(2), out: "z" },
  "a loop of 10⁹": { nodes: loops(1, "Tanh"), constants: LOOP_CONSTANTS(1e9), out: "z" },
  "60 LSTMs of 512 steps": {
    nodes: [
      node("Expand", ["one", "s"], ["c"]),
      ...chain(60, "c", (before, after, i) =>
        node("LSTM", [i === 0 ? before : `q${i - 1}`, "lw", "lr"], [after], { hidden_size: 1 }),
      ),
      ...Array.from({ length: 60 }, (_, i) => node("Squeeze", [`c${i}`, "axis"], [`q${i}`])),
    ].toSorted((a, b) => order(a) - order(b)),
    constants: [
      one("one"),
      integers("s", 512, 2, 1),
      integers("axis", 1),
      tensorProto("lw", "float", [1, 4, 1], [1, 1, 1, 1]),
      tensorProto("lr", "float", [1, 4, 1], [1, 1, 1, 1]),
    ],
    mean: "q59",
  },
  "Split into 200 000": {
    nodes: [
      node("Expand", ["one", "s"], ["e"]),
      node(
        "Split",
        ["e"],
        Array.from({ length: 200_000 }, (_, i) => `p${i}`),
        { num_outputs: 200_000 },
      ),
    ],
    constants: [one("one"), integers("s", 200_000)],
    mean: "p7",
  },
  "SplitToSequence of a million": {
    nodes: [
      node("Expand", ["one", "s"], ["e"]),
      node("SplitToSequence", ["e"], ["q"]),
      node("ConcatFromSequence", ["q"], ["z"], { axis: 0 }),
    ],
    constants: [one("one"), integers("s", 1e6)],
    mean: "z",
  },
  "Transpose of a million axes": {
    nodes: [node("Transpose", ["logits"], ["z"], { perm: Array.from({ length: 1e5 }, (_, i) => i) })],
    mean: "z",
  },
  "Reshape to 100 000 axes": {
    nodes: [node("Reshape", ["logits", "s"], ["z"])],
    constants: [integers("s", 0, 3, ...Array.from({ length: 1e5 }, () => 1))],
    mean: "z",
  },
  "a pool whose window is 10⁹": {
    nodes: [
      node("Unsqueeze", ["logits", "a"], ["u"]),
      node("AveragePool", ["u"], ["z"], { kernel_shape: [1e9], pads: [5e8, 5e8] }),
    ],
    constants: [integers("a", 1)],
    mean: "z",
  },
  "a convolution dilated by 10⁹": {
    nodes: [
      node("Unsqueeze", ["logits", "a"], ["u"]),
      node("Conv", ["u", "k"], ["z"], { dilations: [1e9], pads: [1e9, 1e9] }),
    ],
    constants: [integers("a", 1), tensorProto("k", "float", [1, 1, 2], [1, 1])],
    mean: "z",
  },
  "a tensor that is long in words only": {
    nodes: [node("CumSum", ["e", "a"], ["z"]), node("Expand", ["one", "s"], ["e"])].toReversed(),
    constants: [one("one"), integer("a", 0), integers("s", 2 ** 27)],
    mean: "z",
  },
};

function order({ op, outputs: [name] }: NodeSpec): number {
  return op === "Expand" ? -1 : 2 * Number(name.slice(1)) + (op === "Squeeze" ? 1 : 0);
}

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-hostile-"));
  const x = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));
  const y = Float64Array.from({ length: 10 }, (_, i) => i % 3);
  writeFileSync(
    at("d.npz"),
    encodeNpz([
      ["x", { dtype: "float32", shape: [10, 4], data: x }],
      ["y", { dtype: "int64", shape: [10], data: y }],
    ]),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(CORPUS))("%s", (name, addition) => {
  it("ends in seconds, with a sentence or a number", async () => {
    const file = `${name.replaceAll(/\W+/g, "-")}.onnx`;
    writeFileSync(at(file), network(addition));
    for (const args of [
      ["inspect", file],
      ["profile", file, "--data", "d.npz", "--only", "loss,gradient", "--json", "-q"],
    ]) {
      const peak = at("peak");
      const before = performance.now();
      const { code, err } = await finish(process.execPath, ["--import", PEAK_HOOK, MAIN, ...args], {
        cwd: folder,
        env: { PEAK: peak },
        timeout: 90_000,
      });
      const seconds = (performance.now() - before) / 1000;
      const bytes = Number(readFileSync(peak, "utf8")) * 1024;
      rmSync(peak);
      if (process.env.HOSTILE_TABLE !== undefined)
        console.log(
          `${name} | ${args[0]} | ${code} | ${seconds.toFixed(1)} s | ${(bytes / 2 ** 20).toFixed(0)} MiB | ${err.split("\n")[0]}`,
        );
      expect([0, 3], err).toContain(code);
      expect(bytes, "bytes").toBeLessThan(BYTES);
      expect(seconds, "seconds").toBeLessThan(SECONDS * SLOW);
    }
  });
});

/** Tests run beside one another, on machines that are busy. */
const SLOW = 3;
