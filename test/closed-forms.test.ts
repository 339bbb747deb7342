import { afterAll, describe, expect, test } from "vitest";
import { exactSpectrum } from "../src/estimators/exact-spectrum.ts";
import { Graph } from "../src/graph/graph.ts";
import type { Value } from "../src/graph/value.ts";
import { productOperator } from "../src/operators/problem-operators.ts";
import { add, mul, neg, sub } from "../src/ops/arithmetic.ts";
import { matmul } from "../src/ops/matmul.ts";
import { sliceAxis } from "../src/ops/movement.ts";
import { reshape } from "../src/ops/structure.ts";
import { relu } from "../src/ops/unary.ts";
import { outputHessianVector } from "../src/autodiff/products.ts";
import { lossGraph } from "../src/problem/loss-graph.ts";
import { crossEntropy } from "../src/problem/losses/cross-entropy.ts";
import { binaryCrossEntropy } from "../src/problem/losses/binary-cross-entropy.ts";
import { huber } from "../src/problem/losses/huber.ts";
import { smoothL1 } from "../src/problem/losses/smooth-l1.ts";
import { configuredLoss } from "../src/problem/losses/parametric-loss.ts";
import { meanAbsoluteError } from "../src/problem/losses/mean-absolute-error.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import type { Loss, LossOptions } from "../src/problem/losses/loss.ts";
import type { Problem } from "../src/problem/problem.ts";
import { fisherProduct } from "../src/problem/derivatives/fisher.ts";
import { gaussNewtonProduct } from "../src/problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import type { Product } from "../src/problem/derivatives/derivative.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { sizeOf, type Tensor } from "../src/util/tensor.ts";
import { array, buildProblem, labels, type ProblemParts } from "./support/build-problem.ts";
import { distance, expectClose, innerProduct, norm, relativeError } from "./support/numbers.ts";
import { evaluate } from "./support/run-values.ts";

const random = createRandom(77);
const normal = (label: string, ...shape: number[]) => array(shape, random.split(label).normalVector(sizeOf(shape)));

const opened: Problem[] = [];
afterAll(async () => {
  for (const problem of opened) await problem.close();
});

function open(...parts: Parameters<typeof buildProblem>): Problem {
  const problem = buildProblem(...parts);
  opened.push(problem);
  return problem;
}

/** The matrix of a product, row-major. */
async function matrixOf(problem: Problem, product: Product): Promise<Float64Array> {
  const n = problem.space.dimension;
  const identity = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => Number(i === j)));
  const columns = await problem.point.product(product, identity);
  return Float64Array.from({ length: n * n }, (_, at) => columns[at % n][Math.floor(at / n)]);
}

const spectrumOf = async (problem: Problem, product: Product) =>
  (await exactSpectrum(productOperator(problem.point, product), {}, {})).values;
const total = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);

/** Σ xᵢxⱼ over examples, divided by n. */
function secondMoment(x: Tensor): (i: number, j: number) => number {
  const [n, d] = x.shape;
  return (i, j) => total(Array.from({ length: n }, (_, k) => x.data[k * d + i] * x.data[k * d + j])) / n;
}

