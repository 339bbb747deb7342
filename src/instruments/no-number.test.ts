import { z } from "zod";
import { describe, expect, it } from "vitest";
import { meanAbsoluteError } from "../problem/losses/mean-absolute-error.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import type { Problem } from "../problem/problem.ts";
import { createRandom } from "../random/random-stream.ts";
import { nonFiniteIn } from "../result/non-finite.ts";
import { gradientPart } from "./gradient/gradient-part.ts";
import { noisePart } from "./noise/noise-part.ts";
import { profileResult } from "./profile-result.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { runProfile } from "./profile.ts";
import { readingsOf } from "../../test/support/result-with.ts";

const x = [
  [1, 0.5],
  [-0.5, 1],
  [0.25, -1],
  [2, 0.75],
];
const classes = [0, 1, 1, 0];
const targets = [[1], [0.5], [-1], [0.25]];
const zeros = (count: number) => new Array<number>(count).fill(0);
const two = (first: number[], second: number[], biased = false) => [
  {
    name: "a",
    inputs: 2,
    weights: first,
    activation: "Relu",
    ...(biased && { bias: zeros(first.length / 2) }),
  },
  { name: "b", inputs: first.length / 2, weights: second, ...(biased && { bias: zeros(2) }) },
];

const PROBLEMS: readonly (readonly [string, () => Problem])[] = [
  ["all weights zero, cross-entropy", () => denseProblem(two(zeros(6), zeros(6)), x, classes, crossEntropy)],
  ["all weights and biases zero", () => denseProblem(two(zeros(6), zeros(6), true), x, classes, crossEntropy)],
  [
    "all weights and targets zero, squared error",
    () =>
      denseProblem(
        two(zeros(6), zeros(3)),
        x,
        x.map(() => [0]),
        meanSquaredError,
      ),
  ],
  ["the first layer zero", () => denseProblem(two(zeros(6), [1, -1, 0.5]), x, targets, meanSquaredError)],
  ["the last layer zero", () => denseProblem(two([1, -1, 0.5, 1, 0.5, -1], zeros(3)), x, targets, meanSquaredError)],
  [
    "every unit dead",
    () =>
      denseProblem(
        [
          { name: "a", inputs: 2, weights: [1, 2, 3, 4], bias: [-50, -50], activation: "Relu" },
          { name: "b", inputs: 2, weights: [1, 2, 3, 4], bias: [0.1, 0.2] },
        ],
        x,
        classes,
        crossEntropy,
      ),
  ],
  ["one unit without weights", () => denseProblem(two([1, 0, 0.5, 0], [1, 0], false), x, targets, meanSquaredError)],
  [
    "one parameter",
    () =>
      denseProblem(
        [{ name: "a", inputs: 1, weights: [0.5] }],
        x.map(([first]) => [first]),
        targets,
        meanSquaredError,
      ),
  ],
  [
    "one parameter at an exact fit",
    () =>
      denseProblem(
        [{ name: "a", inputs: 1, weights: [0.5] }],
        x.map(([first]) => [first]),
        x.map(([first]) => [first / 2]),
        meanSquaredError,
      ),
  ],
  ["one example", () => denseProblem(two([1, 0.5, 0.5, 1], [1, -1]), [[1, 2]], [[1]], meanSquaredError)],
  ["only one class seen", () => denseProblem(two([1, 0.5, 0.5, 1], [1, -1, 0.5, 1]), x, zeros(4), crossEntropy)],
  [
    "a linear model under absolute error",
    () => denseProblem([{ name: "a", inputs: 2, weights: [3, 4] }], x, targets, meanAbsoluteError),
  ],
  [
    "inputs of zero",
    () =>
      denseProblem(
        two([1, 0.5, 0.5, 1], [1, -1]),
        x.map(() => [0, 0]),
        targets,
        meanSquaredError,
      ),
  ],
  [
    "targets and weights of 1e-160",
    () =>
      denseProblem(
        [{ name: "a", inputs: 2, weights: [1e-160, 1e-160] }],
        x,
        x.map(() => [1e-160]),
        meanSquaredError,
      ),
  ],
];

describe("no measurement comes out as NaN", () => {
  it.each(PROBLEMS.flatMap(([name, make]) => [0, 2000].map((exactLimit) => [name, exactLimit, make] as const)))(
    "%s, matrix up to %i parameters",
    async (_name, exactLimit, make) => {
      const problem = make();
      const { result } = await runProfile(problem, { exactLimit, learningRate: 0.1 }, createRandom(0), {});
      await problem.close();
      expect(
        result.sections.filter(({ status }) => status === "failed").map((s) => `${s.instrument}: ${s.reason}`),
      ).toEqual([]);
      expect(nonFiniteIn(profileResult, result)).toBeUndefined();
      const said = [
        ...result.sections.flatMap(({ means, tryNext }) => [means, tryNext]),
        ...result.sections.flatMap(({ instrument }) =>
          readingsOf(instrument, result).map(({ value, note }) => `${value} ${note ?? ""}`),
        ),
        ...result.verdicts.map(({ text }) => text),
      ];
      expect(said.filter((text) => /NaN|undefined/.test(text))).toEqual([]);
    },
  );
});

describe("nonFiniteIn", () => {
  it("names the first number that is none", () => {
    expect(
      nonFiniteIn(z.object(gradientPart), { gradient: { norm: 1, tensors: [{ norm: 1 }, { norm: Number.NaN }] } }),
    ).toBe("gradient.tensors.1.norm");
    expect(nonFiniteIn(z.object(gradientPart), { gradient: { norm: Number.POSITIVE_INFINITY } })).toBe("gradient.norm");
    expect(nonFiniteIn(z.object(gradientPart), { gradient: { norm: 1, noiseFloor: null } })).toBeUndefined();
  });

  it("allows infinity where the schema does, and NaN nowhere", () => {
    const trace = (standardError: number) => ({ trace: { standardError } });
    expect(nonFiniteIn(z.object(noisePart), { noise: trace(Number.POSITIVE_INFINITY) })).toBeUndefined();
    expect(nonFiniteIn(z.object(noisePart), { noise: trace(Number.NaN) })).toBe("noise.trace.standardError");
  });
});
