import { afterAll, describe, expect, test } from "vitest";
import { exactSpectrum } from "../src/estimators/exact-spectrum.ts";
import { extremalEigenpairs } from "../src/estimators/extremal-eigenpairs.ts";
import { lanczos } from "../src/estimators/lanczos.ts";
import { productOperator } from "../src/operators/problem-operators.ts";
import type { Problem } from "../src/problem/problem.ts";
import { empiricalFisherProduct } from "../src/problem/derivatives/empirical-fisher.ts";
import { fisherProduct } from "../src/problem/derivatives/fisher.ts";
import { gaussNewtonProduct } from "../src/problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../src/problem/derivatives/hessian.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { distance, innerProduct, norm, relativeError } from "./support/numbers.ts";
import { arraysOf, expectedOf, lossNamed, openReference, REFERENCE_CASES, vectorOf } from "./support/reference-case.ts";

/** Two batches of 22 examples, the second smaller than the first. */
const RAGGED = { batchSize: 16 };

const opened: Problem[] = [];

function open(...parameters: Parameters<typeof openReference>): Problem {
  const problem = openReference(...parameters);
  opened.push(problem);
  return problem;
}

afterAll(async () => {
  for (const problem of opened) await problem.close();
});

const product = async (problem: Problem, kind: typeof hessianProduct, vector: Float64Array) =>
  (await problem.point.product(kind, [vector]))[0];

function randomVectors(problem: Problem, count: number, seed = 1): Float64Array[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.normalVector(problem.space.dimension));
}

