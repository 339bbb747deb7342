/** @thorough Every number of many profiles against others: a minute. */

import { afterEach, describe, expect, test, vi } from "vitest";
import type { Estimate } from "../src/estimators/estimate.ts";
import type { ExtremalResult } from "../src/estimators/extremal-eigenpairs.ts";
import { runProfile } from "../src/instruments/profile.ts";
import { runChecks } from "../src/instruments/run-checks.ts";
import { add, mul } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { relu, tanh } from "../src/ops/unary.ts";
import type { BatchRange } from "../src/problem/batches.ts";
import { empiricalFisherProduct } from "../src/problem/derivatives/empirical-fisher.ts";
import { exampleDerivative } from "../src/problem/derivatives/example-derivative.ts";
import { binaryCrossEntropy } from "../src/problem/losses/binary-cross-entropy.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import type { Loss } from "../src/problem/losses/loss.ts";
import { LOSSES } from "../src/problem/losses/registry.ts";
import { Point } from "../src/problem/point.ts";
import type { Problem } from "../src/problem/problem.ts";
import type { ProblemOptions } from "../src/problem/problem-options.ts";
import type { BlockTraces } from "../src/quantities/block-traces.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { Tensor } from "../src/util/tensor.ts";
import { ThalwegError } from "../src/util/thalweg-error.ts";
import { array, buildProblem, labels } from "./support/build-problem.ts";

/*
 * What no derivative shows: a loss that is another one with derivatives of its own, examples that are left out, wrong
 * counts, wrong numbers made of single examples, a matrix whose blocks are not its products. Each is planted alone, and
 * the checks of a run find it; nothing is found without.
 */

const planted = vi.hoisted(() => ({
  batches: (all: readonly BatchRange[], _size: number): readonly BatchRange[] => all,
  layers: (all: readonly Estimate[]): readonly Estimate[] => all,
  ends: (found: ExtremalResult): ExtremalResult => found,
}));

vi.mock("../src/estimators/extremal-eigenpairs.ts", async (original) => {
  const real = await original<typeof import("../src/estimators/extremal-eigenpairs.ts")>();
  return {
    ...real,
    extremalEigenpairs: async (...given: Parameters<typeof real.extremalEigenpairs>) =>
      planted.ends(await real.extremalEigenpairs(...given)),
  };
});

vi.mock("../src/estimators/dense-extremes.ts", async (original) => {
  const real = await original<typeof import("../src/estimators/dense-extremes.ts")>();
  return {
    ...real,
    denseEnds: async (...given: Parameters<typeof real.denseEnds>) => planted.ends(await real.denseEnds(...given)),
  };
});

vi.mock("../src/problem/batches.ts", async (original) => {
  const real = await original<typeof import("../src/problem/batches.ts")>();
  return {
    ...real,
    batchesOf: (range: BatchRange, size: number) => planted.batches(real.batchesOf(range, size), size),
  };
});

vi.mock("../src/quantities/block-traces.ts", async (original) => {
  const real = await original<typeof import("../src/quantities/block-traces.ts")>();
  const spoilt = (found: BlockTraces) => ({ ...found, traces: planted.layers(found.traces) });
  return {
    ...real,
    tracesOfMatrix: (...given: Parameters<typeof real.tracesOfMatrix>) => spoilt(real.tracesOfMatrix(...given)),
    tracesByProbes: async (...given: Parameters<typeof real.tracesByProbes>) =>
      spoilt(await real.tracesByProbes(...given)),
  };
});

afterEach(() => {
  vi.restoreAllMocks();
  planted.batches = (all) => all;
  planted.layers = (all) => all;
  planted.ends = (found) => found;
});

const EXAMPLES = 26;
const OUTPUTS = 3;

const random = createRandom(3);
const draw = (name: string, shape: readonly number[], scale: number) => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return array(
    shape,
    random
      .split(name)
      .normalVector(size)
      .map((x) => scale * x),
  );
};

