import { expect, it } from "vitest";
import { symmetricEigen } from "../linalg/symmetric-eigen.ts";
import { createRandom } from "../random/random-stream.ts";
import { spectrumCheck } from "./spectrum-check.ts";

const n = 60;
const random = createRandom(1);
const matrix = new Float64Array(n * n);
for (let i = 0; i < n; i++)
  for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random.normal() * 0.8 ** (i + j);
const { values } = symmetricEigen(matrix, n, false);
const changed = (change: (copy: Float64Array) => void) => {
  const copy = Float64Array.from(values);
  change(copy);
  return spectrumCheck(matrix, copy).passed;
};

it("passes all eigenvalues, and those of a matrix of zeros", () => {
  expect(spectrumCheck(matrix, values)).toMatchObject({ passed: true });
  expect(spectrumCheck(new Float64Array(4), new Float64Array(2))).toMatchObject({ passed: true, measured: 0 });
});

it.each<[string, (copy: Float64Array) => void]>([
  ["is lost", (copy) => (copy[n - 1] = copy[n - 2])],
  ["has another sign", (copy) => (copy[0] = -copy[0])],
  ["is off in the eleventh digit", (copy) => (copy[n - 1] *= 1 + 1e-11)],
  ["is none", (copy) => (copy[3] = Number.NaN)],
])("fails where one %s", (_name, change) => {
  expect(changed(change)).toBe(false);
});
