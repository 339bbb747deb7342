import { copyFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commandLine, DIGITS, fixture, floats, readArrays, wave } from "../support/command-line.ts";
import { modelBytes, tensorProto, valueInfo } from "../support/onnx-model.ts";

const { at, here, npz } = commandLine();

describe("check", () => {
  it("check proves the derivatives", async () => {
    const run = await here(["check", DIGITS, "--data", "good.npz"]);
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
    const check = await here(["check", "quantised.onnx", "--data", "quantised.npz"]);
    expect(check.code).toBe(4);
    expect(check.out).toMatch(/FAIL\s+Gradient against finite differences/);
    const profile = await here([
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

  it("models that take their labels compute their own loss", async () => {
    copyFileSync(fixture("fixtures/own-loss-cross-entropy/model.onnx"), at("own.onnx"));
    const data = fixture("fixtures/own-loss-cross-entropy/data.npz");
    const arrays = readArrays(data);
    const y = arrays.get("y");
    if (!y) throw new Error("the fixture has labels");
    npz("own-floats.npz", { ...Object.fromEntries(arrays), y: floats([...y.shape], (i) => y.data[i]) });
    for (const each of [data, "own-floats.npz"]) {
      const run = await here(["check", "own.onnx", "--data", each]);
      expect(run.err.replaceAll(/\s+/g, " ")).toMatch(/takes the labels itself/);
      expect(run.code).toBe(0);
    }
  });
});
