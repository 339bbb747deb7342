import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeResult } from "../../src/documents/result-kinds.ts";
import { DERIVATIVES } from "../../src/problem/derivatives/registry.ts";
import { commandLine, readArrays, REFERENCE } from "../support/command-line.ts";

const { at, here } = commandLine();

describe("apply", () => {
  it("says of what is made of single examples that it is summed over their terms, in text and result", async () => {
    const inputs = [join(REFERENCE, "model.onnx"), "--data", join(REFERENCE, "data.npz"), "-o", "l.npz"];
    const of = (name: string, ...flags: string[]) => here(["apply", name, ...inputs, ...flags]);
    const losses = await of("example-losses", "--json");
    expect(JSON.parse(losses.out).result.remark).toContain("sum over its terms");
    const text = (await of("example-losses")).out;
    expect(text).toContain("sum over its terms");
    // Without a vector there is no product, and nothing that was not measured.
    expect(text).not.toMatch(/‖v‖|product|n\/a/);
    expect(JSON.parse((await of("gradient", "--json")).out).result.remark).toBeNull();
    expect(DERIVATIVES.filter(({ ofExamples }) => ofExamples).every(({ remark }) => remark !== undefined)).toBe(true);
  });

  it("gives the reference's gradient and Hessian-vector product", async () => {
    for (const [matrix, file, flags] of [
      ["gradient", "gradient.npz", []],
      ["hessian", "hv.npz", ["--vector", join(REFERENCE, "v.npz")]],
    ] as const) {
      const run = await here([
        "apply",
        matrix,
        join(REFERENCE, "model.onnx"),
        "--data",
        join(REFERENCE, "data.npz"),
        ...flags,
        "-o",
        "y.npz",
        "--precision",
        "float64",
        "--json",
      ]);
      expect(run.code).toBe(0);
      expect(decodeResult(run.out)).toMatchObject({
        schema: "thalweg/apply@1",
        result: { operator: matrix, output: "y.npz" },
      });
      const found = readArrays(at("y.npz"));
      for (const [name, { data }] of readArrays(join(REFERENCE, file))) {
        const size = Math.max(...data.map(Math.abs));
        found.get(name)?.data.forEach((x, i) => expect(Math.abs(x - data[i])).toBeLessThan(1e-9 * size));
      }
    }
  });

  it("gives other products and the Jacobian", async () => {
    for (const matrix of ["gauss-newton", "fisher", "empirical-fisher", "jacobian"]) {
      const run = await here([
        "apply",
        matrix,
        join(REFERENCE, "model.onnx"),
        "--data",
        join(REFERENCE, "data.npz"),
        "--vector",
        join(REFERENCE, "v.npz"),
        "-o",
        `${matrix}.npz`,
      ]);
      expect(run.code).toBe(0);
      expect(readArrays(at(`${matrix}.npz`)).size).toBe(matrix === "jacobian" ? 1 : 4);
    }
  });
});
