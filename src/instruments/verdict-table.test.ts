import { describe, expect, it } from "vitest";
import { add, mul } from "../ops/arithmetic.ts";
import { matmul } from "../ops/matmul.ts";
import { sliceAxis } from "../ops/movement.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { meanAbsoluteError } from "../problem/losses/mean-absolute-error.ts";
import { meanSquaredError } from "../problem/losses/mean-squared-error.ts";
import { outputLoss } from "../problem/losses/output-loss.ts";
import type { Problem } from "../problem/problem.ts";
import type { ProblemOptions } from "../problem/problem-options.ts";
import { createRandom } from "../random/random-stream.ts";
import type { ProfileResult } from "./profile-result.ts";
import type { RunContext } from "../util/run-context.ts";
import { array, buildProblem, labels } from "../../test/support/build-problem.ts";
import { sampleProfile } from "../../test/sample-profile.ts";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { eigenvaluesInstrument } from "./eigenvalues.ts";
import type { ProfileOptions } from "./instrument.ts";
import { exactly, judge, within, type Question } from "./judge-verdict.ts";
import { runProfile } from "./profile.ts";
import { spectrumInstrument } from "./spectrum.ts";
import { stabilityInstrument } from "./stability.ts";
import { readingsOf, resultWith } from "../../test/support/result-with.ts";

/** L(θ) = ½ Σ aᵢθᵢ² + Σ bᵢθᵢ: its Hessian is diag(a), its gradient aθ + b. */
function quadratic(
  a: readonly number[],
  {
    at = a.map(() => 0),
    slope = a.map(() => 0),
    ...options
  }: Partial<ProblemOptions> & { at?: number[]; slope?: number[] } = {},
): Problem {
  const n = a.length;
  return buildProblem(
    {
      x: array([2, 2 * n], [...a.map((each) => each / 2), ...slope, ...a.map((each) => each / 2), ...slope]),
      y: labels([2], [0, 0]),
      parameters: { theta: array([n, 1], at) },
      loss: outputLoss,
      // a and b come as data: constants of a product would be weights.
      build: (x, { theta }) =>
        add(matmul(sliceAxis(x, 1, 0, n), mul(theta, theta)), matmul(sliceAxis(x, 1, n, 2 * n), theta)),
    },
    options,
  );
}

const points = Array.from({ length: 24 }, (_, i) => [Math.sin(3 * i), Math.cos(5 * i), Math.sin(i + 1)]);
/** Linear regression with residuals; its optimum is the solution of the normal equations. */
const observed = points.map(([p, q, r], i) => [p - 2 * q + 0.5 * r + Math.sin(7 * i) / 4]);

function solved(): number[] {
  const m = [0, 1, 2].map((i) => [
    ...[0, 1, 2].map((j) => points.reduce((sum, x) => sum + x[i] * x[j], 0)),
    points.reduce((sum, x, k) => sum + x[i] * observed[k][0], 0),
  ]);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++)
      if (j !== i) {
        const factor = m[j][i] / m[i][i];
        m[j] = m[j].map((x, k) => x - factor * m[i][k]);
      }
  return [0, 1, 2].map((i) => m[i][3] / m[i][i]);
}
const linear = (weights: number[], loss = meanSquaredError) =>
  denseProblem([{ name: "w", inputs: 3, weights }], points, observed, loss);
const mlp = (scale: number) =>
  denseProblem(
    [
      {
        name: "a",
        inputs: 3,
        weights: [1, -1, 0.5, 2, 1, -0.5, 0.25, 1, 1, -1, 0.5, 1].map((w) => scale * w),
        activation: "Tanh",
      },
      { name: "b", inputs: 4, weights: [1, -1, 0.5, 1, 0.25, -0.5, 1, -1].map((w) => scale * w) },
    ],
    points,
    points.map((_, i) => i % 2),
    crossEntropy,
  );
const spread = (n: number, from: number, to: number) =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));

interface Situation {
  readonly name: string;
  readonly problem: () => Problem;
  readonly options?: ProfileOptions;
  readonly context?: () => RunContext;
  readonly says: RegExp;
  readonly never: RegExp;
}

