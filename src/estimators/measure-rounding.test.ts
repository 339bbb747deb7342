import { describe, expect, it } from "vitest";
import { sumOperator } from "../operators/combinators.ts";
import type { LinearOperator } from "../operators/linear-operator.ts";
import { createRandom } from "../random/random-stream.ts";
import { rotated } from "../../test/support/prescribed-spectrum.ts";
import { extremalEigenpairs } from "./extremal-eigenpairs.ts";
import { measureRounding } from "./measure-rounding.ts";
import { estimateTrace } from "./trace.ts";

const N = 300;
const random = createRandom(5);
const spectrum = Float64Array.from({ length: N }, (_, i) => 1e-3 / (1 + i));
const exact = rotated(spectrum, random.split("matrix"));

/** Errors of several shapes, all far above what the size of the matrix predicts. */
const ERRORS: readonly (readonly [string, Float64Array])[] = [
  ["a share of the matrix", spectrum.map((x) => 0.01 * x)],
  ["one direction at the far end", Float64Array.from({ length: N }, (_, i) => (i === N - 1 ? 2e-4 : 0))],
  ["all directions alike", spectrum.map(() => 1e-6)],
  [
    "a few directions of both signs",
    Float64Array.from({ length: N }, (_, i) => (i > 2 && i < 6 ? 3e-5 * (-1) ** i : 0)),
  ],
];

describe("measureRounding", () => {
  it.each(ERRORS)("bounds %s", async (_name, error) => {
    const rounded = rotated(
      spectrum.map((x, i) => x + error[i]),
      random.split("matrix"),
    );
    for (let seed = 0; seed < 20; seed++) {
      const apply = (operator: LinearOperator) => (block: readonly Float64Array[]) => operator.apply(block);
      const found = await measureRounding(apply(rounded), apply(exact), N, createRandom(seed));
      const frobenius = Math.hypot(...error);
      const norm = Math.max(...error.map(Math.abs));
      expect(found.norm).toBeGreaterThan(norm);
      expect(found.norm).toBeLessThan(3.001 * norm);
      expect(found.frobenius).toBeGreaterThan(frobenius);
      expect(found.trace).toBeGreaterThan(Math.abs(error.reduce((sum, x) => sum + x, 0)));
    }
  });

  it("is 0 of products that do not round", async () => {
    const apply = (block: readonly Float64Array[]) => exact.apply(block);
    expect(await measureRounding(apply, apply, N, random)).toEqual({ norm: 0, frobenius: 0, trace: 0 });
  });
});

describe("an operator with a wider arithmetic", () => {
  const [, [, error]] = ERRORS;
  const rounded = rotated(
    spectrum.map((x, i) => x + error[i]),
    random.split("matrix"),
  );
  const operator: LinearOperator = {
    ...rounded,
    wider: { apply: (block) => exact.apply(block) },
    rounding: () =>
      measureRounding(
        (block) => rounded.apply(block),
        (block) => exact.apply(block),
        N,
        random,
      ),
  };

  it("has eigenvalues and traces whose errors hold the exact ones", async () => {
    const { top } = await extremalEigenpairs(operator, { largest: 3 }, createRandom(1), {});
    for (const [i, { value, residual }] of top.entries())
      expect(Math.abs(value - spectrum[i])).toBeLessThanOrEqual(residual);
    const { value, rounding = 0 } = await estimateTrace(operator, { method: "exact" }, createRandom(1), {});
    expect(Math.abs(value - spectrum.reduce((sum, x) => sum + x, 0))).toBeLessThanOrEqual(rounding);
  });

  it("keeps it in sums", async () => {
    const sum = sumOperator([operator, operator]);
    const unit = new Float64Array(N);
    unit[0] = 1;
    const [image] = await exact.apply([unit]);
    const [twice] = (await sum.wider?.apply([unit])) ?? [];
    expect(twice[0]).toBeCloseTo(2 * image[0], 15);
    expect((await sum.rounding?.())?.norm).toBeGreaterThan(2 * 2e-4);
    expect(sumOperator([operator, exact]).wider).toBeUndefined();
  });
});
