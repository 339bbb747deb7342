import { expect, test } from "vitest";
import type { Tensor } from "../../util/tensor.ts";
import { binaryCrossEntropy } from "./binary-cross-entropy.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { huber } from "./huber.ts";
import { configuredLoss } from "./parametric-loss.ts";
import type { LossOptions } from "./loss.ts";
import { meanAbsoluteError } from "./mean-absolute-error.ts";
import { meanSquaredError } from "./mean-squared-error.ts";
import { outputLoss } from "./output-loss.ts";

/* Losses by definition against PyTorch's in float64 (torch.nn.functional, reduction "none", summed over each example). */

const options: LossOptions = { ignoreIndex: -100 };

const float = (shape: readonly number[], data: readonly number[]): Tensor => ({
  dtype: "float64",
  shape,
  data: Float64Array.from(data),
});

// [2, 3, 4], the classes on axis 1.
const z = float(
  [2, 3, 4],
  [1.5, -2, 0.25, 3, 0.5, 4, -1.25, 3.5, -0.75, 1, 2, -3, 40, -1, 0, 2.5, 0, 1.5, 0.5, -60, -2, 0.25, 1.25, 0.75],
);
const y: Tensor = { dtype: "int64", shape: [2, 4], data: Float64Array.of(0, 1, -100, 2, 0, 2, 1, 1) };
const t = float(
  [2, 3, 4],
  [0.5, 0, 1, 0.1, 0.25, 1, 0, 0.2, 0.25, 0, 0, 0.7, 1, 0.3, 0, 0.6, 0, 0.3, 0, 0.2, 0, 0.4, 1, 0.2],
);

/** exp z over its sum along axis 1. */
function probabilities(): Tensor {
  const weights = z.data.map((x) => Math.exp(x));
  const sums = Float64Array.from({ length: 8 }, (_, i) =>
    [0, 1, 2].reduce((sum, c) => sum + weights[Math.floor(i / 4) * 12 + c * 4 + (i % 4)], 0),
  );
  return float(
    z.shape,
    Array.from(weights, (w, i) => w / sums[Math.floor(i / 12) * 4 + (i % 4)]),
  );
}

function expectLosses(found: { readonly losses: Float64Array }, truth: readonly number[]): void {
  expect(found.losses).toHaveLength(truth.length);
  truth.forEach((x, i) => expect(Math.abs(found.losses[i] - x)).toBeLessThan(1e-14 * Math.abs(x)));
}

test("cross-entropy of class numbers, one of them ignored, whatever the outputs are", () => {
  const p = probabilities();
  const logs = float(z.shape, Array.from(p.data, Math.log));
  const found = crossEntropy.evaluate(z, y, options);
  expectLosses(found, [7.413448441869205, 65.53867733848264]);
  expect([...found.counts]).toEqual([3, 4]);
  expect(found.margins?.filter((margin) => margin > 0)).toHaveLength(3);
  for (const [outputs, outputKind] of [
    [p, "probabilities"],
    [logs, "log-probabilities"],
  ] as const)
    expectLosses(crossEntropy.evaluate(outputs, y, { ...options, outputKind }), [7.413448441869205, 65.53867733848264]);
});

test("cross-entropy of distributions over classes", () => {
  const found = crossEntropy.evaluate(z, t, options);
  expectLosses(found, [8.268672497307852, 15.138677338482633]);
  expect([...found.counts]).toEqual([4, 4]);
  const p = probabilities();
  expectLosses(
    crossEntropy.evaluate(p, t, { ...options, outputKind: "probabilities" }),
    [8.268672497307852, 15.138677338482633],
  );
});

test("cross-entropy with the classes last, examples and positions merged", () => {
  const rows = float(
    [8, 3],
    [...Array(8).keys()].flatMap((i) => [0, 1, 2].map((c) => z.data[Math.floor(i / 4) * 12 + c * 4 + (i % 4)])),
  );
  expectLosses(crossEntropy.evaluate(rows, y, options), [7.413448441869205, 65.53867733848264]);
});

test("cross-entropy keeps its relative precision where it is nearly 0, and is finite for logits far apart", () => {
  const label: Tensor = { dtype: "int64", shape: [2], data: Float64Array.of(0, 1) };
  const { losses } = crossEntropy.evaluate(float([2, 2], [90, 0, 5000, 0]), label, options);
  // log(1 + e⁻⁹⁰) = e⁻⁹⁰ up to e⁻¹⁸⁰
  expect(Math.abs(losses[0] / Math.exp(-90) - 1)).toBeLessThan(1e-15);
  expect(losses[1]).toBe(5000);
});

test("a class without weight adds nothing, be its probability 0 or its logit −∞", () => {
  const one = float([1, 2], [1, 0]);
  expect(crossEntropy.evaluate(float([1, 2], [1, 0]), one, { ...options, outputKind: "probabilities" }).losses[0]).toBe(
    0,
  );
  expect(crossEntropy.evaluate(float([1, 2], [3, Number.NEGATIVE_INFINITY]), one, options).losses[0]).toBe(0);
});

test("binary cross-entropy of logits and of probabilities", () => {
  expectLosses(binaryCrossEntropy.evaluate(z, t, options), [14.514922528444059, 19.39560356347561]);
  const tame = float([1, 3], [-3, 0.5, 2]);
  const bits = float([1, 3], [0, 1, 1]);
  const p = float(
    tame.shape,
    Array.from(tame.data, (x) => 1 / (1 + Math.exp(-x))),
  );
  const ofLogits = binaryCrossEntropy.evaluate(tame, bits, options);
  expectLosses(binaryCrossEntropy.evaluate(p, bits, { ...options, outputKind: "probabilities" }), [ofLogits.losses[0]]);
  expect(ofLogits.margins).toEqual(Float64Array.of(3, 0.5, 2));
});

test("losses of numbers", () => {
  expectLosses(configuredLoss(huber, ["delta=0.75"]).evaluate(z, t, options), [13.3625, 77.83125]);
  expectLosses(meanSquaredError.evaluate(z, t, options), [55.177499999999995, 5156.4175000000005]);
  expectLosses(meanAbsoluteError.evaluate(z, t, options), [22.15, 107.05]);
  expect([...meanSquaredError.evaluate(z, t, options).counts]).toEqual([12, 12]);
});

test("the model's own output: one number for all, or a sum for each example", () => {
  const two = float([2], [0, 0]);
  expectLosses(outputLoss.evaluate(float([], [1.5]), two, options), [1.5, 1.5]);
  expectLosses(outputLoss.evaluate(float([2, 2], [1, 2, 3, 4]), two, options), [3, 7]);
});