const MINIMUM = /A minimum/;
const KIND = /A minimum|A saddle|A maximum|A plateau/;
const EIGENVALUES = { only: "eigenvalues" };

const SITUATIONS: readonly Situation[] = [
  {
    name: "minimum",
    problem: () => quadratic([1, 2, 3]),
    says: /pass: A minimum.*1/,
    never: /saddle|maximum|plateau|Not decided/,
  },
  {
    name: "saddle",
    problem: () => quadratic([1, -2, 3]),
    says: /warn: A saddle point.*from -2\.0.* to 3\.0/,
    never: /A minimum|maximum|plateau|Not decided/,
  },
  {
    name: "maximum",
    problem: () => quadratic([-1, -2, -3]),
    says: /warn: A maximum.*at most -1/,
    never: /A minimum|saddle|plateau|Not decided/,
  },
  {
    name: "plateau",
    problem: () => quadratic([0, 0, 0]),
    says: /warn: A plateau/,
    never: /A minimum|A saddle|A maximum|Not decided/,
  },
  {
    name: "valley with a flat floor",
    problem: () => quadratic([1, 0, 3]),
    says: /Not decided, what kind.*λmin = .*across 0/,
    never: KIND,
  },
  { name: "ridge", problem: () => quadratic([-1, 0, -3]), says: /Not decided/, never: KIND },
  {
    name: "slope above a minimum",
    problem: () => quadratic([1, 2, 3], { at: [1, 1, 1] }),
    says: /note: No negative curvature.*no critical point/,
    never: KIND,
  },
  {
    name: "slope beside a saddle",
    problem: () => quadratic([1, -2, 3], { at: [1, 1, 1] }),
    says: /warn: Negative curvature reaches 66\.7 %.*no critical point/,
    never: KIND,
  },
  {
    name: "slope of a hill",
    problem: () => quadratic([-1, -2, -3], { at: [1, 1, 1] }),
    says: /warn: Every curvature is negative.*no critical point/,
    never: KIND,
  },
  {
    name: "a plane",
    problem: () => quadratic([0, 0, 0], { slope: [1, 2, 3] }),
    says: /note: No curvature: the loss is linear.*no critical point/,
    never: KIND,
  },
  {
    name: "a trough that slopes",
    problem: () => quadratic([1, 0, 3], { slope: [0, 1, 0] }),
    says: /Not decided, whether the loss bends down.*no critical point/,
    never: KIND,
  },
  {
    name: "shallow negative curvature",
    problem: () => quadratic([-0.01, 2, 3], { at: [1, 1, 1] }),
    says: /note: Negative curvature reaches 0\.3 %/,
    never: /few|shallow|trained networks|A saddle/,
  },
  {
    name: "λmin beyond λmax",
    problem: () => quadratic([0.02, ...new Array<number>(9).fill(-10)], { at: new Array<number>(10).fill(1) }),
    says: /Negative curvature reaches 100 %/,
    never: /[0-9]{4,}(\.[0-9])? %|A saddle/,
  },
  {
    name: "a tiny gradient that is none of rounding",
    problem: () => quadratic([1, 2, 3], { at: [1e-6, 1e-6, 1e-6], slope: [1e-3, 0, 0] }),
    says: /No negative curvature.*no critical point/,
    never: KIND,
  },
  {
    name: "a gradient of one rounding",
    problem: () => quadratic([1, 2, 3], { at: [1, 1, 1], slope: [-1 + 2 ** -52, -2, -3] }),
    says: MINIMUM,
    never: /Not decided|saddle/,
  },
  {
    name: "least squares at its solution",
    problem: () => linear(solved()),
    says: MINIMUM,
    never: /Not decided|A saddle|no critical/,
  },
  {
    name: "least squares, one per mille off",
    problem: () => linear(solved().map((w) => 1.001 * w)),
    says: /No negative curvature.*no critical point/,
    never: KIND,
  },
  { name: "least squares far off", problem: () => linear([30, -20, 10]), says: /no critical point/, never: KIND },
  {
    name: "a linear model under absolute error",
    problem: () => linear([3, -2, 1], meanAbsoluteError),
    says: /No curvature: the loss is linear/,
    never: KIND,
  },
  { name: "an untrained network", problem: () => mlp(1), says: /no critical point/, never: KIND },
  { name: "a zero network", problem: () => mlp(0), says: /A saddle/, never: MINIMUM },
  {
    name: "float32: a dip below its resolution",
    problem: () => quadratic([-1e-9, 2, 3], { precision: "float32" }),
    says: /Not decided, what kind/,
    never: KIND,
  },
  {
    name: "float32: a dip above it",
    problem: () => quadratic([-0.01, 2, 3], { precision: "float32" }),
    says: /A saddle/,
    never: MINIMUM,
  },
  {
    name: "float32: a floor below its resolution",
    problem: () => quadratic([1e-9, 2, 3], { precision: "float32" }),
    says: /Not decided, what kind/,
    never: KIND,
  },
  {
    name: "a search that cannot exclude what it missed",
    problem: () => quadratic(spread(500, 0.001, 1)),
    options: EIGENVALUES,
    says: /Not decided/,
    never: KIND,
  },
  {
    name: "the same from the whole spectrum",
    options: { only: "eigenvalues,spectrum" },
    problem: () => quadratic(spread(500, 0.001, 1)),
    says: MINIMUM,
    never: /Not decided/,
  },
  {
    name: "a dip among many",
    problem: () => quadratic([...spread(120, 0.1, 1), -0.3]),
    options: EIGENVALUES,
    says: /A saddle/,
    never: MINIMUM,
  },
  {
    name: "a loose tolerance",
    problem: () => quadratic([...spread(150, -0.0015, 1)], { at: new Array<number>(150).fill(1) }),
    options: { only: "eigenvalues", tol: 0.05 },
    says: /Not decided|Negative curvature/,
    never: /No negative|A minimum/,
  },
  {
    name: "time that ended early",
    problem: () => quadratic(spread(300, 0.1, 5)),
    options: { ...EIGENVALUES, exactLimit: 0 },
    context: () => {
      let asked = 0;
      return { hasBudget: true, outOfTime: () => ++asked > 6 };
    },
    says: /Not decided/,
    never: KIND,
  },
  {
    // y = 100 x₁ exactly, w = (100, 10): all of the loss goes with w₂, whose slope is known although w₁ rounds more.
    name: "a short gradient along which the loss falls",
    problem: () => {
      const x = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? [Math.SQRT2, 0] : [0, 0.0014 * Math.SQRT2]));
      return denseProblem(
        [{ name: "w", inputs: 2, weights: [100, 10] }],
        x,
        x.map(([first]) => [100 * first]),
        meanSquaredError,
        { precision: "float32" },
      );
    },
    options: EIGENVALUES,
    says: /no critical point/,
    never: KIND,
  },
  {
    name: "a step size at the limit",
    problem: () => quadratic([1, 2, 4]),
    options: { learningRate: 0.5 },
    says: /Not decided, on which side/,
    never: /leaves this point/,
  },
  {
    name: "a step size above it",
    problem: () => quadratic([1, 2, 4]),
    options: { learningRate: 0.6 },
    says: /warn: The step size.*1\.2.*leaves this point/,
    never: /Not decided, on which/,
  },
  {
    name: "a step size below it",
    problem: () => quadratic([1, 2, 4]),
    options: { learningRate: 0.1 },
    says: /pass: The step size/,
    never: /leaves|edge/,
  },
  {
    name: "a step size on a hill",
    problem: () => quadratic([-1, -2]),
    options: { learningRate: 0.1 },
    says: /A maximum/,
    never: /at the edge/,
  },
];

