import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/util/tensor.ts";
import { commandLine, DIGITS, floats, labels, readArrays, REFERENCE, wave } from "../support/command-line.ts";

const { at, here, npz } = commandLine();

describe("export", () => {
  it("export writes files that ONNX Runtime runs by themselves", async () => {
    const run = await here([
      "export",
      join(REFERENCE, "model.onnx"),
      "--data",
      join(REFERENCE, "data.npz"),
      "-o",
      "hvp.onnx",
    ]);
    expect(run.code).toBe(0);
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(at("hvp.onnx"), { logSeverityLevel: 3 });
    const data = readArrays(join(REFERENCE, "data.npz"));
    const feeds: Record<string, InstanceType<typeof ort.Tensor>> = {};
    const feed = (name: string, { dtype, shape, data: numbers }: Tensor) => {
      feeds[name] =
        dtype === "int64"
          ? new ort.Tensor("int64", BigInt64Array.from(numbers, BigInt), [...shape])
          : new ort.Tensor("float32", Float32Array.from(numbers), [...shape]);
    };
    for (const [name, tensor] of data) feed(name, tensor);
    for (const [name, tensor] of readArrays(join(REFERENCE, "v.npz"))) feed(`v:${name}`, tensor);
    // The weights are not fed: they are the defaults of their inputs.
    const results = await session.run(feeds);
    for (const [name, { data: expected }] of readArrays(join(REFERENCE, "hv.npz"))) {
      const found = results[`hv:${name}`].data;
      const size = Math.max(...expected.map(Math.abs));
      expected.forEach((x, i) => expect(Math.abs(Number(found[i]) - x)).toBeLessThan(1e-5 * size));
    }
    await session.release();
  });

  it.each([
    [-1, [0, -1, 2, 3, -1, 7], ["gradient", "hessian", "gauss-newton", "fisher", "empirical-fisher"]],
    [2, [0, 2, 2, 3, 5, 7], ["hessian"]],
  ] as const)(
    "export leaves out what apply leaves out: label %d",
    async (ignored, y, matrices) => {
      const data = { x: floats([y.length, 64], wave), y: labels([...y]) };
      npz("left-out.npz", data);
      npz(
        "direction.npz",
        Object.fromEntries(
          [...readArrays(join(REFERENCE, "v.npz"))].map(([name, { shape }]) => [name, floats([...shape], wave)]),
        ),
      );
      const model = join(REFERENCE, "model.onnx");
      const common = [model, "--data", "left-out.npz", "--ignore-index", `${ignored}`, "--precision", "float64"];
      const ort = await import("onnxruntime-node");
      const feed = ({ dtype, shape, data: numbers }: Tensor) =>
        dtype === "int64"
          ? new ort.Tensor("int64", BigInt64Array.from(numbers, BigInt), [...shape])
          : new ort.Tensor("float64", Float64Array.from(numbers), [...shape]);
      for (const matrix of matrices) {
        const alone = matrix === "gradient";
        const vector = alone ? [] : ["--vector", "direction.npz"];
        const applied = await here(["apply", matrix, ...common, ...vector, "-o", "applied.npz"]);
        expect(applied.code).toBe(0);
        const derivative = alone ? matrix : `${matrix}-vector`;
        const exported = await here(["export", ...common, "--derivative", derivative, "-o", "left-out.onnx"]);
        expect(exported.out.replaceAll(/\s+/g, " ")).toContain(`mean over batches of 6, labels ${ignored} left out`);
        const session = await ort.InferenceSession.create(at("left-out.onnx"), { logSeverityLevel: 3 });
        const vectors = alone ? [] : [...readArrays(at("direction.npz"))];
        const results = await session.run(
          Object.fromEntries(
            [...Object.entries(data), ...vectors.map(([name, v]) => [`v:${name}`, v] as const)].map(
              ([name, tensor]) => [name, feed(tensor)],
            ),
          ),
        );
        for (const [name, { data: expected }] of readArrays(at("applied.npz"))) {
          const found = Object.entries(results).find(([output]) => output.endsWith(`:${name}`))?.[1].data ?? [];
          const size = Math.max(...expected.map(Math.abs));
          expect(size).toBeGreaterThan(0);
          expected.forEach((x, i) => expect(Math.abs(Number(found[i]) - x)).toBeLessThan(1e-11 * size));
        }
        await session.release();
      }
    },
    120_000,
  );

  it("export works without data, for every derivative", async () => {
    const help = await here(["export", "--help"]);
    const names = [
      "gradient",
      "hessian-vector",
      "gauss-newton-vector",
      "fisher-vector",
      "empirical-fisher-vector",
      "jacobian-vector",
      "example-losses",
    ];
    for (const name of names) {
      expect(help.out).toContain(name);
      const run = await here([
        "export",
        DIGITS,
        "--batch",
        "4",
        "--loss",
        "cross-entropy",
        "--derivative",
        name,
        "-o",
        "d.onnx",
      ]);
      expect(run.err).toBe("");
      expect(run.code).toBe(0);
    }
  }, 120_000);
});
