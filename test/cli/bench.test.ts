import { describe, expect, it } from "vitest";
import { decodeResult } from "../../src/documents/result-kinds.ts";
import { commandLine, DIGITS, fixture } from "../support/command-line.ts";

const { here, thalweg } = commandLine();

describe("bench", () => {
  it("bench runs batches side by side where there is enough to do, and ends", async () => {
    const folder = fixture("reference/resnet8-digits/");
    const files = [`${folder}model.onnx`, "--data", `${folder}data.npz`];
    const run = await thalweg(["bench", ...files, "--threads", "2", "--runs", "1"]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/200 examples in batches of 100, float32, 2 threads/);
  });

  it("bench times", async () => {
    const run = await here(["bench", DIGITS, "--data", "good.npz", "--runs", "3", "--json"]);
    expect(run.code).toBe(0);
    expect(decodeResult(run.out)).toMatchObject({
      schema: "thalweg/bench@1",
      result: { forward: { runs: 3 }, gemm: { runs: 3 } },
    });
  });
});
