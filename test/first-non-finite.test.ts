import { describe, expect, it } from "vitest";
import { matmul } from "../src/ops/matmul.ts";
import { exp, log } from "../src/ops/unary.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { ThalwegError } from "../src/util/thalweg-error.ts";
import { array, buildProblem } from "./support/build-problem.ts";

describe("a loss that is not finite", () => {
  // z = exp(log(x·w)): the logarithm of a negative number is the first NaN, in the second batch of two.
  const inPrecision = (precision: "float32" | "float64") =>
    buildProblem(
      {
        x: array([4, 2], [1, 1, 2, 1, 1, 3, -5, 1]),
        y: array([4, 1], [1, 1, 1, 1]),
        parameters: { w: array([2, 1], [1, 1]) },
        build: (x, { w }) => exp(log(matmul(x, w))),
        loss: meanSquaredError,
      },
      { batchSize: 2, precision },
    );
  const problem = inPrecision("float64");

  it("names the operation that made the first NaN, and its batch", async () => {
    await expect(problem.point.value()).rejects.toMatchObject({
      kind: "input",
      code: "not-finite",
      where: { op: "Log", batch: 1 },
    });
  });

  it("names the parameter whose gradient is not finite", async () => {
    await expect(problem.point.gradient()).rejects.toMatchObject({ code: "not-finite", where: { parameter: "w" } });
  });

  it.each(["float32", "float64"] as const)("advises float64 only where it is not what runs: %s", async (precision) => {
    const other = inPrecision(precision);
    for (const measure of [() => other.point.value(), () => other.point.gradient()]) {
      const error: unknown = await measure().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "not-finite" });
      const hint = error instanceof ThalwegError ? (error.hint ?? "") : "";
      expect(hint).not.toBe("");
      expect(hint.includes("--precision float64")).toBe(precision === "float32");
    }
  });
});