function said(result: ProfileResult): string {
  return result.verdicts.map(({ level, text }) => `${level}: ${text}`).join("\n");
}

describe("verdicts", () => {
  it.each(SITUATIONS.map((situation) => [situation.name, situation] as const))("at %s", async (_name, situation) => {
    const problem = situation.problem();
    const { result } = await runProfile(problem, situation.options ?? {}, createRandom(1), situation.context?.() ?? {});
    await problem.close();
    expect(result.sections.filter(({ status }) => status === "failed").map(({ reason }) => reason)).toEqual([]);
    expect(said(result)).toMatch(situation.says);
    expect(said(result)).not.toMatch(situation.never);
    expect(said(result)).not.toMatch(/\b(few|shallow|usually|typical)\b/);
  });

  it("numbers follow the largest magnitude, whichever sign it has", async () => {
    const problem = quadratic([0.02, ...new Array<number>(9).fill(-10)]);
    const { hessian } = (await runProfile(problem, {}, createRandom(1), {})).result;
    await problem.close();
    expect(hessian.effectiveRank?.frobenius).toBeCloseTo(9 + (0.02 / 10) ** 2, 9);
    expect(hessian.negativeDepth).toBeCloseTo(1, 12);
  });

  it("ends are those of the whole spectrum where it was computed", async () => {
    const problem = mlp(0.7);
    const { result, arrays } = await runProfile(problem, { top: 1, bottom: 1 }, createRandom(1), {});
    await problem.close();
    const values = arrays.entries().get("hessian.eigenvalues")?.data ?? [];
    expect(result.hessian.top?.[0].value).toBe(values[values.length - 1]);
    expect(result.hessian.bottom?.[0].value).toBe(values[0]);
  });
});