describe.each(REFERENCE_CASES)("%s", (name) => {
  const expected = expectedOf(name);

  test("has the parameters that were trained", () => {
    const { space } = open(name);
    expect(space.tensors.map((tensor) => tensor.name).sort()).toEqual([...expected.parameter_names].sort());
    expect(space.dimension).toBe(expected.parameters);
    for (const { name: parameter, shape } of space.tensors) {
      expect(shape).toEqual(expected.parameter_shapes[expected.parameter_names.indexOf(parameter)]);
    }
  });

  const precisions = expected.dtype === "float32" ? (["float64", "float32"] as const) : (["float64"] as const);
  test.each(precisions)("loss, accuracy, gradient and Hessian–vector product in %s", async (precision) => {
    const problem = open(name, { precision });
    const tolerance = precision === "float64" ? 1e-10 : 1e-4;
    const { loss, accuracy } = await problem.point.value();
    expect(Math.abs(loss - expected.loss) / expected.loss).toBeLessThan(tolerance);
    expect(accuracy).toBeCloseTo(expected.accuracy ?? NaN, 12);
    const gradient = await problem.point.gradient();
    expect(relativeError(gradient, vectorOf(problem, name, "gradient.npz"))).toBeLessThan(tolerance);
    expect(Math.abs(norm(gradient) - expected.gradient_norm) / expected.gradient_norm).toBeLessThan(tolerance);
    const image = await product(problem, hessianProduct, vectorOf(problem, name, "v.npz"));
    expect(relativeError(image, vectorOf(problem, name, "hv.npz"))).toBeLessThan(tolerance);
  });

  test("the batch size does not matter", async () => {
    const limit = 23;
    const whole = open(name, { batchSize: limit }, limit);
    const [v] = randomVectors(whole, 1);
    const reference = {
      value: await whole.point.value(),
      gradient: await whole.point.gradient(),
      hessian: await product(whole, hessianProduct, v),
      fisher: await product(whole, empiricalFisherProduct, v),
      losses: await whole.point.exampleLosses(),
    };
    for (const batchSize of [1, 5, 16]) {
      const problem = open(name, { batchSize }, limit);
      const value = await problem.point.value();
      expect(Math.abs(value.loss - reference.value.loss)).toBeLessThan(1e-13 * reference.value.loss);
      expect(value.accuracy).toBe(reference.value.accuracy);
      expect(relativeError(await problem.point.gradient(), reference.gradient)).toBeLessThan(1e-11);
      expect(relativeError(await product(problem, hessianProduct, v), reference.hessian)).toBeLessThan(1e-11);
      expect(relativeError(await product(problem, empiricalFisherProduct, v), reference.fisher)).toBeLessThan(1e-11);
      expect(relativeError(await problem.point.exampleLosses(), reference.losses)).toBeLessThan(1e-11);
    }
  });

  test("a block of vectors gives what each gives alone; products are symmetric", async () => {
    const problem = open(name, RAGGED, 22);
    const block = randomVectors(problem, 11);
    for (const kind of [hessianProduct, gaussNewtonProduct, fisherProduct, empiricalFisherProduct]) {
      const images = await problem.point.product(kind, block);
      for (const k of [0, 7, 8, 10])
        expect(relativeError(images[k], await product(problem, kind, block[k]))).toBeLessThan(1e-12);
      const [left, right] = [innerProduct(images[0], block[9]), innerProduct(images[9], block[0])];
      expect(Math.abs(left - right)).toBeLessThan(1e-12 * norm(images[0]) * norm(block[9]));
    }
  });

  test("what is kept between products changes nothing and belongs to a point", async () => {
    const kept = open(name, RAGGED, 22);
    const recomputed = open(name, { ...RAGGED, cacheBytes: 0 }, 22);
    const [v, step] = randomVectors(kept, 2);
    const elsewhere = kept.point.parameters.map((x, i) => x + 0.01 * step[i]);
    const here = await product(kept, hessianProduct, v);
    expect(relativeError(here, await product(recomputed, hessianProduct, v))).toBeLessThan(1e-12);
    const [there] = await kept.at(elsewhere).product(hessianProduct, [v]);
    const [again] = await recomputed.at(elsewhere).product(hessianProduct, [v]);
    expect(relativeError(there, again)).toBeLessThan(1e-12);
    expect(relativeError(there, here)).toBeGreaterThan(1e-6);
  });

  test("products are the derivatives of the gradient", async () => {
    const problem = open(name, RAGGED, 22);
    const [v] = randomVectors(problem, 1);
    const unit = v.map((x) => x / norm(v));
    const image = await product(problem, hessianProduct, unit);
    const step = 1e-5;
    const gradientAt = (shift: number) =>
      problem.at(problem.point.parameters.map((x, i) => x + shift * unit[i])).gradient();
    const ahead = await gradientAt(step);
    const behind = await gradientAt(-step);
    expect(
      relativeError(
        ahead.map((x, i) => (x - behind[i]) / (2 * step)),
        image,
      ),
    ).toBeLessThan(1e-6);
  });

  test("Fisher equals Gauss–Newton for cross-entropy; empirical Fisher is made of the gradients of examples", async () => {
    const examples = 12;
    const problem = open(name, { batchSize: 5 }, examples);
    const [v] = randomVectors(problem, 1);
    expect(
      relativeError(await product(problem, fisherProduct, v), await product(problem, gaussNewtonProduct, v)),
    ).toBeLessThan(1e-12);
    const sum = new Float64Array(problem.space.dimension);
    for (let i = 0; i < examples; i++) {
      const gradient = await problem.point.weightedGradient(
        Float64Array.from({ length: examples }, (_, k) => (k === i ? 1 : 0)),
      );
      const along = innerProduct(gradient, v);
      for (let j = 0; j < sum.length; j++) sum[j] += (along * gradient[j]) / examples;
    }
    expect(relativeError(await product(problem, empiricalFisherProduct, v), sum)).toBeLessThan(1e-12);
  });

  test("the Jacobian and its adjoint", async () => {
    const problem = open(name, { batchSize: 5 }, 12);
    const [v] = randomVectors(problem, 1);
    const rows = await problem.point.jacobianVector(v);
    const u = createRandom(5).normalVector(rows.length);
    const pulled = await problem.point.jacobianTransposed(u);
    expect(Math.abs(innerProduct(rows, u) - innerProduct(v, pulled))).toBeLessThan(1e-12 * norm(rows) * norm(u));
    const step = 1e-6;
    const ahead = await problem.at(problem.point.parameters.map((x, i) => x + step * v[i])).outputs();
    const behind = await problem.at(problem.point.parameters.map((x, i) => x - step * v[i])).outputs();
    expect(
      relativeError(
        ahead.map((x, i) => (x - behind[i]) / (2 * step)),
        rows,
      ),
    ).toBeLessThan(1e-6);
  });
});

/** A dense spectrum of a convolutional network takes a thousand float64 products. */
const DENSE_TIMEOUT = 300_000;

