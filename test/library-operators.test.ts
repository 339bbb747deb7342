import { describe, expect, test } from "vitest";
import * as library from "../src/index.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { LinearOperator } from "../src/operators/linear-operator.ts";

/* Operators of a program's own that are not what they say: no number comes of them that looks like one. */

const N = 40;
const entries = createRandom(2).normalVector(N * N);
const half = entries.map((x, k) => (x + entries[(k % N) * N + Math.floor(k / N)]) / 2);
const matrix = library.denseOperator(half, N);
const other = library.denseOperator(entries, N);

const operator = (name: string, apply: LinearOperator["apply"]): LinearOperator => ({
  dimension: N,
  symmetric: true,
  precision: "float64",
  preferredBlock: 1,
  name,
  apply,
});
const noise = createRandom(9);

const WRONG: readonly LinearOperator[] = [
  operator("an asymmetric matrix", (block) => other.apply(block)),
  operator("an affine map", async (block) => (await matrix.apply(block)).map((x) => x.map((each) => each + 1))),
  operator("new random numbers", async (block) =>
    (await matrix.apply(block)).map((x) => x.map((each) => each + noise.normal())),
  ),
  operator("a square", async (block) => block.map((v) => v.map((x) => x * x))),
];

const FUNCTIONS: readonly [string, (A: LinearOperator) => Promise<unknown>][] = [
  ["eigenvalues", (A) => library.eigenvalues(A)],
  ["lanczos", (A) => library.lanczos(A)],
  ["spectralDensity", (A) => library.spectralDensity(A)],
  ["trace", (A) => library.trace(A)],
  ["frobeniusNorm", (A) => library.frobeniusNorm(A)],
  ["exactSpectrum", (A) => library.exactSpectrum(A)],
  ["solve", (A) => library.solve(A, new Float64Array(N).fill(1))],
];

describe.each(FUNCTIONS)("%s", (_name, of) => {
  test.each(WRONG.map((each) => [each.name, each] as const))(
    "refuses %s that calls itself symmetric",
    async (_what, A) => {
      await expect(of(A)).rejects.toMatchObject({ kind: "check", code: "not-a-symmetric-map" });
    },
  );

  test("takes what is symmetric to the digits of difference quotients", async () => {
    const near = operator("a difference quotient", async (block) =>
      (await matrix.apply(block)).map((x) => x.map((each) => each * (1 + 1e-6 * noise.normal()))),
    );
    await expect(of(near)).resolves.toBeDefined();
  });
});

test.each([1e-165, 1e-120, 1e120, 1e160])(
  "a trace of a matrix of size %d has the interval of an ordinary one",
  async (size) => {
    const diagonal = createRandom(4).normalVector(400);
    const method = "hutchinson";
    const plain = await library.trace(library.diagonalOperator(diagonal), { method, maxProducts: 50 });
    const scaled = await library.trace(library.diagonalOperator(diagonal.map((x) => size * x)), {
      method,
      maxProducts: 50,
    });
    expect(scaled.standardError / size / plain.standardError).toBeCloseTo(1, 6);
    expect(scaled.interval.upper / size).toBeCloseTo(plain.interval.upper, 6);
  },
);

test("a measure made by hand is one, or is refused in words", () => {
  const measure = (quadratures: unknown) => JSON.parse(JSON.stringify({ dimension: 3, exact: [1], quadratures }));
  for (const quadratures of [[{}], [{ diagonal: [1], offDiagonal: [], last: 0 }]])
    expect(() => library.shareBelow(measure(quadratures), 1)).toThrow(/quadratures/);
  const right = { diagonal: Float64Array.of(1, 2), offDiagonal: Float64Array.of(0.5), last: 0 };
  const whole = { dimension: 3, exact: [1], quadratures: [right] };
  expect(library.traceOfFunction(whole, Math.abs).value).toBeGreaterThan(0);
  expect(() =>
    library.traceOfFunction({ ...whole, quadratures: [{ ...right, offDiagonal: new Float64Array(0) }] }, Math.abs),
  ).toThrow(/n − 1/);
});