const { gradient: sampleGradient } = sampleProfile.result;
if (sampleGradient === null) throw new Error("The sample has no gradient.");

describe("what the search supports", () => {
  const parts = (change: Partial<ProfileResult["hessian"]>): ProfileResult =>
    resultWith({
      loss: 1,
      gradientNorm: 0,
      hessian: {
        top: [{ value: 5, residual: 0.1 }],
        bottom: [{ value: 0.5, residual: 0.1 }],
        multiplicity: { checked: true, found: 0, missProbability: 1e-3, margin: 0 },
        eigenvaluesConverged: true,
        negativeDepth: 0,
        gradientResolution: 1e-12,
        roundoff: 1e-16,
        ...change,
      },
    });
  const texts = (change: Partial<ProfileResult["hessian"]>) =>
    eigenvaluesInstrument
      .verdicts(parts(change))
      .flatMap(judge)
      .map(({ text }) => text)
      .join();
  const cases: readonly (readonly [string, Partial<ProfileResult["hessian"]>, RegExp])[] = [
    ["everything", {}, /A minimum/],
    ["no convergence", { eigenvaluesConverged: false }, /Not decided.*nothing excludes/],
    [
      "no second search",
      { multiplicity: { checked: false, found: 0, missProbability: null, margin: 0 } },
      /Not decided/,
    ],
    [
      "a search without a bound",
      { multiplicity: { checked: true, found: 0, missProbability: null, margin: 0 } },
      /Not decided/,
    ],
    [
      "a margin beyond zero",
      { multiplicity: { checked: true, found: 0, missProbability: 1e-3, margin: 1 } },
      /Not decided/,
    ],
    [
      "a residual across zero",
      { bottom: [{ value: -0.003, residual: 0.022 }] },
      /Not decided.*-0\.003 ± 0\.022 reaches across 0/,
    ],
    [
      "a dip that is proven without convergence",
      { eigenvaluesConverged: false, bottom: [{ value: -1, residual: 0.1 }] },
      /A saddle/,
    ],
    [
      "a result of 0.1.0, which tells no margin",
      { multiplicity: { checked: true, found: 0, missProbability: 1e-3, margin: null } },
      /A minimum/,
    ],
  ];
  it.each(cases)("%s", (_name, change, expected) => {
    expect(texts(change)).toMatch(expected);
  });

  const below = (gradientNorm: number) =>
    eigenvaluesInstrument
      .verdicts({ ...parts({}), gradientNorm, gradient: { ...sampleGradient, norm: gradientNorm, rounding: 1e-14 } })
      .flatMap(judge)
      .map(({ text }) => text)
      .join();
  it.each([
    [0, /the gradient is zero, and every/],
    [5e-15, /the gradient is zero up to rounding, and every/],
    [5e-13, /the gradient \(‖g‖ = 5e-13\) is no longer than what rounding of the weights moves it by, and every/],
    [2e-8, /the gradient \(‖g‖ = 2e-8\) is not zero, but the loss is within its own rounding of the least/],
    [1e-3, /this is no critical point/],
  ] as const)("a gradient of %d is said to be below what it is below", (norm, expected) => {
    expect(below(norm)).toMatch(expected);
  });

  it("names are no more than that", () => {
    const reading = (change: Partial<ProfileResult["hessian"]>) => {
      const { hessian } = parts(change);
      return eigenvaluesInstrument
        .readings({ ...sampleProfile.result, hessian: { ...sampleProfile.result.hessian, ...hessian } })
        .flatMap((line) => (line ? [`${line.label}: ${line.value}`] : []));
    };
    expect(reading({})).toContain("Largest: 5.00 ± 0.10");
    const cut = reading({
      eigenvaluesConverged: false,
      multiplicity: { checked: false, found: 0, missProbability: null, margin: 0 },
    });
    expect(cut).toContain("Largest found: 5.00 ± 0.10");
    expect(cut).toContain("Hidden copies: n/a");
  });

  it("a step size is judged by what λmax may be", () => {
    const stability = { sharpness: 2, sharpnessError: 0.1, limits: [], step: { stepSize: 0.5, relative: 0.5 } };
    const verdict = (hessian: Partial<ProfileResult["hessian"]>) =>
      stabilityInstrument.verdicts(resultWith({ stability, hessian })).flatMap(judge);
    const top = [{ value: 2, residual: 0.1 }];
    expect(verdict({ top, eigenvaluesConverged: true })).toMatchObject([{ level: "pass" }]);
    expect(verdict({ top, eigenvaluesConverged: false })).toMatchObject([
      { text: expect.stringMatching(/^Not decided/) },
    ]);
  });

  it("a share of the spectrum that has not converged decides nothing", () => {
    const estimate = {
      value: 0.4,
      standardError: 0.01,
      products: 10,
      method: "",
      threshold: 0,
      zeroShare: 0,
      zeroInterval: null,
      negative: null,
    };
    const share = (converged: boolean) => ({
      ...estimate,
      converged,
      interval: { lower: 0.38, upper: 0.42, confidence: 0.95 },
    });
    const verdict = (converged: boolean) =>
      spectrumInstrument
        .verdicts(
          resultWith({
            hessian: { negativeShare: share(converged), negativeDepth: 0.5, bottom: [{ value: -1, residual: 0.01 }] },
          }),
        )
        .flatMap(judge);
    expect(verdict(true)).toMatchObject([
      { text: expect.stringMatching(/^40\.0 % of the eigenvalues are negative, the deepest of them 50\.0 %/) },
    ]);
    expect(verdict(false)).toMatchObject([{ text: expect.stringMatching(/^Not decided/) }]);
  });
});

