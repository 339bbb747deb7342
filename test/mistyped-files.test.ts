import * as ort from "onnxruntime-node";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { ThalwegError } from "../src/util/thalweg-error.ts";
import { type Elements, modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";

/* Files that contradict themselves: said or refused where ONNX Runtime refuses them, and nowhere else. */

const folder = mkdtempSync(join(tmpdir(), "thalweg-mistyped-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = createRandom(3);
const numbers = (name: string, size: number) => random.split(name).normalVector(size);
const data = join(folder, "data.npz");
writeFileSync(
  data,
  encodeNpz([
    ["x", { dtype: "float32", shape: [6, 3], data: Float32Array.from(numbers("x", 18)) }],
    ["y", { dtype: "float32", shape: [6, 2], data: Float32Array.from(numbers("y", 12)) }],
  ]),
);
const OPTIONS = { data, label: "y", loss: "mse", threads: 1 } as const;

/** The types of x, the weights of both layers, the bias between them and the output. */
type Types = readonly [Elements, Elements, Elements, Elements, Elements];

function write(types: Types, shape: readonly (string | number)[] = ["N", 2]): string {
  const path = join(folder, "model.onnx");
  const [x, first, bias, second, out] = types;
  const values = (name: string, elements: Elements, size: number) =>
    Array.from(numbers(name, size), (each) => (elements === "int64" ? Math.round(each) : each));
  const bytes = modelBytes({
    opset: 17,
    inputs: [valueInfo("x", x, ["N", 3])],
    outputs: [valueInfo("out", out, shape)],
    initializers: [
      tensorProto("W", first, [3, 4], values("W", first, 12)),
      tensorProto("b", bias, [4], values("b", bias, 4)),
      tensorProto("V", second, [4, 2], values("V", second, 8)),
    ],
    nodes: [
      { op: "MatMul", inputs: ["x", "W"], outputs: ["u"] },
      { op: "Add", inputs: ["u", "b"], outputs: ["v"] },
      { op: "Tanh", inputs: ["v"], outputs: ["h"] },
      { op: "MatMul", inputs: ["h", "V"], outputs: ["out"] },
    ],
  });
  writeFileSync(path, bytes);
  return path;
}

/** What is said of a file's types, or the code of the refusal. */
async function verdictOf(path: string): Promise<string> {
  try {
    const { warnings, close } = await loadProblem(path, OPTIONS);
    await close();
    return warnings.find((each) => each.includes("types in the file")) ?? "";
  } catch (error) {
    if (error instanceof ThalwegError && error.kind === "input") return error.code;
    throw error;
  }
}

async function isRefusedByRuntime(path: string): Promise<boolean> {
  try {
    const session = await ort.InferenceSession.create(readFileSync(path), { logSeverityLevel: 4 });
    await session.release();
    return false;
  } catch {
    return true;
  }
}

describe("a file whose types do not fit together", () => {
  it("is said to be one, or refused, where the runtime refuses it, and nowhere else", async () => {
    const choices: readonly Elements[] = ["float", "double", "int64"];
    const verdicts: { types: string; refused: boolean; verdict: string }[] = [];
    const draw = random.split("types");
    for (let i = 0; i < 40; i++) {
      const main = choices[draw.integer(2)];
      const one = () => (draw.uniform() < 0.2 ? choices[draw.integer(3)] : main);
      const types: Types = [one(), one(), one(), one(), one()];
      const path = write(types);
      verdicts.push({
        types: types.join(" "),
        refused: await isRefusedByRuntime(path),
        verdict: await verdictOf(path),
      });
    }
    expect(verdicts.filter(({ refused, verdict }) => refused !== (verdict !== ""))).toEqual([]);
    // Both outcomes have to be among them.
    expect(verdicts.filter(({ refused }) => refused).length).toBeGreaterThan(10);
    expect(verdicts.filter(({ refused }) => !refused).length).toBeGreaterThan(5);
  });

  it.each([
    [["N", 3], "[N, 3]"],
    [["N"], "[N]"],
    [["N", 2], undefined],
    [["N", "classes"], undefined],
    // Exporters declare the batch that they traced.
    [[1, 2], undefined],
  ])("and an output of another shape than declared, %j, is told", async (shape, told) => {
    const path = write(["float", "float", "float", "float", "float"], shape);
    const { warnings, close } = await loadProblem(path, OPTIONS);
    await close();
    expect(warnings.filter((each) => each.includes("declares its output"))).toEqual(
      told === undefined
        ? []
        : [`The file declares its output out as ${told}, but its nodes make it [6, 2]: the nodes are followed.`],
    );
  });
});