describe("spectra", () => {
  test.each(["softplus-wine-f64", "lenet-digits"] as const)(
    "%s: every eigenvalue from the dense matrix",
    async (name) => {
      const expected = expectedOf(name);
      const problem = open(name, { batchSize: 512 });
      const { values, asymmetry } = await exactSpectrum(productOperator(problem.point, hessianProduct), {}, {});
      const reference = arraysOf(name, "spectrum.npz").get("eigenvalues")?.data ?? [];
      const scale = expected.hessian.top[0];
      expect(asymmetry).toBeLessThan(1e-12);
      expect(distance(values, reference) / scale).toBeLessThan(1e-9);
      const trace = values.reduce((sum, value) => sum + value, 0);
      expect(Math.abs(trace - expected.hessian.trace) / Math.abs(expected.hessian.trace)).toBeLessThan(1e-10);
      expect(Math.abs(norm(values) - expected.hessian.frobenius) / expected.hessian.frobenius).toBeLessThan(1e-10);
    },
    DENSE_TIMEOUT,
  );

  test("softplus-wine-f64: every eigenvalue by Lanczos to the end", async () => {
    const problem = open("softplus-wine-f64", { batchSize: 512 });
    const { values, exhausted } = await lanczos(
      productOperator(problem.point, hessianProduct),
      {},
      createRandom(2),
      {},
    );
    const reference = arraysOf("softplus-wine-f64", "spectrum.npz").get("eigenvalues")?.data ?? [];
    expect(exhausted).toBe(true);
    expect(distance(values, reference) / reference[reference.length - 1]).toBeLessThan(1e-9);
  });

  test("softplus-wine-f64: Gauss–Newton", async () => {
    const { gauss_newton: expected } = expectedOf("softplus-wine-f64");
    const problem = open("softplus-wine-f64", { batchSize: 512 });
    const { values } = await exactSpectrum(productOperator(problem.point, gaussNewtonProduct), {}, {});
    const trace = values.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(trace - expected.trace) / expected.trace).toBeLessThan(1e-10);
    expect(distance([...values].reverse().slice(0, 20), expected.top) / expected.top[0]).toBeLessThan(1e-9);
    expect(values[0]).toBeGreaterThan(-1e-12 * expected.top[0]);
  });

  test("softplus-wine-f64: covariance of per-example gradients", async () => {
    const expected = expectedOf("softplus-wine-f64").gradient_covariance;
    const problem = open("softplus-wine-f64", { batchSize: 512 });
    const mean = await problem.point.gradient();
    const operator = productOperator(problem.point, empiricalFisherProduct);
    const centred = {
      ...operator,
      apply: async (block: readonly Float64Array[]) => {
        const images = await operator.apply(block);
        images.forEach((image, k) => {
          const along = innerProduct(mean, block[k]);
          for (let i = 0; i < image.length; i++) image[i] -= along * mean[i];
        });
        return images;
      },
    };
    const { values } = await exactSpectrum(centred, {}, {});
    expect(distance([...values].reverse().slice(0, 10), expected.top) / expected.top[0]).toBeLessThan(1e-9);
    const trace = values.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(trace - expected.trace) / expected.trace).toBeLessThan(1e-10);
  });

  test.each(["mlp-tanh-digits", "lenet-digits", "resnet8-digits"] as const)(
    "%s in float32: both ends",
    async (name) => {
      const { hessian } = expectedOf(name);
      const problem = open(name, { precision: "float32", batchSize: 512 });
      const options = { largest: 20, smallest: 10, checkMultiplicity: false };
      const { top, bottom } = await extremalEigenpairs(
        productOperator(problem.point, hessianProduct),
        options,
        createRandom(3),
        {},
      );
      const scale = hessian.top[0];
      expect(
        distance(
          top.map(({ value }) => value),
          hessian.top,
        ) / scale,
      ).toBeLessThan(1e-3);
      expect(
        distance(
          bottom.map(({ value }) => value),
          hessian.bottom,
        ) / scale,
      ).toBeLessThan(1e-3);
    },
  );

  test.each(["mlp-tanh-digits", "lenet-digits", "resnet8-digits"] as const)("%s in float64: the top", async (name) => {
    const { hessian, gauss_newton: gaussNewton } = expectedOf(name);
    const problem = open(name, { batchSize: 512 });
    const options = { largest: 5, tolerance: 1e-8, checkMultiplicity: false };
    for (const [kind, expected] of [
      [hessianProduct, hessian.top],
      [gaussNewtonProduct, gaussNewton.top],
    ] as const) {
      const { top } = await extremalEigenpairs(productOperator(problem.point, kind), options, createRandom(3), {});
      expect(
        distance(
          top.map(({ value }) => value),
          expected.slice(0, 5),
        ) / expected[0],
      ).toBeLessThan(1e-9);
    }
  });

  test.each(["softplus-wine-f64", "mlp-tanh-digits"] as const)("%s: tangent kernel of 32 examples", async (name) => {
    const kernel = arraysOf(name, "spectrum.npz").get("ntk32")?.data ?? [];
    const examples = 32;
    const problem = open(name, {}, examples);
    const [outputs] = problem.outputShape;
    const found = new Float64Array(examples * examples);
    for (let c = 0; c < outputs; c++) {
      const rows: Float64Array[] = [];
      for (let i = 0; i < examples; i++) {
        const cotangent = new Float64Array(examples * outputs);
        cotangent[i * outputs + c] = 1;
        rows.push(await problem.point.jacobianTransposed(cotangent));
      }
      for (let i = 0; i < examples; i++)
        for (let j = 0; j < examples; j++) found[i * examples + j] += innerProduct(rows[i], rows[j]);
    }
    expect(relativeError(found, kernel)).toBeLessThan(1e-12);
  });
});