const classes = labels(
  [EXAMPLES],
  Array.from({ length: EXAMPLES }, (_, i) => (i % 7 === 6 ? -100 : i % 3)),
);
const bits = labels(
  [EXAMPLES, OUTPUTS],
  Array.from({ length: EXAMPLES * OUTPUTS }, (_, i) => (i * i) % 2),
);
const numbers = draw("y", [EXAMPLES, OUTPUTS], 1);

const counts = array(
  [EXAMPLES, OUTPUTS],
  Array.from({ length: EXAMPLES * OUTPUTS }, (_, i) => (i * i) % 5),
);

/** Labels of every kind that a loss may ask for, with how many outputs the network has beside them; the most particular ones first. */
const KINDS_OF_LABELS: readonly (readonly [labels: Tensor, outputs: number])[] = [
  [classes, OUTPUTS],
  [numbers, OUTPUTS],
  [counts, OUTPUTS],
  [bits, OUTPUTS],
  [draw("means", [EXAMPLES, 2], 1), 4],
];

/** Whether a loss takes labels: by their shape, and by their values. */
function takes({ misfit, checkLabels }: Loss, y: Tensor, outputs: number): boolean {
  const shape = [EXAMPLES, outputs];
  if (misfit({ outputs: shape, labels: y.shape, labelType: y.dtype }) !== undefined) return false;
  try {
    checkLabels?.(y, shape, { ignoreIndex: -100 }, 0);
    return true;
  } catch (error) {
    if (error instanceof ThalwegError) return false;
    throw error;
  }
}

/** Each loss with labels for it, and how many outputs the network has. */
const HOSTS = LOSSES.flatMap((loss) => {
  const found = KINDS_OF_LABELS.find(([y, outputs]) => takes(loss, y, outputs));
  return found ? [[loss, ...found] as const] : [];
});

function problemOf(loss: Loss, y: Tensor, options: Partial<ProblemOptions> = {}): Problem {
  const outputs = HOSTS.find(([host]) => host === loss)?.[2] ?? OUTPUTS;
  return buildProblem(
    {
      x: draw("x", [EXAMPLES, 4], 1),
      y,
      parameters: {
        a: draw("a", [4, 6], 0.6),
        b: draw("b", [6], 0.3),
        w: draw("w", [6, 6], 0.4),
        c: draw("c", [6, outputs], 0.5),
      },
      build: (x, { a, b, w, c }) => matmul(relu(matmul(tanh(add(matmul(x, a), b)), w)), c),
      loss,
    },
    { precision: "float32", batchSize: 8, l2: 0.01, ...options },
  );
}

/** Those of the checks of every run that are not about derivatives, and fail. */
async function failing(problem: Problem): Promise<string[]> {
  const checks = await runChecks(problem, ["loss", "examples-alone"], createRandom(0), {});
  await problem.close();
  return checks.filter(({ passed }) => passed !== true).map(({ name }) => name);
}

const classified = (options: Partial<ProblemOptions> = {}) => problemOf(crossEntropy, classes, options);

/** The checks of a profile that did not pass, and why sections failed. */
async function notRight(
  options: Partial<ProblemOptions>,
  profile: Parameters<typeof runProfile>[1],
): Promise<readonly string[]> {
  const problem = classified(options);
  const { checks, result } = await runProfile(problem, profile, createRandom(0), {});
  await problem.close();
  return [
    ...checks.flatMap(({ name, passed }) => (passed === true ? [] : [name])),
    ...result.sections.flatMap(({ status, reason }) => (status === "failed" ? [reason ?? status] : [])),
  ];
}

test("a matrix whose products are off by little more than their rounding", async () => {
  const find = () => notRight({ precision: "float32" }, { only: "spectrum" });
  expect(await find()).toEqual([]);
  const product = Point.prototype.product;
  vi.spyOn(Point.prototype, "product").mockImplementation(async function (this: Point, matrix, block, context) {
    const right = await product.call(this, matrix, block, context);
    return block.length >= 8 ? right.map((column) => column.map((x) => (1 + 8e-6) * x)) : right;
  });
  expect(await find()).toEqual(["hessian-matrix"]);
});

