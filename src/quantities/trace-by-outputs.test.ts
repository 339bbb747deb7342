import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadProblem } from "../load/load-problem.ts";
import { estimateTrace } from "../estimators/trace.ts";
import { gaussNewton } from "../index.ts";
import { binaryCrossEntropy } from "../problem/losses/binary-cross-entropy.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { huber } from "../problem/losses/huber.ts";
import type { Loss } from "../problem/losses/loss.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import { createRandom } from "../random/random-stream.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { hasFewOutputs, traceByOutputs } from "./trace-by-outputs.ts";

const random = createRandom(11);
const normal = (label: string, size: number) => [...random.split(label).normalVector(size)];
const rows = (label: string, count: number, width: number) =>
  Array.from({ length: count }, (_, i) => normal(`${label} ${i}`, width));

function network(loss: Loss, options: Partial<ProblemOptions>) {
  const layers = [
    { name: "one", inputs: 5, weights: normal("one", 40), bias: normal("bias", 8), activation: "Tanh" },
    { name: "two", inputs: 8, weights: normal("two", 24), bias: normal("other bias", 3) },
  ];
  const isBits = loss === binaryCrossEntropy;
  const targets = rows("y", 30, 3).map((row) => (isBits ? row.map((x) => (x > 0 ? 1 : 0)) : row));
  const y = loss === crossEntropy ? targets.map((_, i) => (i % 7 === 0 ? -100 : i % 3)) : targets;
  return denseProblem(layers, rows("x", 30, 5), y, loss, options);
}

describe("tr G from the gradients of every output", () => {
  const CASES: readonly (readonly [string, Loss, Partial<ProblemOptions>])[] = [
    ["cross-entropy, some labels ignored", crossEntropy, {}],
    [
      "cross-entropy as a sum, in batches of different sizes, with L2",
      crossEntropy,
      { reduction: "sum", batchSize: 8, l2: 0.3 },
    ],
    ["squared error", meanSquaredError, {}],
    ["Huber's loss", huber, { batchSize: 7 }],
    ["independent bits", binaryCrossEntropy, {}],
  ];
  it.each(CASES)("is that of the products: %s", async (_, loss, options) => {
    const exact = network(loss, options);
    const truth = await estimateTrace(gaussNewton(exact), { method: "exact" }, createRandom(0), {});
    const found = await traceByOutputs(exact, exact.point, 0.95, {});
    expect(Math.abs(found.value - truth.value)).toBeLessThan(1e-13 * Math.abs(truth.value));
    const narrow = network(loss, { ...options, precision: "float32" });
    const { interval } = await traceByOutputs(narrow, narrow.point, 0.95, {});
    expect(interval.lower).toBeLessThan(truth.value);
    expect(interval.upper).toBeGreaterThan(truth.value);
    expect(interval.upper - interval.lower).toBeLessThan(1e-4 * truth.value);
  });

  it.each(["silu-layernorm-fitted-float32", "lstm-fitted-float32"])("has its error in float32: %s", async (name) => {
    const file = fileURLToPath(new URL(`../../test/trained/networks/${name}`, import.meta.url));
    const open = (precision: "float32" | "float64") => loadProblem(`${file}.onnx`, { data: `${file}.npz`, precision });
    const [narrow, wide] = [await open("float32"), await open("float64")];
    const { value, rounding = 0 } = await traceByOutputs(narrow.problem, narrow.problem.point, 0.95, {});
    const truth = await traceByOutputs(wide.problem, wide.problem.point, 0.95, {});
    expect(Math.abs(value - truth.value)).toBeLessThan(rounding / 2);
    await Promise.all([narrow.close(), wide.close()]);
  });

  it.each([1e-13, 1, 1e12])("has an error of the same share whatever the scale of the inputs: %s", async (scale) => {
    const layer = { name: "one", inputs: 5, weights: normal("one", 15) };
    const x = rows("x", 30, 5).map((row) => row.map((each) => scale * each));
    const one = denseProblem([layer], x, rows("y", 30, 3), meanSquaredError, { precision: "float32" });
    const { value, rounding = 0 } = await traceByOutputs(one, one.point, 0.95, {});
    expect(rounding / value).toBeGreaterThan(1e-6);
    expect(rounding / value).toBeLessThan(1e-5);
  });

  it("is taken where the outputs are few for the parameters", () => {
    const problem = network(crossEntropy, {});
    expect(problem.space.dimension).toBe(75);
    expect([0, 74, 75, 1e9].map((limit) => hasFewOutputs(problem, limit))).toEqual([true, true, true, true]);
    const wide = denseProblem(
      [{ name: "a", inputs: 2, weights: normal("a", 60) }],
      rows("x", 4, 2),
      rows("y", 4, 30),
      meanSquaredError,
    );
    expect([0, 60].map((limit) => hasFewOutputs(wide, limit))).toEqual([false, false]);
  });
});