describe("linear regression", () => {
  const [n, d, k] = [9, 4, 3];
  const x = normal("x", n, d);
  const parts: ProblemParts = {
    x,
    y: normal("y", n, k),
    parameters: { weight: normal("w", d, k), bias: normal("b", k) },
    build: (input, { weight, bias }) => add(matmul(input, weight), bias),
    loss: meanSquaredError,
  };

  test("the Hessian is 2/k XᵀX/n for each output, bias as a column of ones", async () => {
    const problem = open(parts, { batchSize: 4 });
    expect(problem.space.tensors.map(({ name }) => name)).toEqual(["weight", "bias"]);
    const rows = Array.from({ length: n }, (_, i) => [...x.data.slice(i * d, (i + 1) * d), 1]);
    const moment = secondMoment(array([n, d + 1], rows.flat()));
    const expected = new Float64Array(((d + 1) * k) ** 2);
    for (let i = 0; i <= d; i++) {
      for (let j = 0; j <= d; j++) {
        for (let c = 0; c < k; c++) expected[(i * k + c) * (d + 1) * k + j * k + c] = (2 * moment(i, j)) / k;
      }
    }
    for (const product of [hessianProduct, gaussNewtonProduct, fisherProduct]) {
      expectClose(await matrixOf(problem, product), expected, 1e-14, product.name);
    }
  });

  test.each<[string, (z: Value) => Value]>([
    ["turned in sign", neg],
    ["scaled", (z) => mul(z, 3)],
    ["reshaped", (z) => reshape(z, [z.shape[0], 1, k])],
    ["shifted", (z) => sub(1, z)],
    ["sliced", (z) => sliceAxis(z, 1, 0, 2)],
  ])("Gauss–Newton is the Hessian also where the outputs are %s", async (_how, change) => {
    const width = change(new Graph().input("z", "float64", [n, k])).shape.at(-1) ?? k;
    const changed = {
      ...parts,
      y: normal("changed", n, width),
      build: (input: Value, weights: Readonly<Record<string, Value>>) => change(parts.build(input, weights)),
    };
    const problem = open(changed, { batchSize: n });
    const hessian = await matrixOf(problem, hessianProduct);
    expect(norm(hessian)).toBeGreaterThan(0.1);
    expectClose(await matrixOf(problem, gaussNewtonProduct), hessian, 1e-14, "Gauss–Newton");
    expectClose(await matrixOf(problem, fisherProduct), hessian, 1e-14, "Fisher");
  });

  test("the gradient vanishes at the solution of the normal equations", async () => {
    const problem = open(parts);
    // One Newton step on a quadratic: solve H p = −g by conjugate gradients to the end.
    const gradient = await problem.point.gradient();
    const step = new Float64Array(gradient.length);
    let residual = gradient.map((g) => -g);
    let direction = residual.slice();
    for (let i = 0; i < gradient.length && norm(residual) > 1e-15; i++) {
      const [image] = await problem.point.product(hessianProduct, [direction]);
      const alpha = innerProduct(residual, residual) / innerProduct(direction, image);
      direction.forEach((v, j) => (step[j] += alpha * v));
      const next = residual.map((r, j) => r - alpha * image[j]);
      const beta = innerProduct(next, next) / innerProduct(residual, residual);
      direction = direction.map((v, j) => next[j] + beta * v);
      residual = next;
    }
    const there = problem.at(problem.point.parameters.map((w, i) => w + step[i]));
    expect(norm(await there.gradient())).toBeLessThan(1e-13 * norm(gradient));
  });
});

describe("softmax regression", () => {
  const [n, d, classes] = [12, 3, 4];
  const x = normal("softmax x", n, d);
  const y = labels(
    [n],
    Array.from({ length: n }, (_, i) => (i * 7) % classes),
  );
  const at = (weight: Tensor): ProblemParts => ({
    x,
    y,
    parameters: { weight },
    build: (input, { weight: w }) => matmul(input, w),
    loss: crossEntropy,
  });

  test("at zero weights the Hessian is Σₓ ⊗ (I − 11ᵀ/C)/C", async () => {
    const problem = open(at(array([d, classes], new Float64Array(d * classes))), { batchSize: 5 });
    const moment = secondMoment(x);
    const size = d * classes;
    const expected = Float64Array.from({ length: size * size }, (_, index) => {
      const [row, column] = [Math.floor(index / size), index % size];
      const [i, c, j, e] = [Math.floor(row / classes), row % classes, Math.floor(column / classes), column % classes];
      return (moment(i, j) * (Number(c === e) - 1 / classes)) / classes;
    });
    expectClose(await matrixOf(problem, hessianProduct), expected, 1e-15, "Kronecker product");
    expect((await problem.point.value()).loss).toBeCloseTo(Math.log(classes), 14);
  });

  test("anywhere it is the mean of xxᵀ ⊗ (diag p − ppᵀ), and equals Gauss–Newton and Fisher", async () => {
    const weight = normal("softmax w", d, classes);
    const problem = open(at(weight), { batchSize: 5 });
    const size = d * classes;
    const expected = new Float64Array(size * size);
    for (let k = 0; k < n; k++) {
      const logits = Array.from({ length: classes }, (_, c) =>
        total(Array.from({ length: d }, (_, i) => x.data[k * d + i] * weight.data[i * classes + c])),
      );
      const sum = total(logits.map(Math.exp));
      const p = logits.map((z) => Math.exp(z) / sum);
      for (let row = 0; row < size; row++) {
        for (let column = 0; column < size; column++) {
          const [i, c, j, e] = [
            Math.floor(row / classes),
            row % classes,
            Math.floor(column / classes),
            column % classes,
          ];
          expected[row * size + column] +=
            (x.data[k * d + i] * x.data[k * d + j] * (Number(c === e) * p[c] - p[c] * p[e])) / n;
        }
      }
    }
    for (const product of [hessianProduct, gaussNewtonProduct, fisherProduct]) {
      expectClose(await matrixOf(problem, product), expected, 1e-14, product.name);
    }
  });
});

