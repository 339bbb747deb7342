import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openDataset } from "../src/data/open-dataset.ts";
import { bytesSource } from "../src/files/byte-source.ts";
import { encodeNpz } from "../src/files/npz.ts";
import { norm2 } from "../src/linalg/vector.ts";
import { EXPORTABLE, exportDerivative } from "../src/problem/export-derivative.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { decodeModel } from "../src/onnx/decode-model.ts";
import { fedName, nameInFile } from "../src/problem/file-names.ts";
import { Problem } from "../src/problem/problem.ts";
import { gaussNewtonProduct } from "../src/problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { lossNamed, DEFAULTS } from "./support/reference-case.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";
import { runtime } from "./support/run-values.ts";

const BATCH = 5;
const random = createRandom(3);
const drawn = (label: string, size: number) => Array.from(random.split(label).normalVector(size));

/** Names of two inputs, two parameters, a hidden value and the output of a small network. */
type Names = readonly [string, string, string, string, string, string];
const PLAIN: Names = ["a", "b", "w", "v", "h", "out"];

function open(names: Names): Problem {
  const [a, b, w, v, h, out] = names;
  const bytes = modelBytes({
    opset: 18,
    nodes: [
      { op: "MatMul", inputs: [a, w], outputs: [h] },
      { op: "Tanh", inputs: [h], outputs: [`${h}/t`] },
      { op: "Mul", inputs: [`${h}/t`, b], outputs: [`${h}/m`] },
      { op: "MatMul", inputs: [`${h}/m`, v], outputs: [out] },
    ],
    inputs: [valueInfo(a, "double", ["N", 3]), valueInfo(b, "double", ["N", 4])],
    outputs: [valueInfo(out, "double", ["N", 2])],
    initializers: [tensorProto(w, "double", [3, 4], drawn("w", 12)), tensorProto(v, "double", [4, 2], drawn("v", 8))],
  });
  const model = decodeModel(bytes, { file: "names.onnx" });
  const arrays = encodeNpz([
    ["first", { dtype: "float64", shape: [BATCH, 3], data: Float64Array.from(drawn("a", 15)) }],
    ["second", { dtype: "float64", shape: [BATCH, 4], data: Float64Array.from(drawn("b", 20)) }],
    ["labels", { dtype: "int64", shape: [BATCH], data: Float64Array.of(0, 1, 1, 0, 1) }],
  ]);
  // The arrays have names of their own: what a file may call its arrays is not the question here.
  const read = openDataset(
    "d.npz",
    { data: bytesSource("d.npz", arrays) },
    { inputs: [{ name: "first" }, { name: "second" }], label: "labels" },
  );
  const own = new Map([
    ["first", a],
    ["second", b],
  ]);
  const dataset = {
    ...read,
    inputs: read.inputs.map((input) => ({ ...input, name: own.get(input.name) ?? "" })),
    batch: (start: number, end: number) => {
      const { inputs, y } = read.batch(start, end);
      return {
        inputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [own.get(name) ?? "", tensor])),
        y,
      };
    },
  };
  return Problem.open(model, dataset, runtime, {
    ...DEFAULTS,
    batchSize: 3,
    loss: lossNamed("cross-entropy"),
    precision: "float64",
  });
}

async function numbersOf(names: Names): Promise<Float64Array[]> {
  const problem = open(names);
  try {
    const v = createRandom(1).normalVector(problem.space.dimension);
    const block = [v, v.map((x) => -x), v.map((x) => x * x)];
    return [
      Float64Array.of((await problem.point.value()).loss),
      await problem.point.gradient(),
      ...(await problem.point.product(hessianProduct, block)),
      ...(await problem.point.product(gaussNewtonProduct, [v])),
      await problem.point.jacobianTransposed(await problem.point.jacobianVector(v)),
      await problem.point.exampleGradientSquares(),
    ];
  } finally {
    await problem.close();
  }
}

const OURS = [
  "thalweg:y",
  "thalweg:u",
  "thalweg:v0",
  "thalweg:v1",
  "thalweg:p0",
  "single:thalweg:v0",
  "prepared:0",
  "prepared:1",
  "finite:0",
  "loss",
  "rows",
  "correct",
  "squares",
  "y",
  "labels",
  "v0",
  "c0",
  'file:"a"',
  fedName("w"),
];
const AWKWARD = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "length",
  " ",
  "\n",
  "w\0z",
  "w\0y",
  "\ud800",
  "\u2028",
  "é",
  "x".repeat(5000),
];

describe("names of the file never meet names of ours", () => {
  test("what is fed has a name from which the file's is read again", () => {
    for (const name of [...OURS, ...AWKWARD, "", '"']) expect(nameInFile(fedName(name))).toBe(name);
    expect(nameInFile("thalweg:y")).toBeUndefined();
  });

  test("any names give the numbers of plain names", async () => {
    const expected = await numbersOf(PLAIN);
    // Files hold UTF-8, which has no lone surrogates.
    const stored = [...OURS, ...AWKWARD].filter((name) => !/\p{Cs}/u.test(name));
    const name = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...stored) },
      { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 8, unit: "grapheme" }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 6, maxLength: 6 }), async ([a, b, w, v, h, out]) => {
        const found = await numbersOf([a, b, w, v, h, out]);
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test("every name of ours on every place", async () => {
    const expected = await numbersOf(PLAIN);
    for (const name of ["thalweg:y", "prepared:0", "__proto__", "w\0z", "loss"]) {
      for (const place of PLAIN.keys()) {
        const [a, b, w, v, h, out] = PLAIN.with(place, name);
        expect(await numbersOf([a, b, w, v, h, out]), `${name} as ${PLAIN[place]}`).toEqual(expected);
      }
    }
  }, 60_000);

  test("exported files keep the file's names and give way with their own", async () => {
    const names: Names = ["y", "loss", "v:a", "grad:v:a", "labels", "out"];
    const problem = open(names);
    for (const derivative of EXPORTABLE) {
      const exported = exportDerivative(derivative, problem.model, problem.dataset, problem.options, BATCH);
      const executable = await runtime.compile(exported);
      await executable.release();
      const ports = [...exported.inputs.keys(), ...exported.outputs.keys()];
      expect(new Set(ports).size).toBe(ports.length);
      expect(ports).toEqual(expect.arrayContaining(["y", "loss", "v:a", "grad:v:a"]));
    }
    await problem.close();
  });
});

describe("files whose names are ours", () => {
  const at = (file: string) => fileURLToPath(new URL(`cases/names-of-ours/${file}`, import.meta.url));
  // Norms of the gradient by PyTorch in float64; those of a and b are of one network under two names.
  test.each([
    ["a.onnx", "a.npz", 1.059271],
    ["b.onnx", "b.npz", 1.059271],
    ["proto.onnx", "d.npz", 0.4403104227],
    ["prepared.onnx", "d.npz", 0.4932077748],
    ["nul.onnx", "d.npz", 0.3225247735],
  ])("%s has the gradient of the network", async (model, data, expected) => {
    const { problem, proofs, close } = await loadProblem(at(model), { data: at(data), threads: 1 });
    expect(norm2(await problem.point.gradient())).toBeCloseTo(expected, 6);
    expect(proofs.map(({ name, passed }) => [name, passed])).toEqual([
      ["import", true],
      ["file-loss", true],
    ]);
    await close();
  });
});