describe.each(["float32", "float64"] as const)("in %s", (precision) => {
  test("there is a network for each loss", () => {
    expect(HOSTS.map(([{ name }]) => name)).toEqual(LOSSES.map(({ name }) => name));
  });

  test.each(HOSTS.map(([loss, y]) => ({ name: loss.name, loss, y })))(
    "nothing is found with $name",
    async ({ loss, y }) => {
      expect(await failing(problemOf(loss, y, { precision }))).toEqual([]);
      expect(await failing(problemOf(loss, y, { precision, reduction: "sum", l2: 0 }))).toEqual([]);
    },
  );

  test.each(HOSTS.map(([loss, y]) => ({ name: loss.name, loss, y })))(
    "$name that is 1 % too large",
    async ({ loss, y }) => {
      const right = loss.perTerm.bind(loss);
      vi.spyOn(loss, "perTerm").mockImplementation((...args) => mul(right(...args), 1.01));
      expect(await failing(problemOf(loss, y, { precision }))).toContain("loss");
    },
  );

  test("the last short batch left out everywhere", async () => {
    planted.batches = (all, size) => all.filter(({ start, end }, i) => i === 0 || end - start === size);
    expect(await failing(classified({ precision }))).toContain("loss");
  });

  test("the last short batch left out of the loss alone", async () => {
    const value = Point.prototype.value;
    vi.spyOn(Point.prototype, "value").mockImplementation(async function (this: Point, context) {
      const { loss, accuracy } = await value.call(this, context);
      const losses = await this.exampleLosses();
      const last = losses.subarray(24).reduce((sum, x) => sum + x, 0);
      return { loss: loss - last / this.sample.divisor, accuracy };
    });
    expect(await failing(classified({ precision }))).toContain("loss");
  });

  test("a label that is ignored and counts all the same", async () => {
    vi.spyOn(crossEntropy, "terms").mockImplementation(({ shape }) => shape[0]);
    expect(await failing(classified({ precision }))).toContain("loss");
  });

  test.each([crossEntropy, binaryCrossEntropy])("one prediction too many that is right with $name", async (loss) => {
    const right = loss.correct?.bind(loss);
    if (!right) throw new RangeError("the loss predicts");
    vi.spyOn(loss, "correct").mockImplementation((z, y, options) =>
      add(right(z, y, options), y.shape[0] === 8 ? 0 : 1),
    );
    const y = loss === crossEntropy ? classes : bits;
    expect(await failing(problemOf(loss, y, { precision }))).toEqual(["loss"]);
  });

  test("squared lengths of the examples' gradients that are 1 % too large", async () => {
    const squares = Point.prototype.exampleGradientSquares;
    vi.spyOn(Point.prototype, "exampleGradientSquares").mockImplementation(async function (this: Point, context) {
      return (await squares.call(this, context)).map((x) => 1.01 * x);
    });
    expect(await failing(classified({ precision }))).toEqual(["examples-alone"]);
  });

  test("an empirical Fisher product that is 3 % too large", async () => {
    const build = empiricalFisherProduct.build;
    vi.spyOn(empiricalFisherProduct, "build").mockImplementation((loss, vectors) =>
      build(loss, vectors).map((part) => mul(part, 1.03)),
    );
    expect(await failing(classified({ precision }))).toEqual(["examples-alone"]);
  });

  test("an empirical Fisher product of the gradients that are divided", async () => {
    const build = empiricalFisherProduct.build;
    vi.spyOn(empiricalFisherProduct, "build").mockImplementation((loss, vectors) =>
      build(loss, vectors).map((part) => mul(part, loss.scale)),
    );
    expect(await failing(classified({ precision }))).toEqual(["examples-alone"]);
  });

  test("derivatives of the examples' losses that are 1 % too large", async () => {
    const build = exampleDerivative.build;
    vi.spyOn(exampleDerivative, "build").mockImplementation((loss, vectors) =>
      build(loss, vectors).map((part) => mul(part, 1.01)),
    );
    expect(await failing(classified({ precision }))).toEqual(["examples-alone"]);
  });

  test("a trace of the Gauss–Newton matrix from the outputs that is 1 % too small", async () => {
    const right = Point.prototype.exampleGaussNewtonTraces;
    vi.spyOn(Point.prototype, "exampleGaussNewtonTraces").mockImplementation(async function (this: Point, context) {
      const { traces, sizes } = await right.call(this, context);
      return { traces: traces.map((x) => 0.99 * x), sizes };
    });
    expect(await failing(classified({ precision }))).toEqual(["examples-alone"]);
  });

  test.each([
    [
      "whose last column is that of another vector",
      (columns: Float64Array[]) => [...columns.slice(0, -1), columns[0].slice()],
    ],
    ["that is 1 % too large", (columns: Float64Array[]) => columns.map((column) => column.map((x) => 1.01 * x))],
  ] as const)("a block of eight products %s", async (_what, spoil) => {
    const find = async () => {
      const problem = classified({ precision });
      const { checks, result } = await runProfile(problem, { only: "spectrum" }, createRandom(0), {});
      await problem.close();
      expect(result.sections).toMatchObject([{ status: "measured" }]);
      return checks.map(({ name, passed }) => ({ name, passed }));
    };
    // The eigenvalues are right, of whatever matrix they are.
    const ofMatrix = { name: "hessian-spectrum", passed: true };
    expect(await find()).toEqual([{ name: "hessian-matrix", passed: true }, ofMatrix]);
    const product = Point.prototype.product;
    vi.spyOn(Point.prototype, "product").mockImplementation(async function (this: Point, matrix, block, context) {
      const right = await product.call(this, matrix, block, context);
      return block.length >= 8 ? spoil(right) : right;
    });
    expect(await find()).toEqual([{ name: "hessian-matrix", passed: false }, ofMatrix]);
  });

  test("numbers of the noise that are 1 or 3 % too large, where they are used", async () => {
    const find = async () => {
      const problem = classified({ precision });
      const { checks, result } = await runProfile(problem, { only: "noise,layers" }, createRandom(0), {});
      await problem.close();
      expect(result.sections.map(({ instrument }) => instrument)).toEqual(["layers", "noise"]);
      return checks.flatMap(({ name, passed }) => (passed === true ? [] : [name]));
    };
    expect(await find()).toEqual([]);
    const squares = Point.prototype.exampleGradientSquares;
    vi.spyOn(Point.prototype, "exampleGradientSquares").mockImplementation(async function (this: Point, context) {
      return (await squares.call(this, context)).map((x) => 1.01 * x);
    });
    expect(await find()).toContain("example-norms");
    vi.restoreAllMocks();
    const build = empiricalFisherProduct.build;
    vi.spyOn(empiricalFisherProduct, "build").mockImplementation((loss, vectors) =>
      build(loss, vectors).map((part) => mul(part, 1.03)),
    );
    expect(await find()).toContain("noise-covariance");
  });

  test("squared lengths of all but the three longest gradients that are half too large", async () => {
    const find = () => notRight({ precision }, { only: "noise" });
    expect(await find()).toEqual([]);
    const squares = Point.prototype.exampleGradientSquares;
    vi.spyOn(Point.prototype, "exampleGradientSquares").mockImplementation(async function (this: Point, context) {
      const right = await squares.call(this, context);
      const third = right.toSorted().at(-3) ?? 0;
      return right.length < EXAMPLES ? right : right.map((x) => (x < third ? 1.5 * x : x));
    });
    expect(await find()).toContain("example-norms");
  });

  test("squared lengths of two examples that are four times too large", async () => {
    const find = () => notRight({ precision }, { only: "noise" });
    for (const method of ["exampleGradientSquares", "roundedExampleGradientSquares"] as const) {
      const squares = Point.prototype[method];
      vi.spyOn(Point.prototype, method).mockImplementation(async function (this: Point, context) {
        const right = await squares.call(this, context);
        const [third, sixth] = [-3, -6].map((place) => right.toSorted().at(place) ?? 0);
        return right.length < EXAMPLES ? right : right.map((x) => (x < third && x > sixth ? 4 * x : x));
      });
    }
    expect(await find()).toEqual([
      "example-norms",
      expect.stringMatching(/^Two ways to the trace of the gradient noise disagree/),
    ]);
  });

  test.each([
    ["one that is three times too long", (i: number) => (i === 4 ? 9 : 1)],
    ["every third a fifth too long", (i: number) => (i % 3 === 0 ? 1.44 : 1)],
  ])("gradients of examples, %s", async (_what, factor) => {
    const squares = Point.prototype.exampleGradientSquares;
    vi.spyOn(Point.prototype, "exampleGradientSquares").mockImplementation(async function (this: Point, context) {
      return (await squares.call(this, context)).map((x, i) => factor(i) * x);
    });
    expect(await notRight({ precision }, { only: "noise" })).toContain("example-norms");
  });

  const firstOfMany = (change: (found: ExtremalResult) => ExtremalResult["top"]) => (found: ExtremalResult) =>
    found.top.length > 1 ? { ...found, top: change(found) } : found;

  test.each([
    ["the first dropped", firstOfMany(({ top }) => top.slice(1))],
    ["the second dropped", firstOfMany(({ top }) => top.toSpliced(1, 1))],
    [
      "three hundredths too large",
      firstOfMany(({ top }) => top.map((pair) => ({ ...pair, value: 1.03 * pair.value }))),
    ],
    [
      "the second in place of the first",
      firstOfMany(({ top }) => [{ ...top[1], vector: top[0].vector }, ...top.slice(1)]),
    ],
  ])("eigenvalues, %s", async (what, spoil) => {
    planted.ends = spoil;
    expect(await notRight({ precision }, { only: "eigenvalues,spectrum" })).toContain("hessian-eigenvalues");
    if (what === "the second dropped") return;
    const found = await notRight({ precision }, { only: "eigenvalues,gauss-newton,noise", exactLimit: 0 });
    expect(found).toEqual(
      expect.arrayContaining(["hessian-eigenvalues", "gauss-newton-eigenvalues", "noise-eigenvalues"]),
    );
  });

  test("eigenvalues of H − G that are three hundredths too small", async () => {
    planted.ends = (found) => ({
      ...found,
      bottom: found.bottom.map((pair) => ({ ...pair, value: 0.97 * pair.value })),
    });
    expect(await notRight({ precision }, { only: "residual" })).toContain("residual-eigenvalues");
  });

  test.each([
    ["from the whole matrix", {}],
    ["from probes", { exactLimit: 0 }],
  ])("the largest eigenvalue of a layer's block a tenth too small, %s", async (_what, options) => {
    planted.ends = (found) =>
      found.top.length === 1 ? { ...found, top: [{ ...found.top[0], value: 0.9 * found.top[0].value }] } : found;
    expect(await notRight({ precision }, { only: "layers", ...options })).toEqual(["layers"]);
  });

  test.each([
    ["from the whole matrix", {}],
    ["from probes", { exactLimit: 0 }],
  ])("traces of layers %s in each other's place, or a fifth too large", async (_what, options) => {
    const find = () => notRight({ precision }, { only: "layers,trace", ...options });
    expect(await find()).toEqual([]);
    planted.layers = ([first, second, ...others]) => [second, first, ...others];
    expect(await find()).toEqual(["layers"]);
    planted.layers = (all) => all.map((each) => ({ ...each, value: 1.2 * each.value }));
    expect(await find()).toEqual(["layers"]);
  });

  test("products beside those of the probes that are wrong in one layer", async () => {
    const find = () => notRight({ precision }, { only: "layers", exactLimit: 0, layerTop: 0 });
    expect(await find()).toEqual([]);
    const product = Point.prototype.product;
    vi.spyOn(Point.prototype, "product").mockImplementation(async function (this: Point, matrix, block, context) {
      const right = await product.call(this, matrix, block, context);
      const isInOneLayer = block.every((v) => v.filter((x) => x !== 0).length < v.length / 2);
      return isInOneLayer ? right.map((column) => column.map((x) => 1.001 * x)) : right;
    });
    expect(await find()).toEqual(["layers"]);
  });
});