describe("products of scalars", () => {
  const chain = (...weights: number[]): ProblemParts => ({
    x: array([2, 1], [1, 1]),
    y: array([2, 1], [1, 1]),
    parameters: Object.fromEntries(weights.map((w, i) => [`w${i + 1}`, array([1, 1], [w])])),
    build: (x, parameters) => Object.values(parameters).reduce((z, w) => matmul(z, w), x),
    loss: meanSquaredError,
  });

  // The mean squared error is twice ½(w₁w₂ − 1)².
  test("½(w₁w₂ − 1)² has the curvatures ±1 at 0, and no Gauss–Newton curvature", async () => {
    const problem = open(chain(0, 0));
    expectClose(await spectrumOf(problem, hessianProduct), [-2, 2], 1e-15, "Hessian");
    expectClose(await matrixOf(problem, gaussNewtonProduct), [0, 0, 0, 0], 0, "Gauss–Newton");
  });

  test("½(w₁w₂ − 1)² elsewhere", async () => {
    const [a, b] = [0.7, -1.3];
    const problem = open(chain(a, b));
    expect((await problem.point.value()).loss).toBeCloseTo((a * b - 1) ** 2, 14);
    expectClose(await problem.point.gradient(), [2 * (a * b - 1) * b, 2 * (a * b - 1) * a], 1e-15, "gradient");
    expectClose(
      await matrixOf(problem, hessianProduct),
      [2 * b * b, 4 * a * b - 2, 4 * a * b - 2, 2 * a * a],
      1e-15,
      "Hessian",
    );
    expectClose(
      await matrixOf(problem, gaussNewtonProduct),
      [2 * b * b, 2 * a * b, 2 * a * b, 2 * a * a],
      1e-15,
      "Gauss–Newton",
    );
  });

  test("w₁w₂w₃ = 1 is a flat surface: curvatures 0, 0 and Σ(p/wᵢ)²", async () => {
    const problem = open(chain(2, 0.5, 1));
    expectClose(await spectrumOf(problem, hessianProduct), [0, 0, 2 * (0.25 + 4 + 1)], 1e-15, "spectrum");
  });

  test("three layers of zeros are a saddle without curvature", async () => {
    expectClose(await matrixOf(open(chain(0, 0, 0)), hessianProduct), new Float64Array(9), 0, "Hessian");
  });
});