describe("judge", () => {
  const question = (ground: Parameters<typeof judge>[0]["claims"][number]["rests"][number]["ground"]): Question => ({
    asks: "on which side",
    claims: [
      { level: "pass", text: "above", rests: [{ ground, above: 1 }] },
      { level: "warn", text: "below", rests: [{ ground, below: 1 }] },
    ],
    decidedBy: "More would.",
  });

  it.each([
    [exactly("x", 2), "above"],
    [exactly("x", 0), "below"],
    [within("x", 2, 0.5), "above"],
    [within("x", 1.2, 0.5), "Not decided, on which side: x = 1.2 ± 0.5 reaches across 1. More would."],
    [within("x", 2, 0.5, "it has not converged"), "Not decided, on which side: x: it has not converged. More would."],
    [within("x", Number.NaN, 0), expect.stringMatching(/^Not decided/)],
  ])("case %#", (ground, text) => {
    expect(judge(question(ground))).toMatchObject([{ text }]);
  });

  it("says nothing where every claim is excluded", () => {
    const { claims, ...rest } = question(exactly("x", 2));
    expect(judge({ ...rest, claims: claims.slice(1) })).toEqual([]);
  });
});

it("a section's lines stay when a step size is not resolved", async () => {
  const problem = quadratic([1, 2]);
  const { result } = await runProfile(problem, { learningRate: 0.1 }, createRandom(0), {});
  await problem.close();
  expect(readingsOf("stability", result).at(-1)?.label).toBe("Your step size");
});
