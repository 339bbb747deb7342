import { describe, expect, it } from "vitest";
import { DOCUMENT_KINDS } from "../../src/documents/result-kinds.ts";
import { SMALL, writeOnes } from "../support/small-commands.ts";
import { commandLine, DIGITS } from "../support/command-line.ts";

const files = commandLine();
const { here, thalweg } = files;

describe("documents", () => {
  it("print documents of registered kinds, with --json", async () => {
    writeOnes(files);
    const commands: Readonly<Record<keyof typeof DOCUMENT_KINDS, readonly string[]>> = {
      ...SMALL,
      checkpoints: [...SMALL.profile, "--weights", "ones.safetensors,ones-too.safetensors"],
      plan: [...SMALL.profile, "--dry-run"],
      apply: [...SMALL.apply, "-o", "one.npz"],
      export: [...SMALL.export, "-o", "one.onnx"],
      topology: ["topology", "along"],
      "topology-samples": SMALL.topology,
      repeat: ["run", "again"],
      work: ["work", "checkpoints"],
      nets: ["nets"],
      explain: ["explain", "sharpness"],
      doctor: ["doctor"],
      error: ["profile", "nope.onnx", "--data", "digits", "--only", "loss"],
    };
    await here([...SMALL.profile, "-o", "again"]);
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
