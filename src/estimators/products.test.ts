import { describe, expect, it } from "vitest";
import { diagonalOperator } from "../operators/dense-operator.ts";
import { scaleOperator, shiftOperator, subBlockOperator, sumOperator } from "../operators/combinators.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { estimateDiagonal } from "./diagonal.ts";
import { extremalEigenpairs } from "./extremal-eigenpairs.ts";
import { estimateFrobeniusNorm } from "./frobenius-norm.ts";
import { lanczos } from "./lanczos.ts";
import { conjugateGradient, minres } from "./solve.ts";
import { spectralDensity } from "./spectral-density.ts";
import { estimateTrace } from "./trace.ts";

const n = 40;
const A = diagonalOperator(Float64Array.from({ length: n }, (_, i) => 1 + i));
const random = createRandom(3);

const ESTIMATORS: Record<string, (operator: LinearOperator) => Promise<unknown>> = {
  eigenvalues: (operator) => extremalEigenpairs(operator, {}, random, {}),
  lanczos: (operator) => lanczos(operator, {}, random, {}),
  density: (operator) => spectralDensity(operator, { probes: 2, steps: 10 }, random, {}),
  trace: (operator) => estimateTrace(operator, {}, random, {}),
  "Frobenius norm": (operator) => estimateFrobeniusNorm(operator, {}, random, {}),
  diagonal: (operator) => estimateDiagonal(operator, { probes: 4 }, random, {}),
  minres: (operator) => minres(operator, new Float64Array(operator.dimension).fill(1), {}, {}),
  "conjugate gradients": (operator) =>
    conjugateGradient(operator, new Float64Array(operator.dimension).fill(1), {}, {}),
};

/** What an operator's products may be instead of new vectors of its dimension, one for each. */
const kept = new Float64Array(n);
const FAULTS: Record<string, (block: readonly Float64Array[]) => unknown> = {
  "no list": () => undefined,
  "a vector, not in a list": ([v]) => v.slice(),
  "lists of numbers": (block) => block.map((v) => [...v]),
  "in float32": (block) => block.map((v) => Float32Array.from(v)),
  "one too few": (block) => block.slice(1).map((v) => v.slice()),
  "one too many": (block) => [...block, kept].map((v) => v.slice()),
  short: (block) => block.map((v) => v.slice(1)),
  long: (block) => block.map((v) => Float64Array.of(...v, 1)),
  "the vectors themselves": (block) => [...block],
  "the same array again and again": (block) => block.map((v) => (kept.set(v), kept)),
  "views of the same memory": (block) => block.map((v) => (kept.set(v), new Float64Array(kept.buffer))),
  "written over the vectors": (block) => block.map((v) => v.slice().map((_, i) => (v[i] = 2 * v[i]))),
};

function faulty(fault: (block: readonly Float64Array[]) => unknown): LinearOperator {
  const apply: unknown = (block: readonly Float64Array[]) => Promise.resolve(fault(block));
  return Object.assign({ ...A, name: "mine", preferredBlock: 4 }, { apply });
}

describe("products that are not those of an operator", () => {
  it.each(Object.entries(FAULTS))("are refused by every estimator: %s", async (_fault, make) => {
    for (const [name, estimate] of Object.entries(ESTIMATORS)) {
      const failure = estimate(faulty(make));
      await expect(failure, name).rejects.toMatchObject({ kind: "check", code: "bad-product" });
      await expect(failure).rejects.toThrow(/^The products of mine (are|have|were) /);
    }
  });

  it.each(Object.entries(FAULTS))("are not hidden by what is made of the operator: %s", async (fault, make) => {
    const mine = faulty(make);
    for (const made of [
      shiftOperator(mine, 1),
      scaleOperator(mine, 2),
      sumOperator([A, mine]),
      sumOperator([mine, mine]),
      subBlockOperator(mine, [{ offset: 1, length: 20 }]),
    ])
      await expect(estimateTrace(made, {}, random, {}), `${fault}: ${made.name}`).rejects.toMatchObject({
        code: "bad-product",
      });
  });
});

