import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gradient, load } from "../index.ts";
import { graphProto, modelBytes, tensorProto, valueInfo, type Elements } from "../../test/support/onnx-model.ts";
import { encodeNpz } from "../files/npz.ts";
import { setInputs } from "./set-inputs.ts";

/*
 * A network that is another one by an input that all examples share: x·w where it is not trained, tanh of that where it is, times a factor.
 */

const folder = mkdtempSync(join(tmpdir(), "thalweg-set-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const branch = (op: string) =>
  graphProto({
    nodes: [{ op, inputs: ["h"], outputs: [`in${op}`] }],
    inputs: [],
    outputs: [valueInfo(`in${op}`, "float", ["n", 2])],
  });

function network(kind: Elements, shape: number[] = []): Uint8Array {
  return modelBytes({
    opset: 17,
    nodes: [
      { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
      { op: "Cast", inputs: ["training"], outputs: ["truth"], attributes: { to: 9 } },
      {
        op: "If",
        inputs: ["truth"],
        outputs: ["y"],
        attributes: { then_branch: branch("Tanh"), else_branch: branch("Identity") },
      },
      { op: "Mul", inputs: ["y", "factor"], outputs: ["z"] },
    ],
    inputs: [valueInfo("x", "float", ["n", 3]), valueInfo("training", kind, shape), valueInfo("factor", "float", [1])],
    outputs: [valueInfo("z", "float", ["n", 2])],
    initializers: [tensorProto("w", "float", [3, 2], [0.5, -0.25, 1, 0.75, -1, 0.125])],
  });
}

const model = join(folder, "model.onnx");
const data = join(folder, "data.npz");
const X = [1, 0.5, -0.25, -1, 2, 0.125];
const Y = [0.5, 1, -0.5, 0.25];

beforeAll(() => {
  writeFileSync(model, network("bool"));
  const file = encodeNpz(
    new Map([
      ["x", { dtype: "float64", shape: [2, 3], data: Float64Array.from(X) }],
      ["y", { dtype: "float64", shape: [2, 2], data: Float64Array.from(Y) }],
    ]),
  );
  writeFileSync(data, file);
});

/** The mean square of factor·f(x·w) − y, written out. */
function expected(f: (h: number) => number, factor: number): number {
  const w = [0.5, -0.25, 1, 0.75, -1, 0.125];
  let sum = 0;
  for (let n = 0; n < 2; n++)
    for (let j = 0; j < 2; j++) {
      const h = [0, 1, 2].reduce((total, i) => total + X[3 * n + i] * w[2 * i + j], 0);
      sum += (factor * f(h) - Y[2 * n + j]) ** 2;
    }
  return sum / 4;
}

describe("inputs that all examples share are set", () => {
  test.each([
    ["training=0", (h: number) => h],
    ["training=true", Math.tanh],
  ])("%s", async (setting, f) => {
    const options = { data, loss: "mse", precision: "float64", set: [setting, "factor=0.75"] } as const;
    const problem = await load(model, options);
    const { loss } = await problem.point.value();
    expect(Math.abs(loss - expected(f, 0.75))).toBeLessThan(1e-12);
    expect((await gradient(problem)).every(Number.isFinite)).toBe(true);
    await problem.close();
  });

  test("without, the refusal names the input and what to do", async () => {
    await expect(load(model, { data, loss: "mse", set: ["factor=1"] })).rejects.toThrow(/training/);
  });
});

test.each([
  ["training", "--set training is no NAME=VALUE."],
  ["trainin=1", "The model has no input trainin to set."],
  ["training=2", "--set training=2 gives no number of the type bool."],
  ["factor=", "--set factor= gives no number of the type float32."],
  ["x=1", "--set x=1 is about an input whose shape the file leaves open."],
])("%s is refused in a sentence", (setting, message) => {
  expect(() => setInputs(network("bool"), [setting], "model.onnx")).toThrow(message);
});