describe("options", () => {
  const name = "mlp-tanh-digits";

  test("an L2 term adds λ/2‖θ‖², λθ and λv", async () => {
    const l2 = 0.3;
    const plain = open(name, {}, 40);
    const decayed = open(name, { l2 }, 40);
    const theta = plain.point.parameters;
    const [v] = randomVectors(plain, 1);
    expect((await decayed.point.value()).loss).toBeCloseTo(
      (await plain.point.value()).loss + (l2 / 2) * innerProduct(theta, theta),
      11,
    );
    const gradient = await plain.point.gradient();
    expect(
      relativeError(
        await decayed.point.gradient(),
        gradient.map((x, i) => x + l2 * theta[i]),
      ),
    ).toBeLessThan(1e-13);
    for (const kind of [hessianProduct, gaussNewtonProduct, fisherProduct]) {
      const image = await product(plain, kind, v);
      expect(
        relativeError(
          await product(decayed, kind, v),
          image.map((x, i) => x + l2 * v[i]),
        ),
      ).toBeLessThan(1e-13);
    }
  });

  test("a sum is the mean times the number of examples", async () => {
    const examples = 40;
    const mean = open(name, {}, examples);
    const sum = open(name, { reduction: "sum" }, examples);
    const [v] = randomVectors(mean, 1);
    expect((await sum.point.value()).loss).toBeCloseTo((await mean.point.value()).loss * examples, 10);
    expect(
      relativeError(
        await sum.point.gradient(),
        (await mean.point.gradient()).map((x) => x * examples),
      ),
    ).toBeLessThan(1e-13);
    const image = await product(mean, hessianProduct, v);
    expect(
      relativeError(
        await product(sum, hessianProduct, v),
        image.map((x) => x * examples),
      ),
    ).toBeLessThan(1e-13);
  });

  test("fewer parameters give the sub-block of the Hessian", async () => {
    const whole = open(name, {}, 40);
    const last = open(name, { parameters: ["2.weight", "2.bias"] }, 40);
    expect(last.space.tensors.map((tensor) => tensor.name)).toEqual(["2.weight", "2.bias"]);
    const [v] = randomVectors(last, 1);
    const embedded = new Float64Array(whole.space.dimension);
    const places = last.space.tensors.map(({ name: parameter, offset, size }) => {
      const at = whole.space.tensors.find((tensor) => tensor.name === parameter)?.offset ?? NaN;
      embedded.set(v.subarray(offset, offset + size), at);
      return { at, offset, size };
    });
    const image = await product(whole, hessianProduct, embedded);
    const part = await product(last, hessianProduct, v);
    for (const { at, offset, size } of places) {
      expect(relativeError(part.subarray(offset, offset + size), image.subarray(at, at + size))).toBeLessThan(1e-12);
    }
  });

  test("one example in two halves of the data weighs the same", async () => {
    const problem = open(name, { batchSize: 16 }, 40);
    const whole = await problem.point.gradient();
    const first = await problem.point.weightedGradient(Float64Array.from({ length: 40 }, (_, i) => (i < 13 ? 1 : 0)));
    const second = await problem.point.weightedGradient(Float64Array.from({ length: 40 }, (_, i) => (i < 13 ? 0 : 1)));
    expect(
      relativeError(
        whole.map((_, i) => (first[i] + second[i]) / 40),
        whole,
      ),
    ).toBeLessThan(1e-12);
  });

  test("a loss that does not fit the labels is refused with a sentence", () => {
    expect(() => openReference(name, { loss: lossNamed("mse") })).toThrow("one target per output");
  });
});