describe("what rounding of the products may hide", () => {
  const bound = 0.25;
  const rounding = () => Promise.resolve({ norm: bound, frobenius: bound, trace: bound });
  /** Rounded by ±1/4 on the diagonal, which the operator says of itself. */
  const entries = Float64Array.from({ length: n }, (_, i) => (i === 0 ? -0.2 : 1 + i));
  const truth = entries.map((x, i) => x + (i % 2 === 0 ? bound : -bound));
  const rounded = { ...diagonalOperator(entries), rounding };

  it.each([n, 4])("is in the interval of every entry of the diagonal, from %i products", async (probes) => {
    const { lower, upper, rounding: stated } = await estimateDiagonal(rounded, { probes }, random, {});
    expect(stated).toBe(bound);
    truth.forEach((x, i) => {
      expect(lower[i]).toBeLessThanOrEqual(x);
      expect(upper[i]).toBeGreaterThanOrEqual(x);
    });
  });

  it.each(["exact", "hutchinson"] as const)("is in the intervals of trace and norm: %s", async (method) => {
    for (const { value, interval } of [
      await estimateTrace(rounded, { method }, random, {}),
      await estimateFrobeniusNorm(rounded, { method }, random, {}),
    ]) {
      expect(interval.lower).toBeLessThanOrEqual(value - bound);
      expect(interval.upper).toBeGreaterThanOrEqual(value + bound);
    }
  });

  it("is in residuals, and of solutions beside them", async () => {
    const { residuals } = await lanczos(rounded, {}, random, {});
    expect(Math.min(...residuals)).toBeGreaterThanOrEqual(bound);
    const { top } = await extremalEigenpairs(rounded, {}, random, {});
    expect(top[0].residual).toBeGreaterThanOrEqual(bound);
    const ones = new Float64Array(n).fill(1);
    for (const solve of [minres, conjugateGradient]) {
      const { x, rounding: stated } = await solve({ ...A, rounding }, ones, {}, {});
      expect(stated).toBeCloseTo((bound * Math.hypot(...x)) / Math.sqrt(n), 12);
    }
  });

  it("makes no eigenvalue negative", async () => {
    const shares = [rounded, diagonalOperator(entries)].map(
      async (operator) => (await spectralDensity(operator, { probes: 10 }, random, {})).negativeShare.value,
    );
    expect(await Promise.all(shares)).toEqual([0, 1 / n]);
  });
});

it("bounds of rounding that are none are refused", async () => {
  for (const trace of [Number.NaN, -1]) {
    const operator = { ...A, rounding: () => Promise.resolve({ norm: 0, frobenius: 0, trace }) };
    for (const [name, estimate] of Object.entries(ESTIMATORS))
      await expect(estimate(operator), name).rejects.toMatchObject({ code: "bad-rounding" });
  }
});

it("an operator of a class of its own keeps its members in what is made of it", async () => {
  class Mine implements LinearOperator {
    readonly #d = Float64Array.of(1, 2, 3);
    get dimension() {
      return this.#d.length;
    }
    get symmetric() {
      return true;
    }
    get precision() {
      return "float64" as const;
    }
    get preferredBlock() {
      return 2;
    }
    get name() {
      return "mine";
    }
    apply(block: readonly Float64Array[]) {
      return Promise.resolve(block.map((v) => v.map((x, i) => x * this.#d[i])));
    }
  }
  const mine = new Mine();
  const made = sumOperator([
    scaleOperator(mine, 2),
    shiftOperator(mine, 1),
    subBlockOperator(mine, [{ offset: 0, length: 3 }]),
  ]);
  expect((await estimateTrace(made, {}, random, {})).value).toBe(4 * 6 + 3);
});
