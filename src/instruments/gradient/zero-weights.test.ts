import { describe, expect, it } from "vitest";
import { deskOf } from "../../../test/support/desk-of.ts";
import { denseProblem } from "../../../test/support/dense-problem.ts";
import { partOf, resultWith } from "../../../test/support/result-with.ts";
import { crossEntropy } from "../../problem/losses/cross-entropy.ts";
import { gradientInstrument } from "../gradient.ts";
import { judge } from "../judge-verdict.ts";
import { zeroWeightsIn } from "./zero-weights.ts";

describe("weights that are exactly 0", () => {
  const tensors = [
    { name: "w", label: "w", shape: [2, 2], offset: 0, size: 4 },
    { name: "start", label: "start", shape: [1, 2], offset: 4, size: 2 },
    { name: "b", label: "b", shape: [2], offset: 6, size: 2 },
  ];

  it("are counted beside others of their tensor, where they have a gradient; whole tensors of zeros and biases are not", () => {
    const theta = Float64Array.of(0, 1, 0, 2, 0, 0, 0, 3);
    const gradient = Float64Array.of(3, 1, 0, 1, 5, 5, 8, 0);
    expect(zeroWeightsIn({ tensors }, theta, gradient)).toEqual({ names: ["w"], numbers: 1, share: 9 / 125 });
    expect(
      zeroWeightsIn(
        { tensors },
        theta.map((x) => x || 1),
        gradient,
      ),
    ).toBeUndefined();
  });

  it("of a network whose weights were pruned are named with what the gradient is without them", async () => {
    const problem = (masked: number) =>
      denseProblem(
        [
          { name: "hidden", inputs: 2, weights: [masked, 0.7, -0.4, masked], bias: [0, 0], activation: "Tanh" },
          { name: "out", inputs: 2, weights: [1, -1, 0.5, 1], bias: [0, 0] },
        ],
        [
          [1, 2],
          [-1, 0.5],
          [0.3, -2],
        ],
        [0, 1, 1],
        crossEntropy,
      );
    const options = { top: 1, bottom: 1 };
    const said = async (masked: number) => {
      const parts = await partOf(gradientInstrument, deskOf(problem(masked), options));
      return { gradient: parts.gradient, words: gradientInstrument.verdicts(resultWith(parts)).flatMap(judge) };
    };
    const { gradient, words } = await said(0);
    expect(gradient?.zeros).toMatchObject({ names: ["hidden.weight"], numbers: 2 });
    expect(words.map(({ text }) => text).join(" ")).toMatch(
      /% of ‖g‖² lies in 2 numbers of hidden\.weight that are exactly 0, .* Where they are not, ‖g‖ = \d/,
    );
    const other = await said(0.1);
    expect(other.gradient?.zeros).toBeNull();
    expect(other.words.map(({ text }) => text).join(" ")).not.toMatch(/exactly 0/);
  });
});