describe("piecewise linear networks", () => {
  const [n, d, hidden, k] = [14, 5, 7, 3];
  const x = normal("relu x", n, d);
  const targets = normal("relu y", n, k);
  const classes = labels(
    [n],
    Array.from({ length: n }, (_, i) => i % k),
  );
  const weights = { first: normal("relu w1", d, hidden), second: normal("relu w2", hidden, k) };
  const build = (input: Value, { first, second }: Readonly<Record<string, Value>>) =>
    matmul(relu(matmul(input, first)), second);
  const at = (first: Tensor, second: Tensor, loss: Loss = meanSquaredError): ProblemParts => ({
    x,
    y: loss === crossEntropy ? classes : targets,
    parameters: { first, second },
    build,
    loss,
  });
  const scaled = (tensor: Tensor, factor: number) =>
    array(
      tensor.shape,
      tensor.data.map((w) => w * factor),
    );

  test.each([meanSquaredError, crossEntropy])("trace of the Hessian = trace of Gauss–Newton ($name)", async (loss) => {
    const problem = open(at(weights.first, weights.second, loss));
    const hessian = await spectrumOf(problem, hessianProduct);
    const gaussNewton = await spectrumOf(problem, gaussNewtonProduct);
    expect(Math.abs(total(hessian) - total(gaussNewton)) / total(gaussNewton)).toBeLessThan(1e-13);
    expect(distance(hessian, gaussNewton)).toBeGreaterThan(1e-3);
  });

  test("scaling (αW₁, W₂/α) keeps the function and moves the trace along t₁/α² + α²t₂ (Dinh et al. 2017)", async () => {
    const home = open(at(weights.first, weights.second));
    const diagonal = async (problem: Problem) => {
      const size = problem.space.dimension;
      const matrix = await matrixOf(problem, gaussNewtonProduct);
      return Array.from({ length: size }, (_, i) => matrix[i * size + i]);
    };
    const parts = await diagonal(home);
    const t1 = total(parts.slice(0, d * hidden));
    const t2 = total(parts.slice(d * hidden));
    const loss = (await home.point.value()).loss;
    const outputs = await home.point.outputs();
    for (const alpha of [0.5, 2, 5]) {
      const moved = open(at(scaled(weights.first, alpha), scaled(weights.second, 1 / alpha)));
      expect(distance(await moved.point.outputs(), outputs)).toBeLessThan(1e-12);
      expect(Math.abs((await moved.point.value()).loss - loss)).toBeLessThan(1e-12);
      const trace = total(await diagonal(moved));
      expect(Math.abs(trace - (t1 / alpha ** 2 + alpha ** 2 * t2)) / trace).toBeLessThan(1e-12);
    }
    const best = (t1 / t2) ** 0.25;
    const flattest = open(at(scaled(weights.first, best), scaled(weights.second, 1 / best)));
    expect(Math.abs(total(await diagonal(flattest)) - 2 * Math.sqrt(t1 * t2))).toBeLessThan(1e-11);
  });

  test("directions with the norms of the layers do not see a scaling of layers, but one of neurons (Li et al. 2018)", async () => {
    const directions = [random.split("d1").normalVector(d * hidden), random.split("d2").normalVector(hidden * k)];
    const plot = async (problem: Problem) => {
      const center = problem.point.parameters;
      const along = new Float64Array(center.length);
      problem.space.tensors.forEach(({ offset, size }, i) => {
        const factor = norm(center.subarray(offset, offset + size)) / norm(directions[i]);
        directions[i].forEach((v, j) => (along[offset + j] = v * factor));
      });
      const losses: number[] = [];
      for (const t of [-1, -0.5, 0, 0.5, 1]) {
        losses.push((await problem.at(center.map((w, i) => w + t * along[i])).value()).loss);
      }
      return losses;
    };
    const expected = await plot(open(at(weights.first, weights.second)));
    const layers = await plot(open(at(scaled(weights.first, 10), scaled(weights.second, 0.1))));
    expect(relativeError(layers, expected)).toBeLessThan(1e-12);
    const neuron = (j: number) => 2 ** ((j % 5) - 2);
    const neurons = await plot(
      open(
        at(
          array(
            [d, hidden],
            weights.first.data.map((w, i) => w * neuron(i % hidden)),
          ),
          array(
            [hidden, k],
            weights.second.data.map((w, i) => w / neuron(Math.floor(i / k))),
          ),
        ),
      ),
    );
    expect(neurons[2]).toBeCloseTo(expected[2], 12);
    expect(relativeError(neurons, expected)).toBeGreaterThan(1e-2);
  });
});

