import { describe, expect, it, vi } from "vitest";
import { Graph } from "../graph/graph.ts";
import { mul } from "../ops/arithmetic.ts";
import { tanh } from "../ops/unary.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { createRandom } from "../random/random-stream.ts";
import { benchResult } from "../result/bench-result.ts";
import { runBench } from "./bench.ts";
import { CHECKS_OF_EVERY_RUN } from "./checks/every-run.ts";
import { THOROUGH_CHECKS } from "./checks/thorough.ts";
import { runChecks } from "./run-checks.ts";
import { withBrokenPoints } from "../../test/support/break-points.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";

function problem(precision: "float32" | "float64") {
  const random = createRandom(11);
  return denseProblem(
    [
      {
        name: "one",
        inputs: 5,
        weights: [...random.normalVector(30)],
        bias: [...random.normalVector(6)],
        activation: "Tanh",
      },
      { name: "two", inputs: 6, weights: [...random.normalVector(24)], bias: [...random.normalVector(4)] },
    ],
    Array.from({ length: 23 }, () => [...random.normalVector(5)]),
    Array.from({ length: 23 }, (_, i) => i % 4),
    crossEntropy,
    { precision, batchSize: 8, l2: 0.1 },
  );
}

describe("runChecks", () => {
  it.each(["float32", "float64"] as const)("passes on a sound problem in %s", async (precision) => {
    const checks = await runChecks(problem(precision), "all", createRandom(0), {});
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual(
      [...CHECKS_OF_EVERY_RUN, ...THOROUGH_CHECKS].map(({ name }) => name),
    );
  });

  it("makes the cheap checks on every run", async () => {
    const checks = await runChecks(problem("float64"), "every-run", createRandom(0), {});
    expect(checks.map(({ name }) => name)).toEqual(CHECKS_OF_EVERY_RUN.map(({ name }) => name));
  });

  it("finds a gradient that is wrong by one part in a thousand", async () => {
    const broken = problem("float64");
    const gradient = (right: Float64Array) => right.map((x) => 1.001 * x);
    const failed = (await withBrokenPoints(broken, { gradient }, () => runChecks(broken, "all", createRandom(0), {})))
      .filter(({ passed }) => !passed)
      .map(({ name }) => name);
    expect(failed).toContain("gradient");
    expect(failed).toContain("batch-size");
    expect(failed).toContain("examples");
  });

  it("finds errors of opposite signs in the gradients of two tensors, whichever they are", async () => {
    const { tensors } = problem("float64").space;
    const pairs = tensors.flatMap((_, a) => tensors.slice(a + 1).map((_other, b) => [a, a + 1 + b]));
    for (const [up, down] of pairs) {
      const broken = problem("float64");
      const gradient = (right: Float64Array) => {
        const wrong = right.slice();
        for (const [t, factor] of [
          [up, 1.001],
          [down, 0.999],
        ]) {
          const { offset, size } = tensors[t];
          for (let i = offset; i < offset + size; i++) wrong[i] *= factor;
        }
        return wrong;
      };
      const checks = await withBrokenPoints(broken, { gradient }, () =>
        runChecks(broken, "every-run", createRandom(0), {}),
      );
      const found = checks.find(({ name }) => name === "gradient");
      expect(found, `tensors ${up} and ${down}`).toMatchObject({ name: "gradient", passed: false });
    }
  });

  it.each(["float32", "float64"] as const)(
    "finds a derivative rule that is wrong by one part in a thousand in %s",
    async (precision) => {
      const { operation } = tanh(new Graph().input("x", "float64", [1]));
      const rule = operation.vjp?.bind(operation);
      const planted = vi.spyOn(operation, "vjp").mockImplementation((...args) => {
        const right = rule?.(...args);
        return right && mul(right, 1.001);
      });
      try {
        // A rule is wrong in weight and bias alike; no direction that is drawn may let the two cancel.
        for (let seed = 0; seed < 12; seed++) {
          const checks = await runChecks(problem(precision), "every-run", createRandom(seed), {});
          const gradient = checks.find(({ name }) => name === "gradient");
          expect(gradient, `seed ${seed}`).toMatchObject({ name: "gradient", passed: false });
        }
        expect(planted).toHaveBeenCalled();
      } finally {
        planted.mockRestore();
      }
    },
  );

  it("finds products that are not symmetric, not linear or not repeatable", async () => {
    const broken = problem("float64");
    const product = (image: Float64Array) => image.map((x, i) => x + (i === 0 ? 1e-3 * Math.abs(image[1]) : 0));
    const failed = (await withBrokenPoints(broken, { product }, () => runChecks(broken, "all", createRandom(0), {})))
      .filter(({ passed }) => !passed)
      .map(({ name }) => name);
    expect(failed).toContain("symmetry");
    expect(failed).toContain("linearity");

    const noisy = problem("float64");
    let calls = 0;
    const gradient = (right: Float64Array) => right.map((x) => x + 1e-9 * calls++);
    const unstable = (
      await withBrokenPoints(noisy, { gradient }, () => runChecks(noisy, "every-run", createRandom(0), {}))
    )
      .filter(({ passed }) => !passed)
      .map(({ name }) => name);
    // The differences of such a gradient are no derivative either.
    expect(unstable).toContain("determinism");
    expect(unstable).not.toContain("gradient");
  });
});

describe("runBench", () => {
  it("takes medians of the clock it is given", async () => {
    let now = 0;
    // Every look at the clock is 3 ms later than the one before.
    const clock = () => (now += 3);
    const result = await runBench(problem("float32"), { runs: 4, block: 5, gemmSize: 16 }, clock, createRandom(0), {});
    expect(benchResult.parse(result)).toEqual(result);
    expect(result.gradient).toEqual({ medianMs: 3, runs: 4, minMs: 3, maxMs: 3 });
    expect(result.hessianVectorBlock).toMatchObject({ medianMs: 0.6, block: 5 });
    expect(result.gemm.gflops).toBeCloseTo((2 * 16 ** 3) / 3e6, 12);
  });
});
