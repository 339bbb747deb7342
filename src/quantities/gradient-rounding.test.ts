import { describe, expect, it } from "vitest";
import { deskOf } from "../../test/support/desk-of.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { meanAbsoluteError } from "../problem/losses/mean-absolute-error.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { gradientRounding } from "./gradient-rounding.ts";
import { noiseTrace } from "./noise-trace.ts";

const SQUARE = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

const TARGETS = [1, 3, 0, -1];

/** Numbers that a term goes through: w, x·w, + b, ReLU, v, h·v, + c, − y, twice that, and on the way back ·v, the sum over examples, its root. */
const STEPS = 12;

/** ‖g‖ of an example where nothing cancels: h = (x₁ + x₂, x₁ + x₂ + 1), r = h₁ + 2h₂ + |y|, g = 2r (v x, v, h, 1). */
function allPositive([a, b]: readonly number[], y: number): number {
  const h = [a + b, a + b + 1];
  const v = [1, 2];
  const residual = h[0] + 2 * h[1] + y;
  const hidden = v.reduce((sum, each) => sum + each ** 2 * (a ** 2 + b ** 2 + 1), 0);
  return 2 * residual * Math.sqrt(hidden + h[0] ** 2 + h[1] ** 2 + 1);
}

describe("the rounding of gradients at a kink", () => {
  it.each(["float64", "float32"] as const)(
    "is no jump to its other side, in %s: XOR of whole numbers",
    async (precision) => {
      // h = relu(x₁ + x₂, x₁ + x₂ − 1), z = h₁ − 2 h₂: two examples have pre-activations that are exactly 0.
      const problem = denseProblem(
        [
          { name: "hidden", inputs: 2, weights: [1, 1, 1, 1], bias: [0, -1], activation: "Relu" },
          { name: "out", inputs: 2, weights: [1, -2], bias: [0] },
        ],
        SQUARE,
        TARGETS,
        meanSquaredError,
        { precision },
      );
      const desk = deskOf(problem, {}, { needs: [gradientRounding, noiseTrace] });
      const u = precision === "float64" ? 2 ** -53 : 2 ** -24;
      const { gradient, example } = await desk.get(gradientRounding);
      // Every number on the way is moved by 2u of itself, so that each term of a sum is by 2u times the numbers it went
      // through, and a sum by that much of the sum of its terms' sizes: |g̃ − g| ≤ 4 · 2u · STEPS · |g|₊, |g|₊ the gradient of the
      // same network whose terms all have one sign. A jump is of the size of the gradients, which is 1/u.
      const bound = 4 * 2 * u * STEPS * Math.max(...SQUARE.map((x, i) => allPositive(x, Math.abs(TARGETS[i]))));
      expect(bound).toBeLessThan(2e-3);
      for (const rounding of [gradient, example]) expect(rounding).toBeLessThan(bound);
      // ‖gᵢ‖² = 4 (zᵢ − yᵢ)² ‖∂zᵢ/∂θ‖², by hand.
      const { value, meanSquare } = await desk.get(noiseTrace);
      expect(meanSquare).toBeCloseTo(1 * 1 + 4 * 4 + 1 * 4 + 1 * 21, 4);
      expect(value).toBeGreaterThan(1);
    },
  );

  it("is none of a linear model of whole numbers whose residuals are 0, under the absolute loss", async () => {
    const problem = denseProblem(
      [{ name: "w", inputs: 2, weights: [1, 2], bias: [0] }],
      SQUARE,
      [0, 2, 3, 1],
      meanAbsoluteError,
    );
    const desk = deskOf(problem, {}, { needs: [gradientRounding, noiseTrace] });
    expect((await desk.get(gradientRounding)).gradient).toBeLessThan(1e-13);
    expect((await desk.get(noiseTrace)).value).toBeGreaterThan(0.1);
  });
});
