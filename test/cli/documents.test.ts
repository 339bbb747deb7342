import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DOCUMENT_KINDS } from "../../src/documents/result-kinds.ts";
import { encodeSafetensors } from "../../src/files/safetensors.ts";
import { commandLine, DIGITS, floats, OLD_RESULT, readArrays } from "../support/command-line.ts";

const { at, here, thalweg, npz } = commandLine();

describe("documents", () => {
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
      trajectory: ["trajectory", DIGITS, "ones.safetensors", "ones-too.safetensors", ...model.slice(1)],
      plan: ["profile", ...model, "--dry-run"],
      inspect: ["inspect", DIGITS],
      check: ["check", ...model],
      apply: ["apply", "hessian", ...model, "--vector", "ones.npz", "-o", "one.npz"],
      export: ["export", ...model, "-o", "one.onnx"],
      bench: ["bench", ...model, "--runs", "3"],
      line: ["line", ...model, "--x", "-1:1:5"],
      surface: ["surface", ...model, "--x", "-1:1:5", "--y", "-1:1:3"],
      topology: ["topology", "along"],
      "topology-samples": ["topology", ...model, "--samples", "8"],
      sensitivity: ["sensitivity", ...model, "--bits", "8"],
      connect: ["connect", DIGITS, "ones.npz", "--data", "good.npz", "--points", "3"],
      race: ["race", "saddle", "--starts", "2", "--steps", "5"],
      compare: ["compare", OLD_RESULT, OLD_RESULT],
      repeat: ["run", "again"],
      work: ["work", "checkpoints"],
      nets: ["nets"],
      explain: ["explain", "sharpness"],
      doctor: ["doctor"],
      error: ["profile", "nope.onnx", "--data", "digits", "--only", "loss"],
    };
    await here(["profile", ...model, "--only", "loss", "-o", "again"]);
    await here([...commands.checkpoints, "-o", "checkpoints"]);
    await here([...commands.line, "-o", "along"]);
    for (const [kind, schema] of Object.entries(DOCUMENT_KINDS)) {
      const args = Object.entries(commands).find(([name]) => name === kind)?.[1] ?? [];
      // What asks each device does it in a process without one in software.
      const run = await (kind === "doctor" ? thalweg : here)([...args, "--json"]);
      expect(run.code, kind).toBe(kind === "error" ? 3 : 0);
      const json: unknown = JSON.parse(run.out);
      expect(json).toMatchObject({ schema: `thalweg/${kind}@1` });
      expect(schema.safeParse(json).error, kind).toBeUndefined();
    }
    const json: unknown = JSON.parse(
      (await here(["export", DIGITS, "--batch", "2", "--loss", "bce", "-o", "two.onnx", "--json"])).out,
    );
    expect(json).toMatchObject({
      schema: "thalweg/export@1",
      model: { parameters: 2410 },
      result: { derivative: "hessian-vector", output: "two.onnx" },
    });
    const all = DOCUMENT_KINDS.explain.parse(JSON.parse((await here(["explain", "--json"])).out));
    expect(all.terms.length).toBeGreaterThan(20);
  }, 120_000);
});
