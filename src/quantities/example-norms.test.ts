import { expect, it } from "vitest";
import { denseProblem } from "../../test/support/dense-problem.ts";
import { deskOf } from "../../test/support/desk-of.ts";
import { dot } from "../linalg/vector.ts";
import { crossEntropy } from "../problem/losses/cross-entropy.ts";
import { createRandom } from "../random/random-stream.ts";
import { dataGradient } from "./data-gradient.ts";
import { exampleNorms } from "./example-norms.ts";
import { gradientSample } from "./gradient-sample.ts";
import { lossGradient } from "./loss-gradient.ts";

const random = createRandom(5);
const normal = (label: string, size: number) => [...random.split(label).normalVector(size)];
const EXAMPLES = 12;

function network(l2: number) {
  const layers = [{ name: "one", inputs: 4, weights: normal("weights", 12), bias: normal("bias", 3) }];
  const x = Array.from({ length: EXAMPLES }, (_, i) => normal(`x ${i}`, 4));
  return denseProblem(
    layers,
    x,
    x.map((_, i) => i % 3),
    crossEntropy,
    { l2 },
  );
}

it.each([0, 0.3])("examples are set along the data's gradient and along that of the whole loss, λ = %d", async (l2) => {
  const problem = network(l2);
  const { point } = problem;
  const theta = point.parameters;
  const whole = await point.gradient();
  const data = whole.map((x, i) => x - l2 * theta[i]);
  const desk = deskOf(problem, {}, { needs: [exampleNorms, gradientSample] });
  const { squares, alongMean, alongGradient } = await desk.get(exampleNorms);
  for (let i = 0; i < EXAMPLES; i++) {
    await using alone = problem.at(theta, { examples: Int32Array.of(i) });
    const own = (await alone.gradient()).map((x, k) => x - l2 * theta[k]);
    expect(squares[i]).toBeCloseTo(dot(own, own), 12);
    expect(alongMean[i]).toBeCloseTo(dot(own, data), 12);
    expect(alongGradient[i]).toBeCloseTo(dot(own, whole), 12);
  }
  const sample = await desk.get(gradientSample);
  // Deviations from their mean: along any direction they add up to nothing.
  expect(sample?.along.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 12);
  expect(Math.hypot(...(sample?.along ?? []))).toBeGreaterThan(0.1);
  await problem.close();
});

it("an L2 term leaves the gradient of the data as it is, however small that is beside it", async () => {
  const gradients = await Promise.all(
    [0, 1e20].map(async (l2) => {
      await using problem = network(l2);
      const desk = deskOf(problem, {}, { needs: [dataGradient, lossGradient, exampleNorms] });
      const { alongMean } = await desk.get(exampleNorms);
      const whole = await desk.get(lossGradient);
      expect(whole).toEqual(await problem.point.gradient());
      return { data: await desk.get(dataGradient), alongMean, checks: desk.checks };
    }),
  );
  expect(gradients[1]).toEqual(gradients[0]);
  expect(gradients[0].data.some((x) => x !== 0)).toBe(true);
  expect(gradients[1].checks.map(({ name, passed }) => [name, passed])).toEqual([["example-norms", true]]);
});
