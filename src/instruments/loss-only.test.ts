import { expect, it } from "vitest";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { outputLoss } from "../problem/losses/output-loss.ts";
import { LOSSES } from "../problem/losses/registry.ts";
import { createRandom } from "../random/random-stream.ts";
import { DERIVATIVES } from "../problem/derivatives/registry.ts";
import { gaussNewtonProduct } from "../problem/derivatives/gauss-newton.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { runProfile } from "./profile.ts";

it("a loss behind which no outputs are known has no Gauss–Newton matrix, whatever its name", async () => {
  const problem = denseProblem(
    [
      { name: "a", inputs: 2, weights: [0.8, 0.3, -0.5, 0.9], activation: "Tanh" },
      { name: "b", inputs: 2, weights: [1.7, 0.4], activation: "Softplus" },
    ],
    [
      [1, 2],
      [0.5, -1],
      [-1, 1],
    ],
    [[0], [0], [0]],
    { ...outputLoss, name: "own" },
  );
  await expect(problem.point.product(gaussNewtonProduct, [new Float64Array(6)])).rejects.toThrow(/--loss own/);
  const { result } = await runProfile(problem, { only: "eigenvalues,gauss-newton,attribution" }, createRandom(0), {});
  const of = (name: string) => result.sections.find(({ instrument }) => instrument === name);
  expect(of("gauss-newton")).toMatchObject({ status: "skipped", reason: expect.stringMatching(/only its loss/) });
  expect(of("attribution")).toMatchObject({ status: "measured" });
  expect(LOSSES.filter(({ givesLossOnly }) => givesLossOnly)).toEqual([outputLoss]);
});

it("what single examples have of their own is refused where the loss couples them", () => {
  const rows = [
    [1, 2],
    [0.5, -1],
  ];
  const open = (coupled?: string) =>
    denseProblem([{ name: "a", inputs: 2, weights: [0.8, 0.3] }], rows, [[0], [1]], meanSquaredError, { coupled });
  const made = DERIVATIVES.filter(({ ofExamples }) => ofExamples);
  expect(made.map(({ name }) => name)).toEqual([
    "empirical-fisher",
    "empirical-fisher-of-terms",
    "example-derivative",
    "example-losses",
  ]);
  for (const derivative of DERIVATIVES) {
    expect(() => open().requireExamplesFor(derivative)).not.toThrow();
    const coupled = () => open("the batch is normalised").requireExamplesFor(derivative);
    if (made.includes(derivative)) expect(coupled).toThrow(/no example has a loss of its own, as the batch/);
    else expect(coupled).not.toThrow();
  }
});
