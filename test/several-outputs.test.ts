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

/* What makes a network's first output is not read, and what is read beside it is not what its loss takes. */
const sampling = join(folder, "sampling.onnx");
const sampled = (first: string[]) =>
  modelBytes({
    opset: 17,
    inputs: [valueInfo("x", "double", ["N", 3])],
    outputs: [...first, "mean"].map((name) =>
      name === "label" ? valueInfo(name, "int64", ["N"]) : valueInfo(name, "double", ["N", 2]),
    ),
    initializers: [matrix("encoder", 3, 2), matrix("decoder", 2, 2)],
    nodes: [
      { op: "MatMul", inputs: ["x", "encoder"], outputs: ["mean"] },
      { op: "CDist", domain: "com.microsoft", name: "far", inputs: ["mean", "decoder"], outputs: ["noise"] },
      { op: "Add", inputs: ["mean", "noise"], outputs: ["code"] },
      { op: "MatMul", inputs: ["code", "decoder"], outputs: ["drawn"] },
      { op: "ArgMax", inputs: ["code"], outputs: ["label"], attributes: { axis: 1, keepdims: 0 } },
    ],
  });
const targets = join(folder, "targets.npz");
writeFileSync(
  targets,
  encodeNpz([
    ["x", { dtype: "float64", shape: [12, 3], data: random.split("x").normalVector(36) }],
    ["y", { dtype: "float64", shape: [12, 2], data: random.split("y").normalVector(24) }],
  ]),
);

describe("a network with an output that cannot be read", () => {
  it("is not measured at another in its place, whether it was asked for or is the first", async () => {
    writeFileSync(sampling, sampled(["drawn"]));
    for (const output of [undefined, "drawn"]) {
      await expect(loadProblem(sampling, { data: targets, output, threads: 1 })).rejects.toMatchObject({
        code: "unsupported-operator",
        message: expect.stringMatching(/^The output drawn cannot be computed\. .*CDist far/),
        hint: expect.stringMatching(/To take another output: --output mean\.$/),
      });
    }
  });

  it("is measured at the output that is asked for, and at the first of floats behind predicted classes", async () => {
    for (const [first, output] of [["drawn", "mean"], ["label"]] as const) {
      writeFileSync(sampling, sampled([first]));
      const { problem, warnings, close } = await loadProblem(sampling, { data: targets, output, threads: 1 });
      await close();
      expect(problem.network.output).toBe("mean");
      expect(warnings.join("\n")).toMatch(
        /The output (drawn|label) is left out: CDist far of the domain com\.microsoft is not read\./,
      );
      if (output)
        expect(warnings.join("\n")).toMatch(/The output mean does not depend on 1 of 2 tensors .*: decoder\./);
    }
  });

  it("is inspected all the same", () => {
    writeFileSync(sampling, sampled(["drawn"]));
    const { status, stdout } = spawnSync(process.execPath, [MAIN, "inspect", sampling, "--json"]);
    expect(status).toBe(0);
    const { notices } = JSON.parse(stdout.toString()).result;
    expect(notices.join("\n")).toMatch(/The output drawn is left out/);
    expect(notices.join("\n")).toMatch(/The output mean does not depend on 1 of 2 tensors/);
  });
});