describe("losses", () => {
  const options: LossOptions = { ignoreIndex: -100 };

  interface LossCase {
    readonly loss: Loss;
    readonly z: Tensor;
    readonly y: Tensor;
    readonly options?: LossOptions;
    /** Loss per example, terms in all, and right predictions. */
    readonly expected: { perExample: number[]; terms: number; correct?: number };
  }

  const logSoftmaxOf = (z: readonly number[]) => {
    const most = Math.max(...z);
    const sum = Math.log(total(z.map((each) => Math.exp(each - most))));
    return z.map((each) => each - most - sum);
  };
  const best = (z: readonly number[]) => z.indexOf(Math.max(...z));
  const rowsOf = (z: Tensor, width: number) =>
    Array.from({ length: z.data.length / width }, (_, i) => Array.from(z.data.slice(i * width, (i + 1) * width)));

  const plain = normal("plain", 4, 3);
  const plainRows = rowsOf(plain, 3);
  const truth = [2, 0, 1, 1];
  const soft = plainRows.map((_, i) => [0.2, 0.5 - 0.1 * i, 0.3 + 0.1 * i]);
  const sequence = normal("sequence", 2, 5, 3);
  const sequenceRows = rowsOf(sequence, 3);
  const tokens = [0, 1, 2, -100, 1, 2, -100, -100, 0, 1];
  const sums = (terms: readonly number[], each: number) =>
    Array.from({ length: terms.length / each }, (_, i) => total(terms.slice(i * each, (i + 1) * each)));
  const tokenTerms = (rows: readonly number[][], labelsOf: readonly number[], ignore: number) =>
    labelsOf.map((label, i) => (label === ignore ? 0 : -logSoftmaxOf(rows[i])[label]));
  const hits = (rows: readonly number[][], labelsOf: readonly number[], ignore: number) =>
    labelsOf.filter((label, i) => label !== ignore && best(rows[i]) === label).length;
  // [B, C, H, W] with C = W, where only the shape of the labels tells the class axis.
  const image = normal("image", 2, 3, 2, 3);
  const pixels = Array.from({ length: 12 }, (_, p) => {
    const [b, at] = [Math.floor(p / 6), p % 6];
    return [0, 1, 2].map((c) => image.data[b * 18 + c * 6 + at]);
  });
  const pixelLabels = pixels.map((_, p) => (p * 5 + 1) % 3);
  const element = normal("element", 3, 2);
  const target = normal("target", 3, 2);
  const residuals = Array.from(element.data, (z, i) => z - target.data[i]);
  const bits = [0, 1, 1, 0, 0.25, 1];
  const padding = { ignoreIndex: 0 };

  const CASES: Record<string, LossCase> = {
    "cross-entropy of classes": {
      loss: crossEntropy,
      z: plain,
      y: labels([4], truth),
      expected: { perExample: tokenTerms(plainRows, truth, -100), terms: 4, correct: hits(plainRows, truth, -100) },
    },
    "cross-entropy of distributions": {
      loss: crossEntropy,
      z: plain,
      y: array([4, 3], soft.flat()),
      expected: {
        perExample: plainRows.map((row, i) => -total(logSoftmaxOf(row).map((l, c) => l * soft[i][c]))),
        terms: 4,
        correct: plainRows.filter((row, i) => best(row) === best(soft[i])).length,
      },
    },
    "cross-entropy of sequences, some tokens ignored": {
      loss: crossEntropy,
      z: sequence,
      y: labels([2, 5], tokens),
      expected: {
        perExample: sums(tokenTerms(sequenceRows, tokens, -100), 5),
        terms: 7,
        correct: hits(sequenceRows, tokens, -100),
      },
    },
    "cross-entropy of smoothed labels, some ignored": {
      loss: configuredLoss(crossEntropy, ["smoothing=0.3"]),
      z: sequence,
      y: labels([2, 5], tokens),
      expected: {
        perExample: sums(
          tokens.map((label, i) =>
            label === -100 ? 0 : -total(logSoftmaxOf(sequenceRows[i]).map((l, c) => l * (c === label ? 0.8 : 0.1))),
          ),
          5,
        ),
        terms: 7,
        correct: hits(sequenceRows, tokens, -100),
      },
    },
    "cross-entropy of smoothed distributions": {
      loss: configuredLoss(crossEntropy, ["smoothing=0.3"]),
      z: plain,
      y: array([4, 3], soft.flat()),
      expected: {
        perExample: plainRows.map((row, i) => -total(logSoftmaxOf(row).map((l, c) => l * (0.7 * soft[i][c] + 0.1)))),
        terms: 4,
        correct: plainRows.filter((row, i) => best(row) === best(soft[i])).length,
      },
    },
    "cross-entropy of smoothed labels, of log-probabilities": {
      loss: configuredLoss(crossEntropy, ["smoothing=0.3"]),
      z: array([4, 3], plainRows.flatMap(logSoftmaxOf)),
      y: labels([4], [2, -100, 1, 1]),
      options: { ignoreIndex: -100, outputKind: "log-probabilities" },
      expected: {
        perExample: plainRows.map((row, i) =>
          i === 1 ? 0 : -total(logSoftmaxOf(row).map((l, c) => l * (c === truth[i] ? 0.8 : 0.1))),
        ),
        terms: 3,
        correct: [0, 2, 3].filter((i) => best(plainRows[i]) === truth[i]).length,
      },
    },
    "cross-entropy with a class that is ignored": {
      loss: crossEntropy,
      z: plain,
      y: labels([4], truth),
      options: padding,
      expected: { perExample: tokenTerms(plainRows, truth, 0), terms: 3, correct: hits(plainRows, truth, 0) },
    },
    "cross-entropy of positions merged with examples": {
      loss: crossEntropy,
      z: array([10, 3], sequence.data),
      y: labels([2, 5], tokens),
      expected: {
        perExample: sums(tokenTerms(sequenceRows, tokens, -100), 5),
        terms: 7,
        correct: hits(sequenceRows, tokens, -100),
      },
    },
    "cross-entropy of pixels": {
      loss: crossEntropy,
      z: image,
      y: labels([2, 2, 3], pixelLabels),
      expected: {
        perExample: sums(tokenTerms(pixels, pixelLabels, -100), 6),
        terms: 12,
        correct: hits(pixels, pixelLabels, -100),
      },
    },
    "binary cross-entropy": {
      loss: binaryCrossEntropy,
      z: element,
      y: array([3, 2], bits),
      expected: {
        perExample: sums(
          Array.from(element.data, (z, i) => Math.log1p(Math.exp(z)) - bits[i] * z),
          2,
        ),
        terms: 6,
        correct: Array.from(element.data).filter((z, i) => z > 0 === bits[i] > 0.5).length,
      },
    },
    "mean squared error": {
      loss: meanSquaredError,
      z: element,
      y: target,
      expected: {
        perExample: sums(
          residuals.map((r) => r * r),
          2,
        ),
        terms: 6,
      },
    },
    "mean absolute error": {
      loss: meanAbsoluteError,
      z: element,
      y: target,
      expected: { perExample: sums(residuals.map(Math.abs), 2), terms: 6 },
    },
    "smooth L1": {
      loss: configuredLoss(smoothL1, ["beta=0.8"]),
      z: element,
      y: target,
      expected: {
        perExample: sums(
          residuals.map((r) => (Math.abs(r) <= 0.8 ? (r * r) / 1.6 : Math.abs(r) - 0.4)),
          2,
        ),
        terms: 6,
      },
    },
    huber: {
      loss: configuredLoss(huber, ["delta=0.8"]),
      z: element,
      y: target,
      expected: {
        perExample: sums(
          residuals.map((r) => (Math.abs(r) <= 0.8 ? (r * r) / 2 : 0.8 * (Math.abs(r) - 0.4))),
          2,
        ),
        terms: 6,
      },
    },
  };

  test.each(Object.entries(CASES))("%s", async (_name, { loss, z, y, options: chosen = options, expected }) => {
    const graph = new Graph();
    const outputs = graph.input("z", "float64", z.shape);
    const built = lossGraph(graph, [outputs], outputs, y, loss, chosen);
    const tangent = graph.input("t", "float64", z.shape);
    const values = new Map([
      ["losses", built.perExample],
      ["curvature", outputHessianVector(built.total, outputs, tangent)],
    ]);
    const right = loss.correct?.(outputs, built.labels, chosen);
    if (right) values.set("correct", right);
    const fisher = loss.outputFisher?.(outputs, built.labels, tangent, chosen);
    if (fisher) values.set("fisher", fisher);
    const t = normal("tangent", ...z.shape);
    const results = await evaluate(
      values,
      new Map([
        ["z", z],
        ["t", t],
        ["thalweg:y", y],
      ]),
    );

    expectClose(results.get("losses")?.data ?? [], expected.perExample, 1e-15, "losses");
    expect(loss.terms(y, z.shape, chosen)).toBe(expected.terms);
    expect(results.get("correct")?.data[0]).toBe(expected.correct);
    // For these likelihoods the Fisher matrix of the outputs is the curvature, whatever the label.
    if (loss !== meanAbsoluteError && loss.outputFisher) {
      expectClose(results.get("fisher")?.data ?? [], results.get("curvature")?.data ?? [], 1e-14, "Fisher");
    }
  });

  test("a label outside the classes is named", () => {
    const wrong = labels([3], [0, 3, 1]);
    expect(() => crossEntropy.checkLabels?.(wrong, [3, 3], options, 10)).toThrow(
      "The label of example 11 is 3, but the network has 3 classes (0 to 2).",
    );
    expect(() => binaryCrossEntropy.checkLabels?.(array([2], [1, 2]), [2], options, 0)).toThrow(
      "The label of example 1 is 2",
    );
  });
});
