/** @thorough Networks whose loss is nearly 0, in both precisions. */

import { describe, expect, test } from "vitest";
import { runProfile } from "../src/instruments/profile.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import type { Loss } from "../src/problem/losses/loss.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import type { Problem } from "../src/problem/problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { denseProblem } from "./support/dense-problem.ts";

/*
 * A shift of outputs that the loss does not see (of all classes, or of outputs and targets alike) costs digits on the way:
 * float64 has no wider arithmetic beside it, and states the errors of loss, gradient and curvature all the same. What is
 * right is what the network without the shift has.
 */

/** In steps of 2⁻¹⁰, so that the shift itself is exact. */
const coarse = (numbers: Float64Array) => [...numbers].map((x) => Math.round(1024 * x) / 1024);

function shifted(loss: Loss, outputs: number, shift: number, seed: number): Problem {
  const stream = createRandom(seed);
  const draw = (name: string, count: number) => coarse(stream.split(name).normalVector(count));
  const x = Array.from({ length: 20 }, (_, i) => draw(`x${i}`, 4));
  const y =
    loss === crossEntropy
      ? x.map((_, i) => i % outputs)
      : x.map((_, i) => draw(`y${i}`, outputs).map((value) => value + shift));
  const layers = [
    { name: "a", inputs: 4, weights: draw("a", 20), bias: draw("b", 5), activation: "Tanh" },
    { name: "c", inputs: 5, weights: draw("c", 5 * outputs), bias: draw("d", outputs).map((value) => value + shift) },
  ];
  return denseProblem(layers, x, y, loss, { precision: "float64" });
}

async function measured(problem: Problem, exactLimit: number) {
  const options = { only: "loss,gradient,eigenvalues,trace", top: 3, bottom: 2, exactLimit };
  const { result } = await runProfile(problem, options, createRandom(0), {});
  await problem.close();
  return result;
}

describe.each([0, 2000])("with the whole matrix up to %i parameters", (exactLimit) => {
  test.each([
    { name: "squared error", loss: meanSquaredError, outputs: 1, shift: 2020 },
    { name: "squared error", loss: meanSquaredError, outputs: 1, shift: 2e5 },
    { name: "cross-entropy", loss: crossEntropy, outputs: 2, shift: 1e4 },
    { name: "cross-entropy", loss: crossEntropy, outputs: 3, shift: 1e6 },
  ])("$name of $outputs outputs, shifted by $shift", async ({ loss, outputs, shift }) => {
    for (const seed of [1, 2, 3]) {
      const right = await measured(shifted(loss, outputs, 0, seed), 2000);
      const found = await measured(shifted(loss, outputs, shift, seed), exactLimit);
      expect(Math.abs(found.loss - right.loss)).toBeLessThanOrEqual(found.lossRounding ?? 0);
      expect(Math.abs(found.gradientNorm - right.gradientNorm)).toBeLessThanOrEqual(found.gradient?.rounding ?? 0);
      for (const end of ["top", "bottom"] as const)
        for (const [i, { value, residual }] of (found.hessian?.[end] ?? []).entries())
          expect(Math.abs(value - (right.hessian?.[end]?.[i].value ?? Number.NaN))).toBeLessThanOrEqual(residual);
      if (exactLimit === 0) continue;
      for (const name of ["trace", "frobenius"] as const) {
        const { value, rounding = 0 } = found.hessian?.[name] ?? { value: Number.NaN };
        expect(Math.abs(value - (right.hessian?.[name]?.value ?? Number.NaN))).toBeLessThanOrEqual(rounding);
      }
    }
  });
});
