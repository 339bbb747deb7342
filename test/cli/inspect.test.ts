import { describe, expect, it } from "vitest";
import { decodeResult } from "../../src/documents/result-kinds.ts";
import { commandLine, DIGITS } from "../support/command-line.ts";

const { here } = commandLine();

describe("inspect", () => {
  it("inspect says which tensors are parameters and why", async () => {
    const run = await here(["inspect", DIGITS, "--params", "output.*"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/Parameters: 330 in 2 tensors/);
    expect(run.out).toMatch(/output\.weight +\[10, 32\] +weight of Gemm/);
    const json = decodeResult((await here(["inspect", DIGITS, "--json"])).out);
    expect(json).toMatchObject({ schema: "thalweg/inspect@1", result: { parameters: 2410, differentiable: true } });
  });

  it("inspect says what cannot be read", async () => {
    const run = await here(["inspect", "unknown-op.onnx"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/Bahn \(not read\)/);
    expect(run.out).toMatch(/differentiable +no/);
  });
});
