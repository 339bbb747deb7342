import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import { runProfile } from "../src/instruments/profile.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { modelBytes, tensorProto, valueInfo } from "./support/onnx-model.ts";

/* A network with two heads on one trunk, and whole-number outputs between them. */

const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "thalweg-heads-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = createRandom(11);
const matrix = (name: string, rows: number, columns: number) =>
  tensorProto(name, "double", [rows, columns], Array.from(random.split(name).normalVector(rows * columns)));
const model = join(folder, "heads.onnx");
writeFileSync(
  model,
  modelBytes({
    opset: 17,
    inputs: [valueInfo("x", "double", ["N", 3])],
    outputs: [
      valueInfo("classes", "int64", ["N"]),
      valueInfo("logits", "double", ["N", 3]),
      valueInfo("label", "int64", ["N"]),
      valueInfo("depth", "double", ["N", 1]),
    ],
    initializers: [matrix("trunk", 3, 4), matrix("head", 4, 3), matrix("depth.a", 4, 3), matrix("depth.b", 3, 1)],
    nodes: [
      { op: "MatMul", inputs: ["x", "trunk"], outputs: ["t"] },
      { op: "Tanh", inputs: ["t"], outputs: ["h"] },
      { op: "MatMul", inputs: ["h", "head"], outputs: ["logits"] },
      { op: "ArgMax", inputs: ["logits"], outputs: ["classes"], attributes: { axis: 1, keepdims: 0 } },
      { op: "ArgMax", inputs: ["logits"], outputs: ["label"], attributes: { axis: 1, keepdims: 0 } },
      { op: "MatMul", inputs: ["h", "depth.a"], outputs: ["u"] },
      { op: "Relu", inputs: ["u"], outputs: ["r"] },
      { op: "MatMul", inputs: ["r", "depth.b"], outputs: ["depth"] },
    ],
  }),
);
const data = join(folder, "data.npz");
writeFileSync(
  data,
  encodeNpz([
    ["x", { dtype: "float64", shape: [12, 3], data: random.split("x").normalVector(36) }],
    ["y", { dtype: "int64", shape: [12], data: Float64Array.from({ length: 12 }, (_, i) => i % 3) }],
  ]),
);

const OTHER_HEAD = /output logits does not depend on 2 of 4 tensors \(15 of 39 parameters\): depth\.a, depth\.b/;

describe("a network with two heads", () => {
  it("says which parameters the output that counts does not depend on, and lists no symmetry of theirs", async () => {
    const { problem, warnings, close } = await loadProblem(model, { data, output: "logits", threads: 1 });
    try {
      expect(warnings.join("\n")).toMatch(OTHER_HEAD);
      const { result } = await runProfile(problem, { only: "symmetries", top: 1, bottom: 1 }, createRandom(0), {});
      const found = result.symmetries?.found ?? [];
      expect(found.map(({ kind, tensors }) => `${kind} ${tensors.join(" ")}`)).toEqual([
        "logit-shift head",
        "sign-flip trunk head",
        "permutation trunk head",
      ]);
      expect(result.symmetries?.flatDirections).toBe(4);
    } finally {
      await close();
    }
  });

  it("says nothing where the parameters that count all enter it", async () => {
    const { warnings, close } = await loadProblem(model, {
      data,
      output: "logits",
      params: ["trunk", "head"],
      threads: 1,
    });
    await close();
    expect(warnings.join("\n")).not.toMatch(/does not depend/);
  });

  it("has the same remark in inspect, for the output asked for", () => {
    const inspect = (...flags: string[]) => spawnSync(process.execPath, [MAIN, "inspect", model, "--json", ...flags]);
    const said = (output: string) =>
      JSON.parse(inspect("--output", output).stdout.toString()).result.notices.join("\n");
    expect(said("logits")).toMatch(OTHER_HEAD);
    expect(said("depth")).toMatch(/output depth does not depend on 1 of 4 tensors \(12 of 39 parameters\): head\./);
    expect(inspect("--output", "none").status).toBe(2);
  });

  it("is offered the outputs that have a derivative where the first has none", async () => {
    await expect(loadProblem(model, { data, threads: 1 })).rejects.toMatchObject({
      code: "integer-output",
      hint: "Take another output: --output logits or --output depth.",
    });
  });
});
