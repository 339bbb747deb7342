import { expect, test } from "vitest";
import { runProfile } from "../src/instruments/profile.ts";
import { gaussNewton } from "../src/library/matrices.ts";
import { exactSpectrum } from "../src/library/estimates.ts";
import { matmul } from "../src/ops/matmul.ts";
import { meanSquaredError } from "../src/problem/losses/mean-squared-error.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { dot } from "../src/linalg/vector.ts";
import { symmetricEigen } from "../src/linalg/symmetric-eigen.ts";
import { array, buildProblem } from "./support/build-problem.ts";

/* One example may outweigh all others by more than the tolerance of the largest eigenvalue: theirs are stated all the same. */

const [EXAMPLES, INPUTS] = [24, 40];
const random = createRandom(6);

test("what the other examples leave of the largest eigenvalues of G and Σ is found", async () => {
  const x = random.split("x").normalVector(EXAMPLES * INPUTS);
  for (let j = 0; j < INPUTS; j++) x[j] *= 3e5;
  const w = random.split("w").normalVector(INPUTS);
  const y = random.split("y").normalVector(EXAMPLES);
  // Its own residual is an ordinary one.
  y[0] = dot(x.subarray(0, INPUTS), w) - 1;
  await using problem = buildProblem({
    x: array([EXAMPLES, INPUTS], x),
    y: array([EXAMPLES, 1], y),
    parameters: { w: array([INPUTS, 1], w) },
    build: (input, { w: weights }) => matmul(input, weights),
    loss: meanSquaredError,
  });
  const { result } = await runProfile(problem, { only: "gauss-newton,noise" }, createRandom(0), {});
  const { values } = await exactSpectrum(gaussNewton(problem));
  // gᵢ = 2 (wᵀxᵢ − yᵢ) xᵢ: the eigenvalues of Σ are those of the matrix of their inner products about their mean.
  const rows = Array.from({ length: EXAMPLES }, (_, i) => x.subarray(i * INPUTS, (i + 1) * INPUTS));
  const gradients = rows.map((row, i) => row.map((each) => 2 * (dot(row, w) - y[i]) * each));
  const mean = gradients[0].map((_, j) => gradients.reduce((sum, g) => sum + g[j], 0) / EXAMPLES);
  const apart = gradients.map((g) => g.map((each, j) => each - mean[j]));
  const gram = Float64Array.from(apart.flatMap((a) => apart.map((b) => dot(a, b) / EXAMPLES)));
  const noise = symmetricEigen(gram, EXAMPLES, false).values;
  for (const [top, truth] of [
    [result.gaussNewton?.top, values],
    [result.noise?.top, noise],
  ] as const) {
    const exact = [...truth].toReversed();
    expect(exact[1] / exact[0]).toBeLessThan(1e-7);
    top?.slice(0, 3).forEach(({ value, residual }, i) => {
      expect(Math.abs(value - exact[i])).toBeLessThanOrEqual(residual);
      expect(residual).toBeLessThan(0.3 * exact[i]);
    });
    expect(top?.length).toBeGreaterThanOrEqual(3);
  }
});
